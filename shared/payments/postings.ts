import type { BookDay } from '../invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../invoices/ledger/journal.ts';
import { type Invoice, sum } from '../invoices/invoice.ts';
import type { Action } from '../table/table.ts';
import type { MassPayment, Settlement } from './mass-payment.ts';

/** How payments are booked. */

/** The account's credit, as a payment method. */
export const creditMethod = 'credit';

/** The journal entry of one step of a settlement: the money received, and what of it is allocated to these invoices. */
export function stepRows(
  { accountId, currency }: MassPayment,
  before: Settlement,
  parts: readonly { invoice: Invoice; amount: number }[],
  isFirst: boolean,
  excess: number,
  day: BookDay,
): Action[] {
  const left = before.unallocated - sum(parts.map((part) => part.amount));
  const postings: NewPosting[] = [
    ...(isFirst
      ? incomingPostings(before)
      : [{ ledger: 'unallocated' as const, amount: before.unallocated }]),
    ...parts.map((part) => paidPosting(part.invoice.id, part.amount)),
    { ledger: 'credit', amount: -excess },
    { ledger: 'unallocated', amount: -(left - excess) },
  ];
  return journalRow(accountId, { kind: 'payment', currency, postings, relatesTo: before.paymentId }, day);
}

/** The postings of received money by its method, less the fee. */
export function incomingPostings({
  method,
  amount,
  feeAmount,
}: Pick<Settlement, 'method' | 'amount' | 'feeAmount'>): NewPosting[] {
  if (method === creditMethod) return [{ ledger: 'credit', amount }];
  return [
    { ledger: cashOf(method), amount: amount - feeAmount },
    { ledger: 'fees', amount: feeAmount },
  ];
}

/** So much of an invoice is paid. */
export const paidPosting = (invoiceId: string, amount: number): NewPosting => ({
  ledger: 'receivable',
  amount: -amount,
  invoiceId,
});

export const cashOf = (method: string): `cash:${string}` => `cash:${method}`;
