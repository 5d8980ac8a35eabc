import type { Money } from '../core/money.ts';
import { addYears, type Day, daysBetween } from '../core/day.ts';
import { type Domain, type DomainStatus, type Periods, statusOn, usualPeriods } from './domain.ts';

/** What renewals of a TLD cost in a currency, in minor units before tax. */
export interface CurrencyPrice {
  /** Prices by number of years; a missing number cannot be chosen. */
  years: Record<string, number>;
  graceFee: number;
  redemptionFee: number;
}

/** The renewal prices of a TLD from a day on. */
export interface DomainPrice extends Periods {
  tld: string;
  /** By currency; in another one it is not sold. */
  prices: Record<string, CurrencyPrice>;
  /** The first day of validity; null for no start. */
  from: Day | null;
  minYears: number;
  maxYears: number;
  /** A domain is never registered for more than this many years from today. */
  maxTermYears: number;
  /** How many days before its expiry a domain can be renewed. */
  maxAdvanceDays: number;
}

export const mostYears = 10;

/** The class of product by which the rules of tax name renewals of domains. */
export const domainTaxClass = 'domains';

/** The price valid on a day; `prices` may be in any order. */
export function priceOn(prices: readonly DomainPrice[], day: Day): DomainPrice | undefined {
  return prices
    .filter(({ from }) => from === null || from <= day)
    .toSorted((a, b) => ((a.from ?? '') < (b.from ?? '') ? -1 : 1))
    .at(-1);
}

/** The next price after a day. */
export function priceAfter(prices: readonly DomainPrice[], day: Day): DomainPrice | undefined {
  return prices
    .filter(({ from }) => from !== null && from > day)
    .toSorted((a, b) => (a.from! < b.from! ? -1 : 1))[0];
}

export interface RenewalOption {
  years: number;
  price: Money;
  graceFee?: Money;
  redemptionFee?: Money;
  total: Money;
  /** If the price changes: from which day, and the new total. */
  changesOn?: Day;
  totalThen?: Money;
}

export type NotRenewable = 'too-early' | 'past-redemption' | 'not-renewable';

export interface Renewal {
  status: DomainStatus;
  daysUntilExpiry: number;
  renewable: boolean;
  reason?: NotRenewable;
  options: RenewalOption[];
}

/** How a domain can be renewed on a day: for how many years and at which price in a currency, or why not. */
export function renewalOf(
  domain: Domain,
  prices: readonly DomainPrice[],
  currency: string,
  today: Day,
): Renewal {
  const price = priceOn(prices, today);
  const status = statusOn(domain, price ?? usualPeriods, today);
  const daysUntilExpiry = daysBetween(today, domain.expiresOn);
  const notRenewable = (reason: NotRenewable): Renewal => ({
    status,
    daysUntilExpiry,
    renewable: false,
    reason,
    options: [],
  });
  if (status === 'cancelled' && domain.state === 'registered') return notRenewable('past-redemption');
  if (!['active', 'expired', 'redemption'].includes(status)) return notRenewable('not-renewable');
  // Its renewal was paid and is being submitted to the registrar.
  if (domain.paidFor !== null) return notRenewable('not-renewable');
  const now = price?.prices[currency];
  if (!price || !now) return notRenewable('not-renewable');
  if (daysUntilExpiry > price.maxAdvanceDays) return notRenewable('too-early');
  const next = priceAfter(prices, today);
  const priced = { currency, now, next: next?.prices[currency], nextFrom: next?.from ?? null };
  const latestExpiry = addYears(today, price.maxTermYears);
  const options: RenewalOption[] = [];
  for (let years = price.minYears; years <= Math.min(price.maxYears, mostYears); years++) {
    if (now.years[years] === undefined || addYears(domain.expiresOn, years) > latestExpiry) continue;
    options.push(optionOf(priced, years, status));
  }
  return options.length > 0
    ? { status, daysUntilExpiry, renewable: true, options }
    : notRenewable('not-renewable');
}

/** A price in one currency, and the one that follows it there from a day on. */
interface Priced {
  currency: string;
  now: CurrencyPrice;
  next: CurrencyPrice | undefined;
  nextFrom: Day | null;
}

function optionOf(
  { currency, now, next, nextFrom }: Priced,
  years: number,
  status: DomainStatus,
): RenewalOption {
  const money = (amount: number): Money => ({ amount, currency });
  const fee = feeOf(now, status);
  const amount = now.years[years]!;
  const nextAmount = next?.years[years];
  return {
    years,
    price: money(amount),
    ...(status === 'expired' ? { graceFee: money(fee) } : {}),
    ...(status === 'redemption' ? { redemptionFee: money(fee) } : {}),
    total: money(amount + fee),
    ...(next && nextAmount !== undefined && nextAmount + feeOf(next, status) !== amount + fee
      ? { changesOn: nextFrom!, totalThen: money(nextAmount + feeOf(next, status)) }
      : {}),
  };
}

function feeOf({ graceFee, redemptionFee }: CurrencyPrice, status: DomainStatus): number {
  if (status === 'expired') return graceFee;
  return status === 'redemption' ? redemptionFee : 0;
}
