import { addMonths, type Day } from '../core/day.ts';

/** How often a product is paid for, and for how many months; `one-time` once. */
export const cycleMonths = {
  'one-time': 0,
  monthly: 1,
  quarterly: 3,
  'semi-annually': 6,
  annually: 12,
  biennially: 24,
  triennially: 36,
} as const;

export type Cycle = keyof typeof cycleMonths;
export const cycles = Object.keys(cycleMonths) as [Cycle, ...Cycle[]];

export interface Product {
  id: string;
  name: string;
  /** What sort of thing it is: `hosting`, `internet`, `voice`. */
  kind: string;
  description: string;
  currency: string;
  /** Minor units for one, before tax. */
  prices: { cycle: Cycle; amount: number }[];
  /** A percentage; null for the provider's default. */
  taxRate: string | null;
  /** Whether it is sold still; services of it go on. */
  sold: boolean;
}

/** The price of a product for a cycle; undefined where it is not sold so. */
export function priceOf(product: Product | undefined, cycle: Cycle): number | undefined {
  return product?.sold ? product.prices.find((price) => price.cycle === cycle)?.amount : undefined;
}

/** The day on which the period after this one begins; `anchor` is the day of the month that is meant. */
export function nextPeriod(from: Day, cycle: Cycle, anchor: number): Day | null {
  const months = cycleMonths[cycle];
  return months === 0 ? null : addMonths(from, months, anchor);
}
