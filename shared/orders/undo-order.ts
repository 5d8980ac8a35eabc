import type { Phrase } from '../language/phrase.ts';
import type { Table } from '../table/table.ts';
import { type Invoice, nextInvoiceStatus } from '../invoices/invoice.ts';
import { invoiceChanged } from '../invoices/invoice-store.ts';
import { lowered } from '../invoices/credit-notes/lower-invoice.ts';
import { numbersOf } from '../invoices/numbers.ts';
import type { Day } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import { releaseItems } from './release-lines.ts';
import type { Change } from '../write/commit.ts';
import { nextOrderStatus, type Order, orderActivity } from './order.ts';
import { orderRow, orderStore } from './order-store.ts';

type Rows = Pick<Change, 'actions' | 'activity' | 'outbox'>;
export const noChange: Rows = { actions: [], activity: [], outbox: [] };

export interface UndoDependencies {
  table: Table;
  people: PeopleStore;
  portalUrl: string;
  settings(): Promise<{ invoiceDaysBefore: number }>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

/**
 * Cancels a draft or, by a credit note over all that is left of it, an unpaid invoice, whichever account it is billed
 * to: what it would have renewed is due as before.
 * @throws Problem where it cannot be cancelled any more
 */
export async function undoInvoice(
  { table, people, portalUrl, settings, today }: UndoDependencies,
  invoice: Invoice,
  reason: string | Phrase,
  now: Date,
): Promise<Rows & { after: Invoice }> {
  const { accountId } = invoice;
  const status = nextInvoiceStatus(invoice, 'cancel');
  if (invoice.status === 'draft') {
    const { action, after } = invoiceChanged(invoice, { status });
    return { ...noChange, after, actions: [action] };
  }
  const account = (await people.account(accountId)) ?? { id: accountId, name: '' };
  const releases = await releaseItems(table, invoice, (await settings()).invoiceDaysBefore);
  const day = await today(now);
  const context = { account, numbers: numbersOf(table, day), portalUrl, today: day, now };
  const change = await lowered(context, invoice, { kind: 'all' }, { reason, to: 'credit' });
  return { ...change, actions: [...change.actions, ...releases] };
}

/** Cancels the unpaid order of an invoice, in whichever account it was placed. */
export async function undoOrder(
  table: Table,
  { accountId, orderId, orderAccountId = accountId }: Invoice,
): Promise<Rows> {
  const order = orderId === null ? undefined : await orderStore(table).get(orderAccountId, orderId);
  if (order?.status !== 'awaiting-payment') return noChange;
  const after: Order = { ...order, status: nextOrderStatus(order, 'cancel'), version: newVersion() };
  return {
    ...noChange,
    actions: [orderRow(after, order.version)],
    activity: orderActivity(order, after),
  };
}
