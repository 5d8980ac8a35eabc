import type { Cell } from '../../../shared/http/lists/csv.ts';
import { wantsCsv } from '../../../shared/http/lists/csv.ts';
import { csvReply } from '../../../shared/http/lists/csv-reply.ts';
import { periodOf, whole } from '../../../shared/http/lists/period.ts';
import { pageOf } from '../../../shared/http/page.ts';
import type { RequestContext, ValidRequest } from '../../../shared/http/request.ts';
import type { Route } from '../../../shared/http/route.ts';
import type { Day } from '../../../shared/core/day.ts';
import type { DayRange } from '../../../shared/table/by-day.ts';
import type { PageRequest, StoredPage } from '../../../shared/table/page.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { accountNames } from './account-names.ts';
import type { ReportsDependencies } from '../reports-dependencies.ts';

/** Things of all accounts that are found by their day. */
export interface ListOfDays<T extends { accountId: string }> {
  read(range: DayRange, page: PageRequest): Promise<StoredPage<T>>;
  /** Filters what was read; without it all of it is kept. */
  keep?(thing: T): boolean;
  view(thing: T): object;
  headings: readonly string[];
  cells(thing: T): Cell[];
}

/** What a request for a list or a report of days has. */
export interface DaysRequest {
  context: Pick<RequestContext, 'now'>;
  query: { from?: Day | undefined; to?: Day | undefined; limit: number; cursor?: string | undefined };
  raw: ValidRequest<Route>['raw'];
  listScope: string;
}

/** The most rows of one table. */
export const mostRows = 20_000;
/** Rows that do not pass the filter make a page short rather than slow. */
const mostReads = 10;

/** A page of the list, or all of its days as a table. */
export async function showDays<T extends { accountId: string }>(
  { people, today }: ReportsDependencies,
  { context, query, raw, listScope }: DaysRequest,
  list: ListOfDays<T>,
): Promise<Reply> {
  const range = periodOf(query, await today(context.now));
  const isKept = (thing: T) => list.keep?.(thing) ?? true;
  if (wantsCsv(raw.headers)) {
    const things = (await whole((page) => list.read(range, page), mostRows)).filter(isKept);
    const names = await accountNames(people, things);
    const rows = things.map((thing) => [thing.accountId, names.get(thing.accountId)!, ...list.cells(thing)]);
    return csvReply(['accountId', 'accountName', ...list.headings], rows);
  }
  const page = await pageOf(query, listScope, (part) => keptPage(range, part, list, isKept));
  const names = await accountNames(people, page.items);
  const items = page.items.map((thing) => {
    const { accountId } = thing;
    return { accountId, accountName: names.get(accountId)!, ...list.view(thing) };
  });
  return { body: { ...page, items } };
}

async function keptPage<T extends { accountId: string }>(
  range: DayRange,
  { limit, after }: PageRequest,
  list: ListOfDays<T>,
  isKept: (thing: T) => boolean,
): Promise<StoredPage<T>> {
  const items: T[] = [];
  let position = after;
  for (let reads = 0; reads < mostReads; reads++) {
    // No more than are missing, so that the page ends where the reading did.
    const page = await list.read(range, { limit: limit - items.length, after: position });
    items.push(...page.items.filter(isKept));
    position = page.next ?? undefined;
    if (!position || items.length === limit) break;
  }
  return { items, next: position ?? null };
}
