import { addMonths, type Day } from '../core/day.ts';
import type { Money } from '../core/money.ts';

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
  /** For one, before tax: each cycle at most once in each currency. */
  prices: { cycle: Cycle; price: Money }[];
  /** A percentage; null where the rules of tax decide. */
  taxRate: string | null;
  /** The class by which the rules of tax name it; null for none. */
  taxClass?: string | null;
  /** Whether it is still sold; existing services of it continue in any case. */
  sold: boolean;
}

/** The price of a product for a cycle, in minor units; undefined if it is not sold with that cycle in that currency. */
export function priceOf(product: Product | undefined, cycle: Cycle, currency: string): number | undefined {
  if (!product?.sold) return undefined;
  return product.prices.find((one) => one.cycle === cycle && one.price.currency === currency)?.price.amount;
}

/** Whether a product has a price in a currency, for whichever cycle. */
export function isSoldIn({ sold, prices }: Product, currency: string): boolean {
  return sold && prices.some(({ price }) => price.currency === currency);
}

/** The first day of the next period, null for `one-time`; `anchor` is the intended day of the month. */
export function nextPeriod(from: Day, cycle: Cycle, anchor: number): Day | null {
  const months = cycleMonths[cycle];
  return months === 0 ? null : addMonths(from, months, anchor);
}
