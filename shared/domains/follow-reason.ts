import type { PeopleStore } from '../accounts/people-store.ts';
import { isLineFor, withoutLines } from '../invoices/credit-notes/lower-invoice.ts';
import type { InvoiceStore } from '../invoices/invoice-store.ts';
import { numbersOf } from '../invoices/numbers.ts';
import type { Phrase } from '../language/phrase.ts';
import type { Day } from '../core/day.ts';
import type { Table } from '../table/table.ts';
import type { Change } from '../write/commit.ts';
import { type Domain, isSameTerm } from './domain.ts';

export interface FollowDependencies {
  table: Table;
  people: Pick<PeopleStore, 'account'>;
  invoices: Pick<InvoiceStore, 'get'>;
  portalUrl: string;
}

type Rows = Pick<Change, 'actions' | 'activity' | 'outbox'>;
const noRows: Rows = { actions: [], activity: [], outbox: [] };

/**
 * An open renewal line follows its reason, whoever changes the domain: where it is not to be renewed by itself any more, or
 * for another term, the line comes off its invoice. A day that moves within the term keeps it. Fails where the invoice has
 * changed meanwhile.
 */
export async function followReason(
  { table, people, invoices, portalUrl }: FollowDependencies,
  before: Domain,
  after: Domain,
  { today, now }: { today: Day; now: Date },
): Promise<Rows & { domain: Domain }> {
  const { invoicedFor, invoiceId, billedTo, accountId, id } = before;
  const isRegistered = after.state === 'registered';
  const isDue = isRegistered && after.autoRenew;
  const isMoved = after.nextDueOn !== before.nextDueOn;
  if (invoicedFor === null || invoiceId === null || (isDue && !isMoved)) return { ...noRows, domain: after };
  if (isDue && invoicedFor === before.nextDueOn && isSameTerm(invoicedFor, after.nextDueOn)) {
    return { ...noRows, domain: { ...after, invoicedFor: after.nextDueOn } };
  }
  const payerId = billedTo ?? accountId;
  const [invoice, payer] = await Promise.all([invoices.get(payerId, invoiceId), people.account(payerId)]);
  // Ordered by hand: that it does not renew by itself says nothing of it.
  const isOrdered = invoice !== undefined && invoice.orderId !== null && isRegistered && !isMoved;
  // What is paid is on its way to the registrar, and is looked at again before it gets there.
  if (invoice?.status === 'paid' || isOrdered) return { ...noRows, domain: after };
  const account = payer ?? { id: payerId, name: '' };
  const context = { account, numbers: numbersOf(table, today), portalUrl, today, now };
  const off =
    invoice &&
    (await withoutLines(context, invoice, isLineFor('domain-renewal', id), reasonOf(after, isDue)));
  return { ...(off ?? noRows), domain: { ...after, invoicedFor: null, invoiceId: null } };
}

function reasonOf({ name, state, autoRenew }: Domain, isDue: boolean): Phrase {
  if (isDue) return { key: 'reason.otherTerm', values: { name } };
  if (state === 'registered' && !autoRenew) return { key: 'reason.autoRenewOff', values: { name } };
  return { key: 'reason.domainGone', values: { name } };
}
