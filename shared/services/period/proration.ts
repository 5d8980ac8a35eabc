import { type Cycle, cycleMonths, nextPeriod } from '../../products/product.ts';
import { addMonths, type Day, daysBetween } from '../../core/day.ts';

/** A price per period: the amount for a whole period, and its length. */
export interface Paid {
  amount: number;
  cycle: Cycle;
}

export interface Proration {
  /** Days left of the current period. */
  days: number;
  /** Their price under the old and the new terms, in minor units. */
  unused: number;
  needed: number;
  /** To be paid if positive, credited if negative. */
  difference: number;
}

/**
 * The rest of the current period at the old price against the same days at the new one. Both are counted in days of
 * their own period from the start of the current one. At most one period is left: free days beyond it are worth no
 * money.
 */
export function prorated(
  from: Paid,
  to: Paid,
  { nextDueOn, anchorDay, today }: { nextDueOn: Day; anchorDay: number; today: Day },
): Proration {
  const begins = addMonths(nextDueOn, -cycleMonths[from.cycle], anchorDay);
  const daysOf = ({ cycle }: Paid): number =>
    daysBetween(begins, nextPeriod(begins, cycle, anchorDay) ?? begins);
  const period = daysBetween(begins, nextDueOn);
  const days = Math.min(Math.max(daysBetween(today, nextDueOn), 0), period);
  const unused = share(from.amount, days, period);
  const needed = share(to.amount, days, to.cycle === from.cycle ? period : daysOf(to));
  return { days, unused, needed, difference: needed - unused };
}

/** `amount` × `part` / `whole`, rounded half away from zero. */
export function share(amount: number, part: number, whole: number): number {
  if (part === 0 || whole === 0) return 0;
  const [product, of] = [BigInt(amount) * BigInt(part), BigInt(whole)];
  const magnitude = product < 0n ? -product : product;
  const up = Number((2n * magnitude + of) / (2n * of));
  return product < 0n ? -up : up;
}
