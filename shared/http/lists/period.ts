import { addDays, type Day, daysBetween } from '../../core/day.ts';
import { invalid } from '../../core/problem.ts';
import type { DayRange } from '../../table/by-day.ts';
import type { PageRequest, StoredPage } from '../../table/page.ts';
import type { Position } from '../../table/table.ts';
import { day } from '../schemas.ts';

/** The days of a list or report, both included. */
export const periodQuery = { from: day.optional(), to: day.optional() };

/** The most days of one list or report. */
export const mostPeriodDays = 366;

/**
 * The days that are asked for: up to today, and from the first day of that month on, where nothing else is said.
 * @throws Problem where they are in the wrong order, or more than `most`
 */
export function periodOf(
  asked: { from?: Day | undefined; to?: Day | undefined },
  today: Day,
  most = mostPeriodDays,
): DayRange {
  const to = asked.to ?? today;
  const from = asked.from ?? `${to.slice(0, 8)}01`;
  if (from > to) throw outOfRange(`must not be after ${to}`);
  if (daysBetween(from, to) >= most) throw outOfRange(`must be ${addDays(to, 1 - most)} or later`);
  return { from, to };
}

/**
 * All pages of what one answer is made of, which is whole or none.
 * @throws Problem where it is more than `most`: the days from `narrowedBy` on have to be fewer
 */
export async function* wholePages<T>(
  read: (page: PageRequest) => Promise<StoredPage<T>>,
  most: number,
  narrowedBy: 'from' | 'to' = 'from',
): AsyncGenerator<T[]> {
  let count = 0;
  let after: Position | undefined;
  do {
    const page = await read({ limit: 1000, after });
    count += page.items.length;
    if (count > most)
      throw outOfRange(`must be later: more than ${most} rows would have to be read`, narrowedBy);
    yield page.items;
    after = page.next ?? undefined;
  } while (after);
}

/** The same at once. */
export async function whole<T>(
  read: (page: PageRequest) => Promise<StoredPage<T>>,
  most: number,
): Promise<T[]> {
  const items: T[] = [];
  for await (const page of wholePages(read, most)) items.push(...page);
  return items;
}

function outOfRange(message: string, path = 'from') {
  return invalid([{ path, code: 'out-of-range', message }]);
}
