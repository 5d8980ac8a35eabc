import { addMonths, type Day } from '../core/day.ts';

/** The billing cycles with their months; `one-time` does not recur. */
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
  /** The kind of product: `hosting`, `internet`, `voice`. */
  kind: string;
  description: string;
  currency: string;
  /** Unit prices in minor units, before tax. */
  prices: { cycle: Cycle; amount: number }[];
  /** A percentage; null where the rules of tax decide. */
  taxRate: string | null;
  /** The class by which the rules of tax name it; null for none. */
  taxClass?: string | null;
  /** Whether it is still sold; existing services of it continue in any case. */
  sold: boolean;
}

/** The price of a product for a cycle, in minor units; undefined if it is not sold with that cycle. */
export function priceOf(product: Product | undefined, cycle: Cycle): number | undefined {
  return product?.sold ? product.prices.find((price) => price.cycle === cycle)?.amount : undefined;
}

/** The first day of the next period, null for `one-time`; `anchor` is the intended day of the month. */
export function nextPeriod(from: Day, cycle: Cycle, anchor: number): Day | null {
  const months = cycleMonths[cycle];
  return months === 0 ? null : addMonths(from, months, anchor);
}
