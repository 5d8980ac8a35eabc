import { expect } from 'vitest';
import { totalsOf } from '../../../shared/invoices/invoice.ts';
import { invoiceRow } from '../../../shared/invoices/invoice-store.ts';
import { journalRow } from '../../../shared/invoices/ledger/journal.ts';
import { draftInvoice } from '../../../shared/invoices/raise-invoice.ts';
import { type Called, MemoryPortal } from '../memory/memory-portal.ts';

let keys = 0;

/** An account with an owner, and staff who raise its invoices: what tests about money begin with. */
export async function billingDesk(portal = new MemoryPortal(), name = 'Acme') {
  const { accountId, ownerId } = await portal.createAccount(name, `owner@${name.toLowerCase()}.test`);
  const base = `/v1/accounts/${accountId}`;
  const desk = {
    portal,
    accountId,
    ownerId,
    base,
    get: async (path: string, query?: Record<string, string>) =>
      (await portal.call(ownerId, 'GET', `${base}${path}`, query ? { query } : {})).body,
    staff: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      portal.call('stan', method, `${base}${path}`, { ...(body === undefined ? {} : { body }), headers }),
    owner: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      portal.call(ownerId, method, `${base}${path}`, { ...(body === undefined ? {} : { body }), headers }),
    /** An unpaid invoice of so much before tax, in minor units. */
    async invoice(amount: number, extra: Record<string, unknown> = {}, currency = 'GBP') {
      const made = await desk.staff('POST', '/invoices', {
        lines: [line(amount, currency)],
        dueOn: '2026-03-15',
        ...extra,
      });
      expect(made).toMatchObject({ status: 201 });
      return made.body;
    },
    /** So many unpaid invoices of a pound each, written at once. */
    async invoices(count: number): Promise<void> {
      const { table } = portal;
      const account = (await portal.people.account(accountId))!;
      const day = { on: '2026-03-01', now: portal.now, checks: [] };
      const raising = { table, account, portalUrl: '', today: '2026-03-01', now: portal.now };
      const totals = totalsOf([line(100)], false, () => ({ rate: '0', words: null }));
      for (let made = 0; made < count; made++) {
        const draft = draftInvoice(raising, { totals, taxIncluded: false, dueOn: '2026-03-15' });
        const number = `2026-${String(made + 1).padStart(5, '0')}`;
        const invoice = { ...draft, status: 'unpaid' as const, number, issuedOn: '2026-03-01' };
        const postings = [
          { ledger: 'receivable' as const, amount: 100, invoiceId: invoice.id },
          { ledger: 'revenue' as const, amount: -100 },
        ];
        const entry = { kind: 'invoice', currency: 'GBP', postings, relatesTo: invoice.id };
        await table.transact([invoiceRow(invoice), ...journalRow(accountId, entry, day)]);
      }
    },
    /** A mass payment's summary. */
    async summary(invoices: unknown = 'all-due') {
      const made = await desk.owner('POST', '/mass-payments', { invoices });
      expect(made).toMatchObject({ status: 201 });
      return made.body;
    },
    pay: (id: string, method: string, key = `pay-${++keys}`): Promise<Called> =>
      desk.owner('POST', `/mass-payments/${id}/pay`, { method }, { 'idempotency-key': key }),
    /** The gateway's event about a payment, delivered. */
    event: async (key: string): Promise<Called | null> => {
      const event = portal.gateway.eventFor(key);
      return event && portal.webhook('sandbox', event.body, event.headers);
    },
    /** Books that agree, and a gateway that has what we think it has. */
    async agree(): Promise<void> {
      expect(await portal.books(accountId)).toEqual([]);
      const { balance } = await desk.get('/credit');
      expect(balance.amount).toBeGreaterThanOrEqual(0);
    },
  };
  return desk;
}

export type BillingDesk = Awaited<ReturnType<typeof billingDesk>>;

export const line = (amount: number, currency = 'GBP', taxRate = '0') => ({
  description: 'Hosting',
  quantity: 1,
  unitPrice: { amount, currency },
  taxRate,
});

export const gbp = (amount: number) => ({ amount, currency: 'GBP' });
