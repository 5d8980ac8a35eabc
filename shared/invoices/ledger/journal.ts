import { type Action, absent, type Table } from '../../table/table.ts';
import { toInstant } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../../table/page.ts';

/**
 * The ledgers of a client's account: what it owes (`receivable`), what we owe it (`credit`), what we earned
 * (`revenue`, `tax`, less `write-off`; `refunds` in entries of before there were credit notes), what was received by
 * each method (`cash:…`), what that cost (`fees`), adjustments by staff (`adjustments`), and money received but not yet
 * allocated to invoices (`unallocated`).
 */
export type Ledger =
  | 'receivable'
  | 'credit'
  | 'revenue'
  | 'tax'
  | 'refunds'
  | 'write-off'
  | 'fees'
  | 'adjustments'
  | 'unallocated'
  | `cash:${string}`;

export interface Posting {
  ledger: Ledger;
  /** Minor units; debit is positive, credit negative. */
  amount: number;
}

/** One booking; its postings add up to zero. */
export interface JournalEntry {
  id: string;
  at: string;
  kind: string;
  currency: string;
  postings: Posting[];
  /** The invoice, payment or credit entry that it books. */
  relatesTo: string;
}

const prefix = 'JOURNAL#';

/**
 * Books an entry in an account's journal. Postings of zero are left out; no row where none is left.
 * @throws Error where the postings do not add up to zero, which is a bug: nothing is written
 */
export function journalRow(accountId: string, entry: Omit<JournalEntry, 'id' | 'at'>, now: Date): Action[] {
  const postings = entry.postings.filter((posting) => posting.amount !== 0);
  const difference = postings.reduce((all, posting) => all + posting.amount, 0);
  if (difference !== 0) throw new Error(`The entry for ${entry.relatesTo} is out by ${difference}`);
  if (postings.length === 0) return [];
  const id = newId('journal', now);
  const stored: JournalEntry = { ...entry, postings, id, at: toInstant(now) };
  return [{ put: { ...stored, pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` }, when: absent }];
}

export async function readJournal(
  table: Table,
  accountId: string,
  page: PageRequest,
): Promise<StoredPage<JournalEntry>> {
  return strippedPage(await table.query({ pk: `ACCOUNT#${accountId}`, prefix, ...page }));
}
