import { convert } from '../../core/money.ts';
import type { Day } from '../../core/day.ts';

/** Net and tax of one rate, in minor units. */
export interface RateTax {
  rate: string;
  net: number;
  amount: number;
}

/** The net amounts and taxes of a document by rate, in order of first appearance (EN 16931, BG-23). */
export function taxBreakdown(
  lines: readonly { amount: number; taxRate: string; tax: number }[],
  taxIncluded: boolean,
): RateTax[] {
  const byRate = new Map<string, RateTax>();
  for (const { amount, taxRate: rate, tax } of lines) {
    const before = byRate.get(rate) ?? { rate, net: 0, amount: 0 };
    const net = taxIncluded ? amount - tax : amount;
    byRate.set(rate, { rate, net: before.net + net, amount: before.amount + tax });
  }
  return [...byRate.values()];
}

/** The taxes of a document in the currency that the provider accounts for them in (EN 16931, BT-6). */
export interface AccountingTax {
  currency: string;
  /** One unit of the document's currency is so many of this one. */
  exchangeRate: string;
  /** The day from which that rate counts. */
  from: Day;
  taxes: RateTax[];
}

/** From a day on, one unit of the currency is so much of the provider's own. */
interface ExchangeRate {
  currency: string;
  rate: string;
  from: Day;
}

/** Null where the document is in the provider's own currency, or nobody has set a rate for its currency. */
export function accountingTaxOf(
  taxes: readonly RateTax[],
  currency: string,
  { currency: own, rates }: { currency: string; rates: readonly ExchangeRate[] },
  day: Day,
): AccountingTax | null {
  const [current] = rates
    .filter((each) => each.currency === currency && each.from <= day)
    .toSorted((one, other) => (one.from < other.from ? 1 : -1));
  if (own === currency || own === '' || !current) return null;
  return accountingTaxIn({ currency: own, exchangeRate: current.rate, from: current.from }, taxes, currency);
}

/** Taxes in the currency and at the rate of another document, such as the invoice that a note corrects. */
export function accountingTaxIn(
  { currency: own, exchangeRate, from }: Omit<AccountingTax, 'taxes'>,
  taxes: readonly RateTax[],
  currency: string,
): AccountingTax {
  const converted = (amount: number) => convert({ amount, currency }, own, exchangeRate);
  const inOwn = taxes.map(({ rate, net, amount }) => ({
    rate,
    net: converted(net),
    amount: converted(amount),
  }));
  return { currency: own, exchangeRate, from, taxes: inOwn };
}
