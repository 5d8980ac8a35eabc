import { type Action, absent, equals, type Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';
import { type BookDay, bookDay, requireOpen } from './ledger/book-day.ts';

/** Documents with numbers of their own, and what stands before the year. */
const series = { invoice: '', 'credit-note': 'CN-', receipt: 'R-' } as const;
export type Series = keyof typeof series;

/** Takes the next numbers of the year's series for one transaction. */
export interface Numbers {
  /**
   * The next number, with the increment of its counter: both are written in the document's transaction, so that numbers
   * have no gaps. The increment comes with the first number of a series and counts those that are taken later as well.
   * The transaction fails where another document took the number: read and decide again.
   * @throws Problem `conflict` where the books are closed on the documents' day
   */
  next(of: Series): Promise<{ number: string; actions: Action[] }>;
  /** The day of the documents, on which they are booked. */
  bookDay(now: Date): Promise<BookDay>;
}

const counterNames: Record<Series, string> = {
  invoice: 'INVOICE',
  'credit-note': 'CREDIT-NOTE',
  receipt: 'RECEIPT',
};

export function numbersOf(table: Table, today: Day): Numbers {
  const year = today.slice(0, 4);
  const taken = new Map<Series, { last: number }>();
  const numberOf = (of: Series, count: number) => `${series[of]}${year}-${String(count).padStart(5, '0')}`;
  return {
    bookDay: (now) => bookDay(table, now, today),
    async next(of) {
      const counter = taken.get(of);
      if (counter) {
        counter.last += 1;
        return { number: numberOf(of, counter.last), actions: [] };
      }
      await requireOpen(table, today);
      const key = { pk: 'NUMBERS', sk: `${counterNames[of]}#${year}` };
      const last = Number((await table.get(key))?.['last'] ?? 0);
      const next = { last: last + 1 };
      taken.set(of, next);
      const action: Action =
        last === 0
          ? { put: Object.assign(next, key), when: absent }
          : { update: key, set: next, when: equals({ last }) };
      return { number: numberOf(of, next.last), actions: [action] };
    },
  };
}
