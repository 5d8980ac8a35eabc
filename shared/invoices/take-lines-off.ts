import type { Account } from '../accounts/people.ts';
import type { Change } from '../write/commit.ts';
import { cancelled } from './cancel-invoice.ts';
import { addCreditRows } from './ledger/credit.ts';
import { balanceOf, type Invoice, type InvoiceLine, sumLines } from './invoice.ts';
import { invoiceChanged } from './invoice-store.ts';
import { journalRow } from './ledger/journal.ts';
import { paidTask } from './paid-task.ts';
import { invoiceActivity } from './raise-invoice.ts';

/** Matches the line that bills an item, such as a domain's renewal. */
export const isLineFor =
  (kind: string, id: string) =>
  ({ relatesTo }: InvoiceLine): boolean =>
    typeof relatesTo === 'object' && relatesTo?.kind === kind && relatesTo.id === id;

/**
 * Removes lines from an unpaid invoice because what they bill was renewed or ended in another way. The totals are
 * recomputed, payments beyond them become credit, and an invoice without lines is cancelled. Null where no line is
 * removed.
 */
export function removeLines(
  before: Invoice,
  isRemoved: (line: InvoiceLine) => boolean,
  account: Pick<Account, 'id' | 'name'>,
  portalUrl: string,
  now: Date,
): Change | null {
  const lines = before.lines.filter((line) => !isRemoved(line));
  if (before.status !== 'unpaid' || lines.length === before.lines.length) return null;
  if (lines.length === 0) return cancelled(before, account, portalUrl, now);
  const { id, accountId, currency, taxIncluded, credit, paid, number } = before;
  const totals = sumLines(lines, taxIncluded, currency);
  const excess = Math.max(0, credit + paid - totals.total);
  // Applied credit is returned first, then payments.
  const fromCredit = Math.min(excess, credit);
  const settled = totals.total - credit - paid <= 0;
  const { action, after } = invoiceChanged(before, {
    ...totals,
    credit: credit - fromCredit,
    status: settled ? 'paid' : 'unpaid',
  });
  const postings = [
    { ledger: 'revenue' as const, amount: before.subtotal - totals.subtotal },
    { ledger: 'tax' as const, amount: before.tax - totals.tax },
    { ledger: 'receivable' as const, amount: balanceOf(after) - balanceOf(before) },
    { ledger: 'credit' as const, amount: -excess },
  ];
  const credited = {
    amount: excess,
    currency,
    reason: `Lines were taken off invoice ${number}`,
    relatesTo: id,
  };
  return {
    actions: [
      action,
      ...journalRow(accountId, { kind: 'change', currency, postings, relatesTo: id }, now),
      ...(excess > 0 ? addCreditRows(accountId, credited, now) : []),
    ],
    activity: [
      invoiceActivity(after, 'invoice.lines-taken-off', { total: before.total }, { total: after.total }),
    ],
    // The rest may be paid by now: it is fulfilled as after any payment.
    outbox: settled ? paidTask(accountId, [after]) : [],
  };
}
