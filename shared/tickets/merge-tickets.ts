import type { Table } from '../table/table.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../table/page.ts';
import type { Ticket } from './ticket.ts';
import { ticketPrefix } from './ticket-store.ts';

/** Rounds of queries for one page; after the last one the cursor is returned, even if the page is not full. */
const maxRounds = 8;
/** The least number of tickets that one query reads. */
const minRead = 2;

/** The part of one account's list that has been read. */
interface ListProgress {
  accountId: string;
  items: Ticket[];
  /** The sort key of the last ticket read; null before the first. */
  at: string | null;
  ended: boolean;
}

const keyOf = ({ id }: Ticket): string => `${ticketPrefix}${id}`;

/**
 * Merges the lists of several accounts, newest first. Ids sort by time, so a position in one list is a position in
 * each. A little of every list is read first, then more of those that may hold newer tickets than the page has: a page
 * costs one query per account and a few more.
 */
export async function mergeTickets(
  table: Table,
  accountIds: readonly string[],
  matches: (ticket: Ticket) => boolean,
  { limit, after }: PageRequest,
): Promise<StoredPage<Ticket>> {
  // The sort key is the last element of a position, also of one in an index.
  const at = after?.at(-1) ?? null;
  let lists = accountIds.map((accountId): ListProgress => ({ accountId, items: [], at, ended: false }));
  let merged: Ticket[] = [];
  let unfinished = lists;
  for (let round = 0; round < maxRounds && unfinished.length > 0; round++) {
    const wanted = Math.min(limit + 1, Math.max(minRead, Math.ceil((2 * limit) / unfinished.length)));
    const toRead = new Set(unfinished);
    lists = await Promise.all(
      lists.map(async (list) => (toRead.has(list) ? readMore(table, list, matches, wanted) : list)),
    );
    merged = lists.flatMap(({ items }) => items).toSorted((a, b) => (a.id < b.id ? 1 : -1));
    const last = merged[limit - 1];
    // A list that has been read past the page's last ticket cannot add to the page.
    unfinished = lists.filter((list) => !list.ended && (!last || (list.at ?? '~') > keyOf(last)));
  }
  return pageOf(merged, lists, unfinished, limit);
}

async function readMore(
  table: Table,
  list: ListProgress,
  matches: (ticket: Ticket) => boolean,
  limit: number,
): Promise<ListProgress> {
  const { accountId, items, at } = list;
  const after = at === null ? undefined : [at];
  const source = { pk: `ACCOUNT#${accountId}`, prefix: ticketPrefix, descending: true };
  const { next, ...page } = await table.query({ ...source, limit, after });
  const found = strippedPage<Ticket>({ ...page, next }).items.filter(matches);
  return { accountId, items: [...items, ...found], at: next?.[0] ?? at, ended: next === null };
}

/** The part of the page that is certain: nothing older than the point up to which every list has been read. */
function pageOf(
  merged: readonly Ticket[],
  lists: readonly ListProgress[],
  unfinished: readonly ListProgress[],
  limit: number,
): StoredPage<Ticket> {
  const floor = unfinished
    .map(({ at }) => at ?? '~')
    .toSorted()
    .at(-1);
  if (floor !== undefined) {
    const items = merged.filter((ticket) => keyOf(ticket) >= floor).slice(0, limit);
    return { items, next: [items.length === limit ? keyOf(items.at(-1)!) : floor] };
  }
  const items = merged.slice(0, limit);
  const more = merged.length > limit || lists.some(({ ended }) => !ended);
  return { items, next: more ? [keyOf(items.at(-1)!)] : null };
}
