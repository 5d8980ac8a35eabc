import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp, line } from '../../support/desks/billing-desk.ts';
import { statusesOf } from '../../support/faults/stoppages.ts';

let desk: BillingDesk;

beforeEach(async () => {
  desk = await billingDesk();
});

/** An invoice of two lines of 100.00 and 50.00 with 20 % tax: 180.00. */
const twoLines = () => desk.invoice(0, { lines: [line(10_000, 'GBP', '20'), line(5000, 'GBP', '20')] });
const credit = (id: string, body: object, headers: Record<string, string> = {}) =>
  desk.staff('POST', `/invoices/${id}/credit-notes`, { reason: 'Goodwill', ...body }, headers);
const read = (id: string) => desk.get(`/invoices/${id}`);
const receive = (id: string, amount: number, reference = id) =>
  desk.staff('POST', `/invoices/${id}/payments`, {
    amount: gbp(amount),
    method: 'bank',
    reference,
    receivedOn: '2026-03-01',
  });
const balance = async () => (await desk.get('/credit')).balance;

async function paidByGateway(): Promise<string> {
  const { id } = await twoLines();
  const { id: summary } = await desk.summary([id]);
  await desk.pay(summary, 'sandbox');
  desk.portal.gateway.act(summary, 'pay');
  await desk.event(summary);
  await desk.portal.deliver();
  expect((await read(id)).status).toBe('paid');
  return id;
}

describe('a credit note', () => {
  test('takes a line off what is owed; the invoice itself stands as it was issued', async () => {
    const issued = await twoLines();
    const { status, body } = await credit(issued.id, { lines: [{ line: '2' }] });
    expect(status).toBe(201);
    expect(body).toMatchObject({ number: 'CN-2026-00001', total: gbp(6000), tax: gbp(1000), back: gbp(0) });
    const after = await read(issued.id);
    expect(after).toMatchObject({ status: 'unpaid', credited: gbp(6000), balance: gbp(12_000) });
    expect(after.creditNotes).toMatchObject([{ id: body.id, total: gbp(6000) }]);
    for (const kept of ['total', 'tax', 'subtotal', 'taxes', 'number', 'issuedOn'] as const) {
      expect(after[kept]).toEqual(issued[kept]);
    }
    expect(await desk.get(`/credit-notes/${body.id}`)).toEqual(body);
    expect((await desk.get('/credit-notes')).items).toEqual([body]);
    await desk.agree();
  });

  test('over all of it cancels an invoice of which nothing was paid, and one that was paid is refunded to credit', async () => {
    const first = await twoLines();
    await credit(first.id, { amount: gbp(18_000) });
    expect(await read(first.id)).toMatchObject({ status: 'cancelled', balance: gbp(0) });
    const second = await twoLines();
    await receive(second.id, 18_000);
    expect((await credit(second.id, { amount: gbp(18_000) })).body).toMatchObject({ back: gbp(18_000) });
    expect(await read(second.id)).toMatchObject({ status: 'refunded', refunded: gbp(18_000) });
    expect(await balance()).toEqual(gbp(18_000));
    await desk.agree();
  });

  test('lowers the balance first; only the rest is money', async () => {
    const { id } = await twoLines();
    await receive(id, 10_000);
    expect((await credit(id, { amount: gbp(9000) })).body).toMatchObject({ back: gbp(1000), to: 'credit' });
    expect(await read(id)).toMatchObject({ status: 'paid', balance: gbp(0), refunded: gbp(1000) });
    expect(await balance()).toEqual(gbp(1000));
    await desk.agree();
  });

  test('never takes more off than is left, and says how much that is', async () => {
    const { id } = await twoLines();
    await credit(id, { lines: [{ line: '1', amount: gbp(9000) }] });
    expect(await credit(id, { lines: [{ line: '1', amount: gbp(1001) }] })).toMatchObject({
      status: 409,
      body: { code: 'given-back', left: gbp(1200) },
    });
    expect(await credit(id, { amount: gbp(7201) })).toMatchObject({ status: 409, body: { left: gbp(7200) } });
    expect((await credit(id, { amount: gbp(7200) })).status).toBe(201);
    expect(await credit(id, { amount: gbp(1) })).toMatchObject({ status: 409, body: { code: 'given-back' } });
    await desk.agree();
  });

  test('of all of it is made once, however many ask at once', async () => {
    const { id } = await twoLines();
    await receive(id, 18_000);
    const all = { amount: gbp(18_000) };
    const answers = await Promise.all([credit(id, all), credit(id, all), credit(id, all)]);
    expect(statusesOf(answers)).toEqual([201, 409, 409]);
    expect(await balance()).toEqual(gbp(18_000));
    await desk.agree();
  });

  test('numbers run without gaps while many are made', async () => {
    const invoices = await Promise.all([twoLines(), twoLines(), twoLines(), twoLines()]);
    await Promise.all(invoices.map(({ id }) => credit(id, { amount: gbp(100) })));
    const numbers = (await desk.get('/credit-notes')).items.map(({ number }: any) => number);
    expect(numbers.toSorted()).toEqual([1, 2, 3, 4].map((n) => `CN-2026-0000${n}`));
  });

  test('is mailed to who gets the account’s invoices', async () => {
    const { id } = await twoLines();
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    await credit(id, { amount: gbp(600) });
    await desk.portal.deliver();
    expect(desk.portal.mails).toMatchObject([{ subject: expect.stringContaining('CN-2026-00001') }]);
    expect(desk.portal.mails[0]!.text).toContain('6.00');
  });

  test('is for staff with `billing` alone, of an issued invoice, and names lines or an amount', async () => {
    const { id } = await twoLines();
    const own = await desk.owner('POST', `/invoices/${id}/credit-notes`, { amount: gbp(1), reason: 'Mine' });
    expect(own.status).toBe(403);
    const draft = await desk.invoice(100, { draft: true });
    expect((await credit(draft.id, { amount: gbp(1) })).status).toBe(409);
    for (const bad of [
      {},
      { amount: gbp(1), lines: [{ line: '1' }] },
      { amount: { amount: 1, currency: 'EUR' } },
      { lines: [{ line: '1' }, { line: '1' }] },
      { lines: [{ line: '1', quantity: 1, amount: gbp(1) }] },
      { lines: [{ line: '9' }] },
      { amount: gbp(0) },
    ]) {
      expect((await credit(id, bad)).status, JSON.stringify(bad)).toBe(400);
    }
    expect((await read(id)).credited).toEqual(gbp(0));
  });
});

