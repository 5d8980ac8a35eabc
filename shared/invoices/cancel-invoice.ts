import type { Action } from '../table/table.ts';
import type { Account } from '../accounts/people.ts';
import type { Change } from '../write/commit.ts';
import { addCreditRows } from './ledger/credit.ts';
import { balanceOf, type Invoice, nextInvoiceStatus } from './invoice.ts';
import { invoiceMail } from './invoice-mail.ts';
import { invoiceChanged } from './invoice-store.ts';
import { journalRow } from './ledger/journal.ts';
import { invoiceActivity } from './raise-invoice.ts';

/**
 * The changes that cancel an invoice. Payments keep their allocations to it; the money becomes account credit.
 * @throws Problem where it is already paid, refunded or cancelled
 */
export function cancelled(
  before: Invoice,
  account: Pick<Account, 'id' | 'name'>,
  portalUrl: string,
  now: Date,
): Change & { after: Invoice } {
  const status = nextInvoiceStatus(before, 'cancel');
  const { action, after } = invoiceChanged(before, { status });
  const issued = before.status !== 'draft';
  return {
    after,
    actions: [action, ...(issued ? reversalRows(before, now) : [])],
    activity: issued
      ? [invoiceActivity(after, 'invoice.cancelled', { status: before.status }, { status })]
      : [],
    outbox: issued ? [invoiceMail('invoice-cancelled', after, account, portalUrl)] : [],
  };
}

function reversalRows(invoice: Invoice, now: Date): Action[] {
  const { id, accountId, currency, subtotal, tax, paid, credit, number } = invoice;
  const credited = paid + credit - invoice.refunded;
  const postings = [
    { ledger: 'revenue' as const, amount: subtotal },
    { ledger: 'tax' as const, amount: tax },
    { ledger: 'receivable' as const, amount: -balanceOf(invoice) },
    { ledger: 'refunds' as const, amount: -invoice.refunded },
    { ledger: 'credit' as const, amount: -credited },
  ];
  const reason = `Invoice ${number} was cancelled`;
  return [
    ...journalRow(accountId, { kind: 'cancellation', currency, postings, relatesTo: id }, now),
    ...(credited > 0
      ? addCreditRows(accountId, { amount: credited, currency, reason, relatesTo: id }, now)
      : []),
  ];
}
