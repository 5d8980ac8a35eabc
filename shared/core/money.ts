import { allocate, type DineroCurrency, dinero, toDecimal } from 'dinero.js/bigint';
import * as currencies from 'dinero.js/bigint/currencies';

/** An amount in minor units of an ISO 4217 currency: `{ amount: 12050, currency: 'GBP' }` is £120.50. */
export interface Money {
  amount: number;
  currency: string;
}

/** The largest amount accepted, in minor units: a thousand of them still add up exactly. */
export const largestAmount = 1_000_000_000_000;

const byCode = new Map<string, DineroCurrency<bigint>>(
  // Excludes the two currencies whose subunit is a fifth: no gateway takes them, and they have no decimal notation.
  Object.values(currencies)
    .filter((currency) => currency.base === 10n)
    .map((currency) => [currency.code, currency]),
);

export const isCurrency = (code: string): boolean => byCode.has(code);

/** @throws Error for a code that is not in ISO 4217 */
function currencyOf(code: string): DineroCurrency<bigint> {
  const known = byCode.get(code);
  if (!known) throw new Error(`Unknown currency ${code}`);
  return known;
}

/** For display, in major units with the currency's own decimals: `120.50 GBP`. */
export function moneyText({ amount, currency }: Money): string {
  return `${decimalText({ amount, currency })} ${currency}`;
}

/** In major units, with the currency's own decimals: `120.50`; JPY has none. */
export function decimalText({ amount, currency }: Money): string {
  return toDecimal(dinero({ amount: BigInt(amount), currency: currencyOf(currency) }));
}

/** Splits an amount by weights so that the parts add up to it exactly; all parts are zero if all weights are. */
export function split({ amount, currency }: Money, weights: readonly number[]): number[] {
  if (weights.every((weight) => weight === 0)) return weights.map(() => 0);
  const whole = dinero({ amount: BigInt(amount), currency: currencyOf(currency) });
  return allocate(whole, weights.map(BigInt)).map((part) => Number(part.toJSON().amount));
}

/** A percentage as a decimal string, such as `17.5`: at most three digits before the point and four after it. */
export const percentagePattern = /^\d{1,3}(\.\d{1,4})?$/;

/** Ten-thousandths of a per cent, so that rates are whole numbers. */
const rateUnit = 10_000n;

function rateOf(percentage: string): bigint {
  const [whole = '0', fraction = ''] = percentage.split('.');
  return BigInt(whole) * rateUnit + BigInt(fraction.padEnd(4, '0'));
}

/** How much of one currency another is worth, as a decimal string: `0.86542`. */
export const exchangeRatePattern = /^(?=.*[1-9])\d{1,7}(\.\d{1,8})?$/;

/** The amount in another currency, in minor units, where one unit of its own is `rate` of the other; half away from zero. */
export function convert({ amount, currency }: Money, to: string, rate: string): number {
  const [whole = '0', fraction = ''] = rate.split('.');
  const digits = (code: string) => 10n ** currencyOf(code).exponent;
  const numerator = BigInt(amount) * BigInt(whole + fraction) * digits(to);
  return roundedQuotient(numerator, 10n ** BigInt(fraction.length) * digits(currency));
}

/** Rounds `numerator / denominator` half away from zero to a whole number. */
function roundedQuotient(numerator: bigint, denominator: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const up = (2n * magnitude + denominator) / (2n * denominator);
  return Number(numerator < 0n ? -up : up);
}

/** The tax on a net amount, rounded half away from zero to the minor unit. */
export function taxOn(netAmount: number, percentage: string): number {
  return roundedQuotient(BigInt(netAmount) * rateOf(percentage), 100n * rateUnit);
}

/** The tax that a gross amount contains, rounded half away from zero to the minor unit. */
export function taxWithin(grossAmount: number, percentage: string): number {
  const rate = rateOf(percentage);
  return roundedQuotient(BigInt(grossAmount) * rate, 100n * rateUnit + rate);
}
