import { addDays, type Day, daysBetween } from '../../shared/core/day.ts';
import type { Money } from '../../shared/core/money.ts';
import type { Cell } from '../../shared/http/lists/csv.ts';
import { wantsCsv } from '../../shared/http/lists/csv.ts';
import { csvReply } from '../../shared/http/lists/csv-reply.ts';
import { periodOf, wholePages } from '../../shared/http/lists/period.ts';
import { pageOf } from '../../shared/http/page.ts';
import { balanceOf } from '../../shared/invoices/invoice.ts';
import { type JournalEntry, journalOfDays } from '../../shared/invoices/ledger/journal.ts';
import type { PageRequest, StoredPage } from '../../shared/table/page.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { accountNames } from './lists/account-names.ts';
import type { DaysRequest } from './lists/list-of-days.ts';
import type { ReportsDependencies } from './reports-dependencies.ts';

/** Open invoices, and entries since the day, in one report: as many as a function reads in its time. */
const mostInvoices = 50_000;
const mostEntries = 100_000;

/** What is open of an invoice; minor units. */
interface Open {
  accountId: string;
  currency: string;
  dueOn: Day;
  balance: number;
}

const ages = ['notDue', 'days1To30', 'days31To60', 'days61To90', 'over90Days'] as const;
type Age = (typeof ages)[number];

/** What an account owes in a currency, by age; minor units. */
interface Receivable extends Record<Age | 'total', number> {
  accountId: string;
  currency: string;
}

/** What each account owed at the end of a day. */
export async function showReceivables(
  dependencies: ReportsDependencies,
  { context, query, raw, listScope }: DaysRequest,
): Promise<Reply> {
  const { people } = dependencies;
  const today = await dependencies.today(context.now);
  const { to } = periodOf(query, today);
  const receivables = byAccount(await openAt(dependencies, to, today), to);
  if (wantsCsv(raw.headers)) {
    const names = await accountNames(people, receivables);
    const headings = ['accountId', 'accountName', 'currency', ...ages, 'total'];
    const rows = receivables.map((each) => [each.accountId, names.get(each.accountId)!, ...cells(each)]);
    return csvReply(headings, rows);
  }
  const page = await pageOf(query, listScope, async (part) => pageFrom(receivables, part));
  const names = await accountNames(people, page.items);
  const items = page.items.map((each) => {
    const { accountId } = each;
    const href = `/v1/accounts/${accountId}/invoices`;
    return { accountId, accountName: names.get(accountId)!, href, ...amountsView(each) };
  });
  return { body: { to, ...page, items, sums: sumsOf(receivables).map(amountsView) } };
}

/** What was open at the end of a day: what is open now, with all that has been booked since taken back. */
async function openAt({ table, invoices }: ReportsDependencies, to: Day, today: Day): Promise<Open[]> {
  const open = new Map<string, Open>();
  for await (const page of wholePages(invoices.open, mostInvoices)) {
    for (const invoice of page) {
      const { id, accountId, currency, dueOn } = invoice;
      open.set(id, { accountId, currency, dueOn, balance: balanceOf(invoice) });
    }
  }
  if (to >= today) return [...open.values()];
  const since = { from: addDays(to, 1), to: today };
  const read = (page: PageRequest) => journalOfDays(table, since, page);
  for await (const page of wholePages(read, mostEntries, 'to')) {
    for (const entry of page) takeBack(open, entry);
  }
  const settled = [...open].filter(([, { dueOn, balance }]) => dueOn === unknownDay && balance !== 0);
  const found = await invoices.ofAccounts(
    settled.map(([invoiceId, { accountId }]) => ({ accountId, invoiceId })),
  );
  for (const [index, [, each]] of settled.entries()) each.dueOn = found[index]?.dueOn ?? to;
  return [...open.values()];
}

/** Until its invoice is read. */
const unknownDay = '';

function takeBack(open: Map<string, Open>, { accountId, currency, postings, relatesTo }: JournalEntry): void {
  for (const { ledger, amount, invoiceId = relatesTo } of postings) {
    if (ledger !== 'receivable') continue;
    const known = open.get(invoiceId) ?? { accountId, currency, dueOn: unknownDay, balance: 0 };
    open.set(invoiceId, { ...known, balance: known.balance - amount });
  }
}

function ageOf({ dueOn, balance }: Open, at: Day): Age {
  const late = daysBetween(dueOn, at);
  // What is on its way back to the account is not overdue.
  if (late <= 0 || balance < 0) return 'notDue';
  if (late <= 30) return 'days1To30';
  if (late <= 60) return 'days31To60';
  return late <= 90 ? 'days61To90' : 'over90Days';
}

const nothing = { notDue: 0, days1To30: 0, days31To60: 0, days61To90: 0, over90Days: 0, total: 0 };

/** In the order of accounts and currencies. */
function byAccount(open: readonly Open[], at: Day): Receivable[] {
  const sums = new Map<string, Receivable>();
  for (const each of open) {
    if (each.balance === 0) continue;
    const { accountId, currency } = each;
    const key = placeOf(each);
    const sum = sums.get(key) ?? { accountId, currency, ...nothing };
    sum[ageOf(each, at)] += each.balance;
    sum.total += each.balance;
    sums.set(key, sum);
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

function sumsOf(receivables: readonly Receivable[]): Receivable[] {
  const sums = new Map<string, Receivable>();
  for (const each of receivables) {
    const { currency } = each;
    const sum = sums.get(currency) ?? { accountId: '', currency, ...nothing };
    for (const age of [...ages, 'total'] as const) sum[age] += each[age];
    sums.set(currency, sum);
  }
  return [...sums.values()];
}

const placeOf = ({ accountId, currency }: Pick<Receivable, 'accountId' | 'currency'>) =>
  `${accountId}#${currency}`;

function pageFrom(receivables: readonly Receivable[], { limit, after }: PageRequest): StoredPage<Receivable> {
  const [last = ''] = after ?? [];
  const rest = receivables.filter((each) => placeOf(each) > last);
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? [placeOf(items.at(-1)!)] : null };
}

function amountsView(each: Receivable) {
  const { currency } = each;
  const amounts = [...ages, 'total' as const].map((age) => [age, { amount: each[age], currency }]);
  return { currency, ...(Object.fromEntries(amounts) as Record<Age | 'total', Money>) };
}

function cells(each: Receivable): Cell[] {
  const { currency } = each;
  return [currency, ...[...ages, 'total' as const].map((age): Cell => ({ amount: each[age], currency }))];
}
