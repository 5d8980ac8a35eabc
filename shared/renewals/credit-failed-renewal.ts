import { absent, type Action, type Key } from '../table/table.ts';
import { addCreditRows } from '../invoices/ledger/credit.ts';
import type { InvoiceLine } from '../invoices/invoice.ts';
import { journalRow, type Posting } from '../invoices/ledger/journal.ts';

/** The amount of a line with its tax, in minor units. */
export function grossOf({ amount, tax }: InvoiceLine, taxIncluded: boolean): number {
  return taxIncluded ? amount : amount + tax;
}

/** Credits the account with what it paid for something that cannot be delivered. */
export function creditRows(
  accountId: string,
  {
    amount,
    currency,
    reason,
    relatesTo,
  }: { amount: number; currency: string; reason: string; relatesTo: string },
  now: Date,
): Action[] {
  if (amount <= 0) return [];
  const postings: Posting[] = [
    { ledger: 'refunds', amount },
    { ledger: 'credit', amount: -amount },
  ];
  return [
    ...addCreditRows(accountId, { amount, currency, reason, relatesTo }, now),
    ...journalRow(accountId, { kind: 'given-back', currency, postings, relatesTo }, now),
  ];
}

export const lineCreditedKey = (invoiceId: string, lineIndex: number): Key => ({
  pk: `INVOICE-LINE#${invoiceId}`,
  sk: `GIVEN-BACK#${lineIndex}`,
});

/** Marks a line as credited; fails where it was credited before. */
export function lineCredited(invoiceId: string, lineIndex: number): Action {
  return { put: { ...lineCreditedKey(invoiceId, lineIndex) }, when: absent };
}

export const lineFulfilledKey = (invoiceId: string, lineIndex: number): Key => ({
  pk: `INVOICE-LINE#${invoiceId}`,
  sk: `DONE#${lineIndex}`,
});

/** Marks a line as fulfilled; fails where it was fulfilled before. */
export function lineFulfilled(invoiceId: string, lineIndex: number): Action {
  return { put: { ...lineFulfilledKey(invoiceId, lineIndex) }, when: absent };
}
