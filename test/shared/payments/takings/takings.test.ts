import { beforeEach, describe, expect, test, vi } from 'vitest';
import { gbp, type BillingDesk } from '../../../support/desks/billing-desk.ts';
import { takingDesk } from '../../../support/desks/taking-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: BillingDesk;
const { begin, paid, surplus, tell, decide, read, payment, credit, booked, agree, subjects } = takingDesk();
beforeEach(async () => {
  desk = await begin();
});

describe('money that is with the gateway', () => {
  test('is given back to nobody: neither of a disputed nor of a charged-back payment', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 500);
    const ask = () => desk.staff('POST', `/payments/${id}/refunds`, { reason: 'Please', to: 'gateway' });
    await tell(dispute);
    expect(await ask()).toMatchObject({ status: 409, body: { detail: expect.stringContaining('disputed') } });
    await decide(dispute, { status: 'lost' });
    expect(await ask()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('charged back') },
    });
    const note = { amount: gbp(200), reason: 'Goodwill', to: 'gateway' };
    await desk.staff('POST', `/invoices/${invoice.id}/credit-notes`, note);
    expect((await payment(id)).refunds).toEqual([]);
    expect(desk.portal.gateway.refunds.size).toBe(0);
    await agree();
  });

  test('is not refunded once more: what the gateway’s own page gave back counts', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await tell(desk.portal.gateway.takeBack(key, 'refund', 400));
    expect(await payment(id)).toMatchObject({ status: 'succeeded', takings: [{ kind: 'refund' }] });
    expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(400) });
    const refund = (amount: number) =>
      desk.staff('POST', `/payments/${id}/refunds`, { amount: gbp(amount), reason: 'x', to: 'gateway' });
    expect(await refund(601)).toMatchObject({ status: 409, body: { code: 'given-back', left: gbp(600) } });
    expect(await refund(600)).toMatchObject({ status: 201, body: { status: 'refunded' } });
    await agree();
  });
});

describe('a reversal', () => {
  test('of a payment opens its invoices again', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await tell(desk.portal.gateway.takeBack(key, 'reversal', 1_000), 2);
    expect(await payment(id)).toMatchObject({ status: 'charged-back', takings: [{ kind: 'reversal' }] });
    expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(1_000) });
    await agree();
  });

  test('of what we had given back already is a loss that staff see, and no second refund', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await desk.staff('POST', `/payments/${id}/refunds`, { reason: 'Not used', to: 'gateway' });
    const before = await read(invoice);
    await subjects();
    desk.portal.mails.length = 0;
    await tell(desk.portal.gateway.takeBack(key, 'reversal', 1_000), 2);
    expect(await read(invoice)).toEqual(before);
    expect(booked('write-off')).toBe(1_000);
    expect(await payment(id)).toMatchObject({ refunds: [{ amount: gbp(1_000) }] });
    await subjects();
    expect(desk.portal.mails.at(-1)!.text).toContain('Loss: 10.00 GBP');
    await agree();
  });

  test('of that takes no credit that the account has from elsewhere', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await desk.staff('POST', `/payments/${id}/refunds`, { reason: 'Not used', to: 'gateway' });
    await desk.staff('POST', '/credit', { amount: gbp(500), reason: 'Welcome' });
    await tell(desk.portal.gateway.takeBack(key, 'reversal', 1_000));
    expect(await credit()).toBe(500);
    expect(booked('write-off')).toBe(1_000);
    await agree();
  });

  test('stays one, though the gateway lists it as a refund when it is asked', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const { gateway } = desk.portal;
    const listed = gateway.takings.bind(gateway);
    gateway.takings = async (charge) =>
      (await listed(charge)).map((taking) => ({ ...taking, kind: 'refund' as const }));
    await tell(gateway.takeBack(key, 'reversal', 1_000));
    desk.portal.advance(3600);
    await desk.portal.lookAfterPayments();
    expect(await payment(id)).toMatchObject({ status: 'charged-back', takings: [{ kind: 'reversal' }] });
    await agree();
  });

  test('of what became credit takes the credit as far as it is there, and the rest is a loss', async () => {
    const { key } = await surplus(1_000);
    const other = await desk.invoice(300);
    await desk.owner('POST', `/invoices/${other.id}/credit`, {}, { 'idempotency-key': 'use' });
    expect(await credit()).toBe(700);
    const reversal = desk.portal.gateway.takeBack(key, 'reversal', 1_000);
    await tell(reversal);
    expect(await credit()).toBe(0);
    expect(booked('write-off')).toBe(300);
    await agree();
    await decide(reversal, { status: 'failed', taken: 0 });
    expect(await credit()).toBe(700);
    expect(booked('write-off')).toBe(0);
    await agree();
  });
});

