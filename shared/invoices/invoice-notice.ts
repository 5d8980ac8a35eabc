import { addDays, type Day } from '../core/day.ts';
import type { Invoice } from './invoice.ts';

/** What the owner and the contacts with `invoice` on are told of an unpaid invoice by the clock. */
export interface Notice {
  kind: 'reminder' | 'overdue';
  on: Day;
}

/** A reminder before the due day; overdue on the day after it and a week after it. */
export function noticesOf(dueOn: Day): Notice[] {
  return [
    { kind: 'reminder', on: addDays(dueOn, -3) },
    { kind: 'overdue', on: addDays(dueOn, 1) },
    { kind: 'overdue', on: addDays(dueOn, 7) },
  ];
}

/** The next notice after a day; null where all were given. An invoice issued late has no reminder to come. */
export function noticeAfter({ dueOn }: Pick<Invoice, 'dueOn'>, day: Day): Notice | null {
  return noticesOf(dueOn).find(({ on }) => on > day) ?? null;
}

/** The notice to give today: the latest that is due, however many were missed. */
export function noticeFor({ dueOn }: Pick<Invoice, 'dueOn'>, today: Day): Notice | null {
  return noticesOf(dueOn).findLast(({ on }) => on <= today) ?? null;
}
