import { addDays, type Day, dayIn } from '../../shared/core/day.ts';
import { invalid } from '../../shared/core/problem.ts';
import type { Settings } from '../../shared/settings/settings.ts';

/** What began before midnight, and is dated on that day, is over by then. */
const graceMs = 60 * 60 * 1000;

/** The last day that may be closed: yesterday, from an hour after midnight on. */
export function lastClosable(timeZone: string, now: Date): Day {
  return addDays(dayIn(timeZone, new Date(now.getTime() - graceMs)), -1);
}

/**
 * Books are closed up to yesterday at most, so that nothing is stopped that is dated today; nor may another time zone make
 * a closed day today again.
 * @throws Problem where the settings would close today
 */
export function requireTodayOpen(before: Settings, after: Settings, now: Date): void {
  const { timeZone, 'books.closedUntil': closedUntil } = after;
  const isChanged = closedUntil !== before['books.closedUntil'] || timeZone !== before.timeZone;
  const last = lastClosable(timeZone, now);
  if (closedUntil === null || !isChanged || closedUntil <= last) return;
  const isClosing = closedUntil !== before['books.closedUntil'];
  const [path, message] = isClosing
    ? ['books.closedUntil', `must be ${last} or earlier, a day that is over`]
    : ['timeZone', `must be one in which ${closedUntil} is over, until which the books are closed`];
  throw invalid([{ path, code: isClosing ? 'out-of-range' : 'not-allowed', message }]);
}
