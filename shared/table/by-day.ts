import { addMonths, type Day } from '../core/day.ts';
import type { PageRequest } from './page.ts';
import { type Item, type Page, positionOf, type Table } from './table.ts';

/** Days from the first to the last, both included. */
export interface DayRange {
  from: Day;
  to: Day;
}

/** The index in which their positions are. */
export const byDayIndex = 'gsi1';

/**
 * Rows of a kind over all accounts, found by the day that counts for them: a partition for each month, so that a range
 * costs what lies in it and a query for each of its months.
 */
export function byDay(kind: string) {
  const partition = (month: string) => `${kind}#${month}`;
  return {
    /** What a row has to carry to be found. */
    keys: (on: Day, id: string) => ({ gsi1pk: partition(on.slice(0, 7)), gsi1sk: `${on}#${id}` }),
    /** A page of the range in the order of days and ids, or the last first. Eventually consistent. */
    async page(
      table: Table,
      { from, to }: DayRange,
      { limit, after }: PageRequest,
      descending = false,
    ): Promise<Page> {
      const [first, last] = descending ? [to, from] : [from, to];
      const items: Item[] = [];
      let position = after;
      let month = monthOf(position?.[0], { from, to }) ?? first.slice(0, 7);
      for (;;) {
        const pk = partition(month);
        const rest = { limit: limit - items.length, after: position };
        const page = await table.query({ index: byDayIndex, pk, from, to: `${to}~`, descending, ...rest });
        items.push(...page.items);
        position = page.next ?? undefined;
        const isFull = items.length === limit;
        if (page.next && isFull) return { items, next: page.next };
        if (page.next) continue;
        if (month === last.slice(0, 7)) return { items, next: null };
        if (isFull) return { items, next: positionOf(items.at(-1)!, byDayIndex) };
        month = addMonths(`${month}-01`, descending ? -1 : 1).slice(0, 7);
      }
    },
  };
}

/** The month in which a position is; none where it is outside the range. */
function monthOf(place: string | undefined, { from, to }: DayRange): string | undefined {
  const month = place?.slice(0, 7);
  return month !== undefined && month >= from.slice(0, 7) && month <= to.slice(0, 7) ? month : undefined;
}
