import { expect } from 'vitest';
import type { Taking } from '../../../shared/payments/gateways/gateway.ts';
import { type BillingDesk, billingDesk, gbp } from './billing-desk.ts';

/** An account whose payments the gateway takes back, for the tests of one file: `begin` makes a new one. */
export function takingDesk() {
  let desk: BillingDesk;
  const begin = async (): Promise<BillingDesk> => (desk = await billingDesk());

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

  return { begin, paid, surplus, tell, decide, read, payment, credit, booked, agree, subjects };
}