describe('a refund in the gateway’s own page', () => {
  test('opens its invoices again, and our own refund is no second one', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await desk.staff('POST', `/payments/${id}/refunds`, { amount: gbp(300), reason: 'x', to: 'gateway' });
    const refund = desk.portal.gateway.takeBack(key, 'refund', 700);
    await tell(refund, 2);
    expect(await payment(id)).toMatchObject({
      status: 'refunded',
      refunds: [{ amount: gbp(300) }],
      takings: [{ id: refund, taken: gbp(700) }],
    });
    expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(700) });
    await agree();
  });

  test('waits for a refund of ours that is under way, and what is left is shared then', async () => {
    const { gateway } = desk.portal;
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    gateway.after = (call) => {
      if (call === 'refund') throw new Error('The answer was lost');
    };
    gateway.before = (call) => {
      if (call === 'refund') throw new Error('It was never asked');
    };
    await desk.staff('POST', `/payments/${id}/refunds`, { reason: 'x', to: 'gateway' });
    const reversal = gateway.takeBack(key, 'reversal', 1_000);
    const { body, headers } = gateway.takingEvent(reversal);
    expect(await desk.portal.webhook('sandbox', body, headers)).toMatchObject({ status: 503 });
    gateway.before = () => {};
    gateway.after = () => {};
    desk.portal.advance(120);
    await desk.portal.lookAfterPayments();
    expect(await payment(id)).toMatchObject({ status: 'charged-back', refunds: [{ status: 'failed' }] });
    expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(1_000) });
    expect(booked('write-off')).toBe(0);
    await agree();
  });
});

test('what became credit while a taking was half way comes out of the credit', async () => {
  const invoice = await desk.invoice(1_000);
  const { key } = await paid([invoice]);
  const reversal = desk.portal.gateway.takeBack(key, 'reversal', 1_000);
  const { table } = desk.portal;
  const transact = table.transact.bind(table);
  let writes = 0;
  table.transact = async (actions) => {
    if (++writes === 2) throw new Error('The function stopped');
    await transact(actions);
  };
  const { body, headers } = desk.portal.gateway.takingEvent(reversal);
  expect((await desk.portal.webhook('sandbox', body, headers)).status).toBe(500);
  const note = { amount: gbp(600), reason: 'Goodwill', to: 'credit' };
  expect(await desk.staff('POST', `/invoices/${invoice.id}/credit-notes`, note)).toMatchObject({
    status: 201,
  });
  expect(await credit()).toBe(600);
  await desk.portal.lookAfterPayments();
  expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(400) });
  expect(await credit()).toBe(0);
  await agree();
});

test('a payment that is half settled is settled first', async () => {
  await desk.invoices(100);
  const { id: key } = await desk.summary();
  await desk.pay(key, 'sandbox');
  const { gateway, table } = desk.portal;
  gateway.act(key, 'pay');
  const transact = table.transact.bind(table);
  let writes = 0;
  table.transact = async (actions) => {
    if (++writes === 2) throw new Error('The function stopped');
    await transact(actions);
  };
  expect((await desk.event(key))!.status).toBe(500);
  await tell(gateway.takeBack(key, 'reversal', 10_000));
  expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(100);
  const [only, ...more] = (await desk.get('/payments')).items;
  expect(more).toEqual([]);
  expect(only).toMatchObject({ status: 'charged-back', amount: gbp(10_000) });
  await agree();
});

describe('money that was taken twice', () => {
  const second = async (invoice: { id: string }) => {
    const { key } = await paid([invoice]);
    const { gateway } = desk.portal;
    const state = { kind: 'paid', reference: 'ch_second', amount: gbp(1_000), feeAmount: 0 };
    const event = { kind: 'charge', key, accountId: desk.accountId, state };
    await desk.portal.webhook('sandbox', JSON.stringify(event), { 'x-signature': 'genuine' });
    const dispute = { id: 'tk_9', kind: 'dispute', status: 'open', at: '2026-03-02T10:00:00Z' } as const;
    gateway.takings = async ({ reference }) =>
      reference === 'ch_second' ? [{ ...dispute, amount: gbp(1_000), taken: 1_000, feeAmount: 0 }] : [];
    return (charge: object) => {
      const of = { key, accountId: desk.accountId, reference: 'ch_second', ...charge };
      const body = JSON.stringify({ kind: 'taking', charge: of, id: 'tk_9', isReversal: false });
      return desk.portal.webhook('sandbox', body, { 'x-signature': 'genuine' });
    };
  };

  test('is taken back out of the credit that it became', async () => {
    const invoice = await desk.invoice(1_000);
    const dispute = await second(invoice);
    expect(await credit()).toBe(1_000);
    expect(await dispute({})).toMatchObject({ status: 200 });
    expect(await credit()).toBe(0);
    expect(await read(invoice)).toMatchObject({ status: 'paid' });
    await desk.agree();
  });

  test('is no other account’s', async () => {
    const dispute = await second(await desk.invoice(1_000));
    const { accountId } = await desk.portal.createAccount('Other', 'owner@other.test');
    expect(await dispute({ accountId })).toMatchObject({ status: 400 });
    expect(await credit()).toBe(1_000);
  });
});

