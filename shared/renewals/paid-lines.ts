import type { Phrase } from '../language/phrase.ts';
import { absent, type Action, type Key, type Table } from '../table/table.ts';
import { grossLeft, lineIdOf } from '../invoices/credit-notes/credit-note.ts';
import { type Lowered, lowered, type NoteContext } from '../invoices/credit-notes/lower-invoice.ts';
import { creditedOf, type Invoice } from '../invoices/invoice.ts';

const creditedKey = (invoiceId: string, lineIndex: number): Key => ({
  pk: `INVOICE-LINE#${invoiceId}`,
  sk: `GIVEN-BACK#${lineIndex}`,
});

/**
 * Takes a paid line off its invoice, as what it is for cannot be delivered: what was paid for it becomes credit. Null
 * where nothing is left of it, or a release before credit notes has credited it already.
 */
export async function undeliveredLine(
  table: Table,
  context: NoteContext,
  invoice: Invoice,
  lineIndex: number,
  reason: Phrase,
): Promise<Lowered | null> {
  const line = invoice.lines[lineIndex];
  if (!line || grossLeft(line, invoice.taxIncluded) <= 0) return null;
  if (invoice.total <= creditedOf(invoice)) return null;
  if (await table.get(creditedKey(invoice.id, lineIndex))) return null;
  const lines = [{ line: lineIdOf(lineIndex) }];
  return lowered(context, invoice, { kind: 'lines', lines }, { reason, to: 'credit' });
}

export const lineFulfilledKey = (invoiceId: string, lineIndex: number): Key => ({
  pk: `INVOICE-LINE#${invoiceId}`,
  sk: `DONE#${lineIndex}`,
});

/** Marks a line as fulfilled; fails where it was fulfilled before. */
export function lineFulfilled(invoiceId: string, lineIndex: number): Action {
  return { put: { ...lineFulfilledKey(invoiceId, lineIndex) }, when: absent };
}
