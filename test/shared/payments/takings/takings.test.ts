import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Taking } from '../../../../shared/payments/gateways/gateway.ts';
import { type BillingDesk, billingDesk, gbp } from '../../../support/desks/billing-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

/** A payment of these invoices by the sandbox, settled. */
async function paid(invoices: { id: string }[], amounts?: number[]) {
  const wanted = invoices.map(({ id }, index) => (amounts ? { id, amount: gbp(amounts[index]!) } : id));
  const { id: key } = await desk.summary(wanted);
  await desk.pay(key, 'sandbox');
  desk.portal.gateway.act(key, 'pay');
  await desk.event(key);
  const { paymentId } = await desk.get(`/mass-payments/${key}`);
  return { key, id: paymentId as string };
}
/** The same, of one invoice that was paid from credit meanwhile: all of the money became credit. */
async function surplus(amount: number) {
  const invoice = await desk.invoice(amount);
  const { id: key } = await desk.summary([invoice.id]);
  await desk.pay(key, 'sandbox');
  const cancelled = await desk.staff('POST', `/invoices/${invoice.id}/credit-notes`, {
    amount: gbp(amount),
    reason: 'A gift',
    anyway: true,
  });
  expect(cancelled.status).toBe(201);
  desk.portal.gateway.act(key, 'pay');
  await desk.event(key);
  const { paymentId } = await desk.get(`/mass-payments/${key}`);
  return { key, id: paymentId as string };
}
const tell = async (id: string, times = 1) => {
  for (let told = 0; told < times; told++) {
    const { body, headers } = desk.portal.gateway.takingEvent(id);
    const answer = await desk.portal.webhook('sandbox', body, headers);
    expect(answer.status).toBe(200);
  }
};
const decide = async (id: string, changes: Partial<Taking>, times = 1) => {
  desk.portal.gateway.decide(id, changes);
  await tell(id, times);
};
const read = (invoice: { id: string }) => desk.get(`/invoices/${invoice.id}`);
const payment = (id: string) => desk.get(`/payments/${id}`);
const credit = async () => (await desk.get('/credit')).balance.amount as number;
const journal = () =>
  desk.portal.table
    .all()
    .filter(({ sk }) => sk.startsWith('JOURNAL#'))
    .flatMap((row) => row['postings'] as { ledger: string; amount: number }[]);
const booked = (ledger: string) =>
  journal()
    .filter((posting) => posting.ledger === ledger)
    .reduce((all, { amount }) => all + amount, 0);
/** The books agree with themselves and with the gateway. */
const agree = async () => {
  await desk.agree();
  expect(booked('cash:sandbox')).toBe(desk.portal.gateway.total(desk.accountId));
  expect(booked('unallocated')).toBe(0);
};
const subjects = async () => {
  await desk.portal.deliver();
  return desk.portal.mails.map(({ subject, destinations }) => `${destinations.join()}: ${subject}`);
};

