import { addDays, type Day } from '../core/day.ts';
import type { Invoice } from './invoice.ts';

/** A scheduled notice about an unpaid invoice, to the owner and the contacts with `invoice` on. */
export interface Notice {
  kind: 'reminder' | 'overdue';
  on: Day;
}

/** A reminder three days before the due day; overdue notices one day and one week after it. */
export function noticesOf(dueOn: Day): Notice[] {
  return [
    { kind: 'reminder', on: addDays(dueOn, -3) },
    { kind: 'overdue', on: addDays(dueOn, 1) },
    { kind: 'overdue', on: addDays(dueOn, 7) },
  ];
}

/** The next notice after a day; null where none is left. An invoice issued late gets no reminder. */
export function noticeAfter({ dueOn }: Pick<Invoice, 'dueOn'>, day: Day): Notice | null {
  return noticesOf(dueOn).find(({ on }) => on > day) ?? null;
}

/** The notice to send today: the latest that is due, however many were missed. */
export function noticeFor({ dueOn }: Pick<Invoice, 'dueOn'>, today: Day): Notice | null {
  return noticesOf(dueOn).findLast(({ on }) => on <= today) ?? null;
}