describe('a credit note to the gateway', () => {
  test('gives the money back the way it came, once', async () => {
    const id = await paidByGateway();
    expect((await credit(id, { lines: [{ line: '2' }], to: 'gateway' })).body).toMatchObject({
      back: gbp(6000),
      to: 'gateway',
    });
    await desk.portal.deliver();
    expect(await read(id)).toMatchObject({ status: 'paid', refunded: gbp(6000), balance: gbp(0) });
    const [payment] = (await desk.get('/payments')).items;
    expect(payment.refunds).toMatchObject([{ amount: gbp(6000), status: 'succeeded' }]);
    expect((await desk.get('/credit-notes')).items).toHaveLength(1);
    expect(await balance()).toEqual(gbp(0));
    await desk.agree();
  });

  test('is refused where the money came from credit, with nothing written', async () => {
    const { id } = await twoLines();
    await desk.staff('POST', '/credit', { amount: gbp(18_000), reason: 'Gift' });
    await desk.owner('POST', `/invoices/${id}/credit`, {});
    expect((await credit(id, { amount: gbp(600), to: 'gateway' })).status).toBe(409);
    expect((await desk.get('/credit-notes')).items).toEqual([]);
    await desk.agree();
  });
});

describe('a refund', () => {
  const refund = async (body: object) => {
    const [payment] = (await desk.get('/payments')).items;
    return desk.staff('POST', `/payments/${payment.id}/refunds`, { reason: 'Too slow', ...body });
  };

  test('comes with a credit note of its amount, and opens nothing', async () => {
    const id = await paidByGateway();
    expect((await refund({ amount: gbp(6000) })).status).toBe(201);
    expect(await read(id)).toMatchObject({ status: 'paid', credited: gbp(6000), refunded: gbp(6000) });
    expect((await desk.get('/credit-notes')).items).toMatchObject([{ total: gbp(6000), reason: 'Too slow' }]);
    expect((await refund({})).status).toBe(201);
    expect(await read(id)).toMatchObject({ status: 'refunded', balance: gbp(0) });
    await desk.agree();
  });

  test('opens its invoice again where staff say that it is owed again', async () => {
    const id = await paidByGateway();
    await refund({ amount: gbp(6000), owedAgain: true });
    expect(await read(id)).toMatchObject({ status: 'unpaid', credited: gbp(0), balance: gbp(6000) });
    expect((await desk.get('/credit-notes')).items).toEqual([]);
    await desk.agree();
  });

  test('gives nothing back that a credit note has made credit, unless that credit is there', async () => {
    const id = await paidByGateway();
    await credit(id, { amount: gbp(18_000) });
    expect(await balance()).toEqual(gbp(18_000));
    await desk.staff('POST', '/credit', { amount: gbp(-10_000), reason: 'Used' });
    expect(await refund({})).toMatchObject({ status: 409, body: { code: 'given-back' } });
    expect((await refund({ amount: gbp(8000) })).status).toBe(201);
    expect(await balance()).toEqual(gbp(0));
    await desk.agree();
  });
});

describe('an invoice that is being paid', () => {
  test('is not credited, unless staff say so; what is paid for it all the same becomes credit', async () => {
    const { id } = await twoLines();
    const { id: summary } = await desk.summary([id]);
    await desk.pay(summary, 'sandbox');
    const held = { status: 409, body: { code: 'payment-in-progress', heldBy: [{ invoiceId: id }] } };
    expect(await credit(id, { amount: gbp(18_000) })).toMatchObject(held);
    expect(await desk.staff('POST', `/invoices/${id}/cancel`)).toMatchObject(held);
    expect((await credit(id, { amount: gbp(18_000), anyway: true })).status).toBe(201);
    desk.portal.gateway.act(summary, 'pay');
    await desk.event(summary);
    await desk.portal.deliver();
    expect(await read(id)).toMatchObject({ status: 'cancelled' });
    expect(await balance()).toEqual(gbp(18_000));
    await desk.agree();
  });
});
