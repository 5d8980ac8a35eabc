import type Stripe from 'stripe';
import type { Money } from '../../../core/money.ts';
import type { Clock } from '../../../core/clock.ts';

export interface StripeOptions {
  secretKey: string;
  webhookSecret: string;
  /** The API's address, if not Stripe's: for tests. */
  api?: { protocol: 'http' | 'https'; host: string; port: number };
  timeoutMs?: number;
  clock?: Clock;
}

export type Ask = <T>(call: (stripe: Stripe) => Promise<T>) => Promise<T>;

/** Stripe certainly did not carry out the request. */
export class Refusal extends Error {}
/** The key was used with other parameters, such as another expiry when a start is repeated later. */
export class KeyInUse extends Error {}

/*
 * Stripe counts in the minor units of ISO 4217 (docs.stripe.com/currencies) with these exceptions. ISK and UGX have no
 * decimals and are counted in hundredths all the same. Amounts with three decimals have to end in a zero. HUF and TWD
 * are whole in payouts only. Stripe does not take the currencies of the last set, or counts them otherwise than our
 * minor units.
 */
const countedInHundredths = new Set(['ISK', 'UGX']);
const threeDecimals = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);
const notTaken = new Set(['CLF', 'IQD', 'LYD', 'MGA', 'MRU', 'UYI', 'UYW']);

/** The least that Stripe charges, in our minor units: docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const least: Record<string, number> = {
  AED: 200,
  AUD: 50,
  BGN: 100,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  INR: 50,
  JPY: 50,
  MXN: 1000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1000,
  USD: 50,
};
/** The most in Stripe's units: eight digits, in a few currencies more. */
const most = 99_999_999;

/** Whether Stripe takes exactly this amount. */
export function stripeTakes(money: Money): boolean {
  const amount = toStripe(money);
  return amount !== null && amount <= most && money.amount >= (least[money.currency] ?? 1);
}

/** The amount in Stripe's units, or null where Stripe does not take it. */
export function toStripe({ amount, currency }: Money): number | null {
  if (amount <= 0 || notTaken.has(currency)) return null;
  if (threeDecimals.has(currency) && amount % 10 !== 0) return null;
  return countedInHundredths.has(currency) ? amount * 100 : amount;
}

export function fromStripe(amount: number, code: string): Money {
  const currency = code.toUpperCase();
  const ours = countedInHundredths.has(currency) ? Math.round(amount / 100) : amount;
  if (!Number.isSafeInteger(ours)) throw new Error('Stripe answered with an amount that is none');
  return { amount: ours, currency };
}

/** The library is large, and other gateways share the bundle: it is loaded on first use. */
export function stripeClient({ secretKey, api, timeoutMs = 8000 }: StripeOptions): Ask {
  const load = async () => {
    const { default: Library } = await import('stripe');
    // The caller repeats, with the same key; the library's own retries would outlast the request.
    return new Library(secretKey, { maxNetworkRetries: 0, timeout: timeoutMs, telemetry: false, ...api });
  };
  let loaded: Promise<Stripe> | undefined;
  return async (call) => {
    const stripe = await (loaded ??= load());
    try {
      return await call(stripe);
    } catch (error) {
      throw describedError(error);
    }
  };
}

/** The library's errors hold headers, bodies and parts of the key: only what names the failure is passed on. */
function describedError(error: unknown): Error {
  const { type, code, statusCode, requestId } = error as Partial<Stripe.errors.StripeError>;
  const details = [code ?? type ?? (error as Error).name, statusCode, requestId].filter(Boolean).join(', ');
  // 400 and 404. Rate limits and concurrent requests have other types.
  if (type === 'StripeInvalidRequestError') return new Refusal(`Stripe refused it (${details})`);
  if (type === 'StripeIdempotencyError') return new KeyInUse(`Stripe has the key in use (${details})`);
  return new Error(`Stripe gave no certain answer (${details})`);
}
