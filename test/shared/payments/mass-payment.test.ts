import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp, line } from '../../support/desks/billing-desk.ts';

let desk: BillingDesk;

beforeEach(async () => {
  desk = await billingDesk();
});

const statuses = async () =>
  Object.fromEntries((await desk.get('/invoices')).items.map((invoice: any) => [invoice.id, invoice.status]));

const methodsOf = ({ paymentMethods }: { paymentMethods: { id: string }[] }) =>
  paymentMethods.map(({ id }) => id);

describe('paying all that is due', () => {
  test('shows every line, the tax of each rate, credit and earlier payments, and what is due', async () => {
    const one = await desk.invoice(10_000, {
      lines: [line(10_000, 'GBP', '20'), line(5_000, 'GBP', '17.5')],
    });
    const two = await desk.invoice(2_000);
    await desk.staff('POST', '/credit', { amount: gbp(500), reason: 'Sorry' });
    await desk.owner('POST', `/invoices/${two.id}/credit`, {});
    await desk.staff('POST', `/invoices/${one.id}/payments`, {
      amount: gbp(1_000),
      method: 'bank-transfer',
      reference: 'R1',
      receivedOn: '2026-03-01',
    });
    const summary = await desk.summary();
    expect(summary.totals).toEqual({
      subtotal: gbp(17_000),
      tax: gbp(2_875),
      taxes: [
        { rate: '20', amount: gbp(2_000) },
        { rate: '17.5', amount: gbp(875) },
        { rate: '0', amount: gbp(0) },
      ],
      credit: gbp(500),
      paid: gbp(1_000),
      due: gbp(18_375),
    });
    expect(summary.invoices.map((each: any) => [each.id, each.balance, each.allocation])).toEqual([
      [one.id, gbp(16_875), gbp(16_875)],
      [two.id, gbp(1_500), gbp(1_500)],
    ]);
    expect(summary.invoices[0].lines).toHaveLength(2);
    expect(summary.status).toBe('open');
    expect(methodsOf(summary)).toEqual(['sandbox', 'bank-transfer']);
    await desk.agree();
  });

  test('offers credit where it pays all that is due, and not where a penny is missing', async () => {
    await desk.invoice(10_000);
    await desk.staff('POST', '/credit', { amount: gbp(9999), reason: 'Goodwill' });
    const { id, paymentMethods } = await desk.summary();
    expect(methodsOf({ paymentMethods })).not.toContain('credit');
    await desk.staff('POST', '/credit', { amount: gbp(1), reason: 'Goodwill' });
    expect(methodsOf(await desk.get(`/mass-payments/${id}`))).toContain('credit');
  });

  test('through the gateway pays each invoice once, with one receipt', async () => {
    const one = await desk.invoice(10_000);
    const two = await desk.invoice(2_000);
    const { id } = await desk.summary();
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    const paying = await desk.pay(id, 'sandbox');
    expect(paying).toMatchObject({
      status: 200,
      body: { status: 'processing', next: { type: 'redirect', url: 'https://pay.test/ch_1' } },
    });
    desk.portal.gateway.act(id, 'pay');
    expect(await desk.event(id)).toMatchObject({ status: 200 });
    expect(await desk.event(id)).toMatchObject({ status: 200 });
    expect(await statuses()).toEqual({ [one.id]: 'paid', [two.id]: 'paid' });
    const shown = await desk.get(`/mass-payments/${id}`);
    expect(shown).toMatchObject({ status: 'succeeded', next: null });
    const { items } = await desk.get('/payments');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      amount: gbp(12_000),
      method: 'sandbox',
      status: 'succeeded',
      allocations: [
        { invoiceId: one.id, amount: gbp(10_000) },
        { invoiceId: two.id, amount: gbp(2_000) },
      ],
    });
    await desk.portal.deliver();
    expect(desk.portal.mails.map((mail) => mail.subject)).toEqual(['Receipt: 120.00 GBP for Acme']);
    expect(desk.portal.gateway.total(desk.accountId)).toBe(12_000);
    await desk.agree();
  });
});
