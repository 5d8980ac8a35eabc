import { absent, type Action, type Key } from '../table/table.ts';
import { creditAdded } from '../invoices/ledger/credit.ts';
import type { InvoiceLine } from '../invoices/invoice.ts';
import { journalRow, type Posting } from '../invoices/ledger/journal.ts';

/** What a line cost with its tax. */
export function grossOf({ amount, tax }: InvoiceLine, taxIncluded: boolean): number {
  return taxIncluded ? amount : amount + tax;
}

/** What was paid for something that cannot be had is the account's credit again. */
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
    ...creditAdded(accountId, { amount, currency, reason, relatesTo }, now),
    ...journalRow(accountId, { kind: 'given-back', currency, postings, relatesTo }, now),
  ];
}

export const lineCreditedKey = (invoiceId: string, lineIndex: number): Key => ({
  pk: `INVOICE-LINE#${invoiceId}`,
  sk: `GIVEN-BACK#${lineIndex}`,
});

/** Fails where what a line cost was given back before. */
export function lineCredited(invoiceId: string, lineIndex: number): Action {
  return { put: { ...lineCreditedKey(invoiceId, lineIndex) }, when: absent };
}

export const lineDoneKey = (invoiceId: string, lineIndex: number): Key => ({
  pk: `INVOICE-LINE#${invoiceId}`,
  sk: `DONE#${lineIndex}`,
});

/** Fails where what a line was paid for was done before. */
export function lineDone(invoiceId: string, lineIndex: number): Action {
  return { put: { ...lineDoneKey(invoiceId, lineIndex) }, when: absent };
}