describe('by asking', () => {
  test('a taking whose event was lost is found within the hour', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await desk.portal.lookAfterPayments();
    desk.portal.gateway.takeBack(key, 'refund', 1_000);
    await desk.portal.lookAfterPayments();
    expect((await payment(id)).takings).toEqual([]);
    desk.portal.advance(3600);
    await desk.portal.lookAfterPayments();
    expect(await payment(id)).toMatchObject({ status: 'refunded' });
    await agree();
  });

  test('it is learned how an open dispute ended', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000);
    await tell(dispute);
    desk.portal.gateway.decide(dispute, { status: 'lost' });
    desk.portal.gateway.takenSince = () => Promise.reject(new Error('It does not list them'));
    await desk.portal.lookAfterPayments();
    expect(await payment(id)).toMatchObject({ status: 'disputed' });
    desk.portal.advance(6 * 3600);
    expect((await desk.portal.lookAfterPayments()).stuck).toEqual([]);
    expect(await payment(id)).toMatchObject({ status: 'charged-back' });
    await agree();
  });

  test('a gateway that does not answer holds up nobody, and is asked again', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000);
    await tell(dispute);
    desk.portal.gateway.decide(dispute, { status: 'won' });
    desk.portal.gateway.before = (call) => {
      if (call === 'takings') throw new Error('No answer');
    };
    desk.portal.advance(6 * 3600);
    expect((await desk.portal.lookAfterPayments()).stuck).toEqual([]);
    expect((await desk.portal.lookAfterPayments()).looked).toBe(0);
    desk.portal.gateway.before = () => {};
    desk.portal.advance(6 * 3600);
    await desk.portal.lookAfterPayments();
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
    await agree();
  });
});

describe('an event', () => {
  test('of a payment whose own event is on its way books that first', async () => {
    const invoice = await desk.invoice(1_000);
    const { id: key } = await desk.summary([invoice.id]);
    await desk.pay(key, 'sandbox');
    desk.portal.gateway.act(key, 'pay');
    await tell(desk.portal.gateway.takeBack(key, 'dispute', 1_000));
    await desk.event(key);
    const { paymentId } = await desk.get(`/mass-payments/${key}`);
    expect(await payment(paymentId)).toMatchObject({ status: 'disputed' });
    await agree();
  });

  test('of a charge that is none of ours writes nothing', async () => {
    const invoice = await desk.invoice(1_000);
    const { key } = await paid([invoice]);
    const event = desk.portal.gateway.takingEvent(desk.portal.gateway.takeBack(key, 'dispute', 1_000));
    const rows = JSON.stringify(desk.portal.table.all());
    const other = await desk.portal.createAccount('Other', 'owner@other.test');
    const { accountId } = other;
    const after = JSON.stringify(desk.portal.table.all());
    for (const [from, to] of [
      [desk.accountId, accountId],
      [key, 'mpay_unknown'],
      ['"ch_1"', '"ch_2"'],
    ] as const) {
      const body = event.body.replace(from, to);
      expect(body).not.toBe(event.body);
      expect(await desk.portal.webhook('sandbox', body, event.headers)).toMatchObject({ status: 400 });
    }
    expect(JSON.stringify(desk.portal.table.all())).toBe(after);
    expect(rows).not.toBe(after);
    const forged = { ...event.headers, 'x-signature': 'forged' };
    expect(await desk.portal.webhook('sandbox', event.body, forged)).toMatchObject({ status: 400 });
    expect(JSON.stringify(desk.portal.table.all())).toBe(after);
  });

  test('of another reference than that of the money on its way books nothing', async () => {
    const invoice = await desk.invoice(1_000);
    const { id: key } = await desk.summary([invoice.id]);
    await desk.pay(key, 'sandbox');
    desk.portal.gateway.act(key, 'pay');
    const event = desk.portal.gateway.takingEvent(desk.portal.gateway.takeBack(key, 'dispute', 1_000));
    const before = JSON.stringify(desk.portal.table.all());
    const body = event.body.replace('"ch_1"', '"ch_2"');
    expect(await desk.portal.webhook('sandbox', body, event.headers)).toMatchObject({ status: 400 });
    expect(JSON.stringify(desk.portal.table.all())).toBe(before);
  });

  test('of an unknown charge asks the gateway nothing', async () => {
    const invoice = await desk.invoice(1_000);
    const { key } = await paid([invoice]);
    const event = desk.portal.gateway.takingEvent(desk.portal.gateway.takeBack(key, 'dispute', 1_000));
    desk.portal.gateway.before = () => {
      throw new Error('It does not know the charge');
    };
    const body = event.body.replace(key, 'mpay_unknown');
    expect(await desk.portal.webhook('sandbox', body, event.headers)).toMatchObject({ status: 400 });
  });

  test('in another currency than the payment’s moves nothing', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    await tell(desk.portal.gateway.takeBack(key, 'dispute', 1_000, { currency: 'EUR' }));
    expect((await payment(id)).takings).toEqual([]);
    expect(await read(invoice)).toMatchObject({ status: 'paid' });
  });

  test('of one taking at once, many times, is booked once', async () => {
    const invoice = await desk.invoice(1_000);
    const { key } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000, { feeAmount: 100 });
    await Promise.all([tell(dispute), tell(dispute), tell(dispute), desk.portal.lookAfterPayments()]);
    expect(await read(invoice)).toMatchObject({ balance: gbp(1_000) });
    expect(booked('fees')).toBe(100);
    await agree();
  });
});
