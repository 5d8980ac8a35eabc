import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';

let desk: BillingDesk;

beforeEach(async () => {
  desk = await billingDesk();
});

const priced = (amount: number, { quantity = 1, taxRate = '20', currency = 'GBP' } = {}) => ({
  description: amount < 0 ? 'Discount' : 'Hosting',
  quantity,
  unitPrice: { amount, currency },
  taxRate,
});
const raise = (lines: object[], extra: object = {}) =>
  desk.staff('POST', '/invoices', { lines, dueOn: '2026-03-15', ...extra });

describe('a line with a price below zero', () => {
  test.each([
    ['GBP', 10_000, -1000, { subtotal: 8000, tax: 1600, total: 9600 }],
    ['JPY', 1001, -50, { subtotal: 901, tax: 180, total: 1081 }],
    ['KWD', 12_345, -1111, { subtotal: 10_123, tax: 2025, total: 12_148 }],
  ])('lowers what the invoice comes to, with its tax: in %s', async (currency, price, off, sums) => {
    const made = await raise([priced(price, { currency }), priced(off, { currency, quantity: 2 })]);
    const money = Object.entries(sums).map(([name, amount]) => [name, { amount, currency }]);
    expect(made).toMatchObject({ status: 201, body: { status: 'unpaid', ...Object.fromEntries(money) } });
    await desk.portal.deliver();
    await desk.agree();
  });

  test.each([
    ['an invoice', (lines: object[]) => raise(lines)],
    ['a draft', (lines: object[]) => raise(lines, { draft: true })],
    ['one with its tax included', (lines: object[]) => raise(lines, { taxIncluded: true })],
    [
      'a quote',
      (lines: object[]) => desk.staff('POST', '/quotes', { subject: 'Q', lines, validUntil: '2026-03-10' }),
    ],
  ])('takes the total of %s to zero and no further', async (_, offer) => {
    expect((await offer([priced(1000), priced(-1000)])).status).toBe(201);
    expect(await offer([priced(1000), priced(-1001)])).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'lines', code: 'out-of-range' }] },
    });
  });

  test('with a higher tax than what it lowers may not take the total below zero either', async () => {
    const refused = await raise([priced(1000, { taxRate: '0' }), priced(-900)]);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'lines' }] } });
  });

  test('hides no sum that is too large to be exact', async () => {
    const large = 1_000_000_000_000;
    const refused = await raise([priced(large, { quantity: 2 }), priced(-large, { quantity: 2 })]);
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'lines', code: 'out-of-range' }] },
    });
  });

  test.each([0, -1, 1.5])('has a whole quantity from one on, as any line: %d is none', async (quantity) => {
    const refused = await raise([priced(1000, { quantity })]);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'lines.0.quantity' }] } });
  });
});

describe('an invoice of zero', () => {
  test('has its number and is paid at once', async () => {
    const { body } = await raise([priced(1000), priced(-1000)]);
    expect(body).toMatchObject({
      status: 'paid',
      number: expect.any(String),
      total: gbp(0),
      balance: gbp(0),
    });
    expect(
      await desk.staff('POST', `/invoices/${body.id}/credit-notes`, { amount: gbp(1), reason: 'x' }),
    ).toMatchObject({ status: 409, body: { code: 'given-back' } });
    await desk.portal.deliver();
    await desk.agree();
  });
});

describe('a credit note to an invoice with a discount', () => {
  const note = (id: string, body: object) =>
    desk.staff('POST', `/invoices/${id}/credit-notes`, { reason: 'Goodwill', to: 'credit', ...body });

  test('gives back what was paid, the discount in proportion, and no more', async () => {
    const { id } = (await raise([priced(10_000), priced(-2000)])).body;
    const { id: summary, totals } = await desk.summary();
    expect(totals.due).toEqual(gbp(9600));
    await desk.staff('POST', '/credit', { amount: gbp(9600), reason: 'To pay with' });
    await desk.pay(summary, 'credit');
    const half = await note(id, { amount: gbp(4800) });
    expect(half).toMatchObject({ status: 201, body: { total: gbp(4800), back: gbp(4800) } });
    expect(half.body.lines.map((line: any) => [line.amount.amount, line.tax.amount])).toEqual([
      [5000, 1000],
      [-1000, -200],
    ]);
    expect((await note(id, { amount: gbp(4801) })).status).toBe(409);
    // The rest of the first line alone is more than is left of the invoice.
    expect(await note(id, { lines: [{ line: '1' }] })).toMatchObject({ body: { total: gbp(4800) } });
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ status: 'refunded', balance: gbp(0) });
    expect((await desk.get('/credit')).balance).toEqual(gbp(9600));
    await desk.agree();
  });

  test('over the discount alone would be a charge, and is refused', async () => {
    const { id } = (await raise([priced(10_000), priced(-2000)])).body;
    expect(await note(id, { lines: [{ line: '2' }] })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'lines' }] },
    });
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ total: gbp(9600), balance: gbp(9600) });
  });

  test('over all that is left cancels it', async () => {
    const { id } = (await raise([priced(10_000), priced(-2000)])).body;
    await note(id, { amount: gbp(1) });
    expect((await desk.staff('POST', `/invoices/${id}/cancel`)).status).toBe(200);
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ status: 'cancelled', balance: gbp(0) });
    await desk.agree();
  });
});