describe('a dispute', () => {
  test('opens its invoices while the gateway has the money, and the fee is ours', async () => {
    const [one, two] = [await desk.invoice(1_000), await desk.invoice(3_000)];
    const { key, id } = await paid([one, two]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 4_000, { feeAmount: 1_500 });
    await tell(dispute);
    expect(await payment(id)).toMatchObject({
      status: 'disputed',
      takings: [
        {
          id: dispute,
          kind: 'dispute',
          status: 'open',
          amount: gbp(4_000),
          taken: gbp(4_000),
          fee: gbp(1_500),
        },
      ],
    });
    for (const invoice of [one, two]) {
      expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: invoice.total });
    }
    expect(booked('fees')).toBe(1_500);
    expect(booked('write-off')).toBe(0);
    await agree();
  });

  test('over a part of the payment opens its invoices in proportion', async () => {
    const [one, two] = [await desk.invoice(1_000), await desk.invoice(3_000)];
    const { key } = await paid([one, two]);
    await tell(desk.portal.gateway.takeBack(key, 'dispute', 1_000));
    expect(await read(one)).toMatchObject({ balance: gbp(250), status: 'unpaid' });
    expect(await read(two)).toMatchObject({ balance: gbp(750), status: 'unpaid' });
    await agree();
  });

  test('that is an inquiry yet moves nothing', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000, { taken: 0 });
    await tell(dispute);
    expect(await payment(id)).toMatchObject({ status: 'disputed', takings: [{ taken: gbp(0) }] });
    expect(await read(invoice)).toMatchObject({ status: 'paid' });
    await decide(dispute, { status: 'won' });
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
    await agree();
  });

  test('that is won leaves all as before, however often and in whatever order it is told', async () => {
    const [one, two] = [await desk.invoice(1_000), await desk.invoice(3_000)];
    const { key, id } = await paid([one, two]);
    const before = [await read(one), await read(two)];
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 4_000, { feeAmount: 1_500 });
    const early = desk.portal.gateway.takingEvent(dispute);
    await tell(dispute, 3);
    await decide(dispute, { status: 'won', feeAmount: 0 }, 2);
    // An old event, once more: the gateway is asked how it stands.
    await desk.portal.webhook('sandbox', early.body, early.headers);
    expect(await payment(id)).toMatchObject({
      status: 'succeeded',
      takings: [{ status: 'won', taken: gbp(0) }],
    });
    expect(await read(one)).toEqual(before[0]);
    expect(await read(two)).toEqual(before[1]);
    expect(booked('fees')).toBe(0);
    await agree();
  });

  test('that is lost leaves the payment charged back and its invoices owed', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000);
    await tell(dispute);
    await decide(dispute, { status: 'lost' }, 2);
    expect(await payment(id)).toMatchObject({ status: 'charged-back' });
    expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(1_000) });
    await agree();
    // It is paid as any other.
    await paid([invoice]);
    expect(await read(invoice)).toMatchObject({ status: 'paid', balance: gbp(0) });
    await agree();
  });

  test('whose invoice was paid again before it was won makes credit of the money', async () => {
    const invoice = await desk.invoice(1_000);
    const first = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(first.key, 'dispute', 1_000);
    await tell(dispute);
    const second = await paid([invoice]);
    await decide(dispute, { status: 'won' });
    expect(await read(invoice)).toMatchObject({ status: 'paid', balance: gbp(0) });
    expect(await credit()).toBe(1_000);
    await agree();
    // Each of both can be given back, and no more than came in.
    for (const { id } of [first, second]) {
      const refund = await desk.staff('POST', `/payments/${id}/refunds`, { reason: 'Twice', to: 'gateway' });
      expect(refund).toMatchObject({ status: 201, body: { status: 'refunded' } });
    }
    expect(await credit()).toBe(0);
    await agree();
  });

  test('is told to the owner, the billing contacts and staff, once for each news', async () => {
    const invoice = await desk.invoice(1_000);
    const { key } = await paid([invoice]);
    await subjects();
    desk.portal.mails.length = 0;
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000, { feeAmount: 1_500 });
    await tell(dispute, 2);
    const disputed = await subjects();
    expect(disputed).toEqual([
      'owner@acme.test: Payment disputed: 10.00 GBP for Acme',
      'staff@provider.test: sandbox: dispute, open (10.00 GBP, Acme)',
    ]);
    expect(desk.portal.mails[0]!.text).toContain(`${invoice.number}: 10.00 GBP`);
    expect(desk.portal.mails[1]!.text).toContain('Its fee: 15.00 GBP');
    expect(desk.portal.mails[1]!.text).not.toContain('Loss');
    await decide(dispute, { status: 'lost' }, 2);
    expect((await subjects()).slice(2)).toEqual([
      'owner@acme.test: Payment taken back: 10.00 GBP for Acme',
      'staff@provider.test: sandbox: dispute, lost (10.00 GBP, Acme)',
    ]);
    await decide(dispute, { status: 'won' });
    expect((await subjects()).slice(4)).toEqual([
      'owner@acme.test: Payment received after all: 10.00 GBP for Acme',
      'staff@provider.test: sandbox: dispute, won (10.00 GBP, Acme)',
    ]);
  });

  test('over many invoices is booked in steps, and goes on where it stopped', async () => {
    await desk.invoices(100);
    const { id: key } = await desk.summary();
    await desk.pay(key, 'sandbox');
    desk.portal.gateway.act(key, 'pay');
    await desk.event(key);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 10_000);
    const { table } = desk.portal;
    const transact = table.transact.bind(table);
    let writes = 0;
    table.transact = async (actions) => {
      if (++writes === 3) throw new Error('The function stopped');
      await transact(actions);
    };
    const { body, headers } = desk.portal.gateway.takingEvent(dispute);
    expect((await desk.portal.webhook('sandbox', body, headers)).status).toBe(500);
    expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(40);
    await desk.portal.lookAfterPayments();
    expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(100);
    await agree();
    await decide(dispute, { status: 'won' });
    expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(0);
    await agree();
  });
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
