import type { Table } from '../table/table.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../table/page.ts';
import type { Ticket } from './ticket.ts';
import { ticketPrefix } from './ticket-store.ts';

/** How often lists that may hold more of a page are looked at again before the cursor is handed back. */
const mostRounds = 8;
/** The least that one look reads of a list. */
const leastRead = 2;

/** One account's list, as far as it was looked through. */
interface Looked {
  accountId: string;
  items: Ticket[];
  /** The sort key of the last one that was read; null before the first. */
  at: string | null;
  ended: boolean;
}

const keyOf = ({ id }: Ticket): string => `${ticketPrefix}${id}`;

/**
 * One list out of several accounts' lists, newest first. Ids are in the order of time in all of them, so that a place in
 * one is a place in each. Of many lists a little each is read, then more of those alone that can hold newer tickets than
 * the page has: a page costs a query an account, and few more.
 */
export async function mergeTickets(
  table: Table,
  accountIds: readonly string[],
  matches: (ticket: Ticket) => boolean,
  { limit, after }: PageRequest,
): Promise<StoredPage<Ticket>> {
  // The sort key comes last in a place, also of a list that an index gave out.
  const at = after?.at(-1) ?? null;
  let lists = accountIds.map((accountId): Looked => ({ accountId, items: [], at, ended: false }));
  let merged: Ticket[] = [];
  let behind = lists;
  for (let round = 0; round < mostRounds && behind.length > 0; round++) {
    const wanted = Math.min(limit + 1, Math.max(leastRead, Math.ceil((2 * limit) / behind.length)));
    const busy = new Set(behind);
    lists = await Promise.all(
      lists.map(async (list) => (busy.has(list) ? lookOn(table, list, matches, wanted) : list)),
    );
    merged = lists.flatMap(({ items }) => items).toSorted((a, b) => (a.id < b.id ? 1 : -1));
    const last = merged[limit - 1];
    // A list that was looked through beyond the page's last ticket has nothing to add to it.
    behind = lists.filter((list) => !list.ended && (!last || (list.at ?? '~') > keyOf(last)));
  }
  return pageOf(merged, lists, behind, limit);
}

async function lookOn(
  table: Table,
  list: Looked,
  matches: (ticket: Ticket) => boolean,
  limit: number,
): Promise<Looked> {
  const { accountId, items, at } = list;
  const after = at === null ? undefined : [at];
  const source = { pk: `ACCOUNT#${accountId}`, prefix: ticketPrefix, descending: true };
  const { next, ...page } = await table.query({ ...source, limit, after });
  const found = strippedPage<Ticket>({ ...page, next }).items.filter(matches);
  return { accountId, items: [...items, ...found], at: next?.[0] ?? at, ended: next === null };
}

/** What is certain of a page: nothing older than what every list was looked through to. */
function pageOf(
  merged: readonly Ticket[],
  lists: readonly Looked[],
  behind: readonly Looked[],
  limit: number,
): StoredPage<Ticket> {
  const floor = behind
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
