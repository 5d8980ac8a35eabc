import type { Cell } from '../../shared/http/lists/csv.ts';
import { wantsCsv } from '../../shared/http/lists/csv.ts';
import { csvReply } from '../../shared/http/lists/csv-reply.ts';
import { periodOf, whole, wholePages } from '../../shared/http/lists/period.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type JournalEntry, journalOfDays } from '../../shared/invoices/ledger/journal.ts';
import type { DayRange } from '../../shared/table/by-day.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { accountNames } from './lists/account-names.ts';
import { type DaysRequest, mostRows } from './lists/list-of-days.ts';
import type { ReportsDependencies } from './reports-dependencies.ts';

/** Entries that are added up for one trial balance: as many as a function reads in its time. */
const mostEntries = 100_000;

/** What a ledger took in on some days; minor units. */
interface LedgerSum {
  currency: string;
  ledger: string;
  debit: number;
  credit: number;
}

const headings = [
  'on',
  'at',
  'entry',
  'accountId',
  'accountName',
  'kind',
  'relatesTo',
  'ledger',
  'invoiceId',
  'debit',
  'credit',
  'currency',
];

/** The journal of all accounts, a page of entries with the sums of each ledger, or all postings as a table. */
export async function showJournal(
  { table, people, today }: ReportsDependencies,
  { context, query, raw, listScope }: DaysRequest,
): Promise<Reply> {
  const range = periodOf(query, await today(context.now));
  if (wantsCsv(raw.headers)) {
    const entries = await whole((page) => journalOfDays(table, range, page), mostRows);
    const names = await accountNames(people, entries);
    return csvReply(
      headings,
      entries.flatMap((entry) => postingRows(entry, names.get(entry.accountId)!)),
    );
  }
  const page = await pageOf(query, listScope, (part) => journalOfDays(table, range, part));
  const names = await accountNames(people, page.items);
  const sums = query.cursor === undefined ? await trialBalance(table, range) : null;
  const items = page.items.map((entry) => entryView(entry, names.get(entry.accountId)!));
  return { body: { ...range, ...page, items, sums: sums?.map(sumView) ?? null } };
}

function entryView(entry: JournalEntry, accountName: string) {
  const { id, accountId, on, at, kind, currency, relatesTo } = entry;
  const postings = entry.postings.map(({ ledger, amount, invoiceId }) => ({
    ledger,
    amount: { amount, currency },
    ...(invoiceId === undefined ? {} : { invoiceId }),
  }));
  return {
    id,
    accountId,
    accountName,
    href: `/v1/accounts/${accountId}`,
    on,
    at,
    kind,
    currency,
    relatesTo,
    postings,
  };
}

function postingRows(entry: JournalEntry, accountName: string): Cell[][] {
  const { id, accountId, on, at, kind, currency, relatesTo } = entry;
  return entry.postings.map(({ ledger, amount, invoiceId = null }): Cell[] => {
    const [debit, credit] = amount > 0 ? [{ amount, currency }, null] : [null, { amount: -amount, currency }];
    return [on, at, id, accountId, accountName, kind, relatesTo, ledger, invoiceId, debit, credit, currency];
  });
}

/** What each ledger took in, in each currency. All debits of a currency are all its credits. */
async function trialBalance(table: Table, range: DayRange): Promise<LedgerSum[]> {
  const sums = new Map<string, LedgerSum>();
  for await (const page of wholePages((part) => journalOfDays(table, range, part), mostEntries)) {
    for (const { currency, postings } of page) {
      for (const { ledger, amount } of postings) {
        const key = `${currency} ${ledger}`;
        const sum = sums.get(key) ?? { currency, ledger, debit: 0, credit: 0 };
        if (amount > 0) sum.debit += amount;
        else sum.credit -= amount;
        sums.set(key, sum);
      }
    }
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

function sumView({ currency, ledger, debit, credit }: LedgerSum) {
  const money = (amount: number) => ({ amount, currency });
  return { currency, ledger, debit: money(debit), credit: money(credit), balance: money(debit - credit) };
}
