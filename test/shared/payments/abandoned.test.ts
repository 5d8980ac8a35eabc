import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

/** A payment of all that is due, begun at the gateway and left there for more than half an hour. */
async function abandoned() {
  const invoice = await desk.invoice(1_000);
  const { id: first } = await desk.summary([invoice.id]);
  await desk.pay(first, 'sandbox');
  desk.portal.advance(31 * 60);
  const { id: second } = await desk.summary([invoice.id]);
  return { invoice, first, second };
}
const status = async (id: string) => (await desk.get(`/mass-payments/${id}`)).status as string;

describe('an invoice of a payment that was abandoned', () => {
  test('is taken over once the first charge is ended at its gateway', async () => {
    const { first, second } = await abandoned();
    expect(await desk.pay(second, 'sandbox')).toMatchObject({ status: 200, body: { status: 'processing' } });
    expect(desk.portal.gateway.charges.get(first)!.status).toBe('expired');
    expect(await status(first)).toBe('expired');
    // Its payer comes too late.
    desk.portal.gateway.act(first, 'pay');
    desk.portal.gateway.act(second, 'pay');
    await desk.event(second);
    await desk.agree();
    expect(desk.portal.gateway.total(desk.accountId)).toBe(1_000);
  });

  test.each(['sandbox', 'credit', 'bank-transfer'])(
    'is not taken over by %s while the gateway waits for its bank',
    async (method) => {
      const { invoice, first, second } = await abandoned();
      await desk.staff('POST', '/credit', { amount: gbp(1_000), reason: 'Welcome' });
      desk.portal.gateway.act(first, 'pending');
      expect(await desk.pay(second, method)).toMatchObject({
        status: 409,
        body: { code: 'payment-in-progress', massPaymentId: first },
      });
      expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ heldBy: { massPaymentId: first } });
      expect(desk.portal.gateway.charges.size).toBe(1);
    },
  );

  test.each(['sandbox', 'credit', 'bank-transfer'])(
    'is not paid by %s, where the first was faster',
    async (method) => {
      const { invoice, first, second } = await abandoned();
      desk.portal.gateway.act(first, 'pay');
      await desk.staff('POST', '/credit', { amount: gbp(1_000), reason: 'Welcome' });
      expect(await desk.pay(second, method)).toMatchObject({
        status: 409,
        body: { code: 'summary-changed' },
      });
      expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ status: 'paid' });
      expect(await status(first)).toBe('succeeded');
      await desk.agree();
    },
  );

  test('is not taken over where the gateway does not answer', async () => {
    const { second } = await abandoned();
    desk.portal.gateway.before = (call) => {
      if (call === 'expire') throw new Error('No answer');
    };
    expect(await desk.pay(second, 'sandbox')).toMatchObject({
      status: 409,
      body: { code: 'payment-in-progress' },
    });
    expect(desk.portal.gateway.charges.size).toBe(1);
  });
});
