import { type Cycle, cycleMonths, nextPeriod } from '../products/product.ts';
import { addMonths, type Day, daysBetween } from '../core/day.ts';

/** Something paid by the period: the amount for a whole one, and how long that is. */
export interface Paid {
  amount: number;
  cycle: Cycle;
}

export interface Proration {
  /** Days of the current period that are left. */
  days: number;
  /** What they cost of the old and of the new, in minor units. */
  unused: number;
  needed: number;
  /** What is to be paid; where it is negative, given back. */
  difference: number;
}

/**
 * The rest of the current period at the old price against the same days at the new one. Both are counted by days of
 * their own period from where the current one began. No more is left than a period: what was given beyond is no money.
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
