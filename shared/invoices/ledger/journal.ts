import { type Action, absent, type Table } from '../../table/table.ts';
import { toInstant } from '../../core/clock.ts';
import type { Day } from '../../core/day.ts';
import { newId } from '../../core/ids.ts';
import { byDay, type DayRange } from '../../table/by-day.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../../table/page.ts';
import type { BookDay } from './book-day.ts';

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
  /** Of `receivable`: whose balance changes. Missing in entries of before it was noted. */
  invoiceId?: string;
}

export type NewPosting =
  | { ledger: 'receivable'; amount: number; invoiceId: string }
  | { ledger: Exclude<Ledger, 'receivable'>; amount: number };

/** One booking; its postings add up to zero. */
export interface JournalEntry {
  id: string;
  accountId: string;
  /** The day that it counts for: a document's, that on which bank money came, else the provider's day of `at`. */
  on: Day;
  at: string;
  kind: string;
  currency: string;
  postings: Posting[];
  /** The invoice, credit note or payment that it books; the reason of an adjustment. */
  relatesTo: string;
}

export type NewEntry = Pick<JournalEntry, 'kind' | 'currency' | 'relatesTo'> & { postings: NewPosting[] };

const prefix = 'JOURNAL#';
const ofDays = byDay('JOURNAL');

/**
 * Books an entry in an account's journal, on a day that was found open. Postings of zero are left out; no row where none
 * is left.
 * @throws Error where the postings do not add up to zero, which is a bug: nothing is written
 */
export function journalRow(accountId: string, entry: NewEntry, { on, now, checks }: BookDay): Action[] {
  const postings = entry.postings.filter((posting) => posting.amount !== 0);
  const difference = postings.reduce((all, posting) => all + posting.amount, 0);
  if (difference !== 0) throw new Error(`The entry for ${entry.relatesTo} is out by ${difference}`);
  if (postings.length === 0) return [];
  const id = newId('journal', now);
  const stored: JournalEntry = { ...entry, postings, id, accountId, on, at: toInstant(now) };
  const key = { pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` };
  return [{ put: { ...stored, ...journalKeys(stored), ...key }, when: absent }, ...checks];
}

/** How an entry is found by its day. */
export const journalKeys = ({ on, id }: Pick<JournalEntry, 'on' | 'id'>) => ofDays.keys(on, id);

/** An account's entries, in the order in which they were written. Strongly consistent. */
export async function readJournal(
  table: Table,
  accountId: string,
  page: PageRequest,
): Promise<StoredPage<JournalEntry>> {
  const { items, next } = strippedPage<JournalEntry>(
    await table.query({ pk: `ACCOUNT#${accountId}`, prefix, ...page }),
  );
  // Until a migration has looked at them, entries of an older release have no day.
  return { items: items.map((entry) => ({ ...entry, on: entry.on ?? entry.at.slice(0, 10) })), next };
}

/** The entries of all accounts on these days, in the order of days. */
export async function journalOfDays(
  table: Table,
  range: DayRange,
  page: PageRequest,
): Promise<StoredPage<JournalEntry>> {
  return strippedPage(await ofDays.page(table, range, page));
}
