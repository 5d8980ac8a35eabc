import type * as Sdk from '@paypal/paypal-server-sdk';
import * as z from 'zod/mini';
import { decimalText, type Money } from '../../../core/money.ts';

export interface PayPalClientOptions {
  clientId: string;
  clientSecret: string;
  environment: 'live' | 'sandbox';
  /** The API's address, if not PayPal's: for tests. */
  baseUrl?: string | undefined;
  timeoutMs: number;
}

export interface Api {
  sdk: typeof Sdk;
  orders: Sdk.OrdersController;
  payments: Sdk.PaymentsController;
  /** Reads what the library has no names for. */
  get(path: string, query?: Record<string, string>): Promise<{ result: unknown }>;
}

export type Ask = <T>(call: (api: Api) => Promise<{ result: T }>) => Promise<T>;

/** PayPal certainly did not carry out the request. */
export class Refusal extends Error {
  readonly status: number;
  readonly issue: string;
  constructor(status: number, issue: string, details: string) {
    super(`PayPal refused it (${details})`);
    this.status = status;
    this.issue = issue;
  }
}

/** The same key was used for another request, or is in use right now. */
const ambiguousIssues = new Set([
  'DUPLICATE_REQUEST_ID',
  'PREVIOUS_REQUEST_IN_PROGRESS',
  'DUPLICATE_INVOICE_ID',
]);

/** The library is large, and other gateways share the bundle: it is loaded on first use. */
async function connect(options: PayPalClientOptions): Promise<Api> {
  const { clientId, clientSecret, environment, baseUrl, timeoutMs } = options;
  const sdk = await import('@paypal/paypal-server-sdk');
  /** The library only knows PayPal's own addresses: requests to another one are rewritten. */
  class RedirectedClient extends sdk.Client {
    override getRequestBuilderFactory() {
      const make = super.getRequestBuilderFactory();
      if (baseUrl === undefined) return make;
      return (...args: Parameters<typeof make>) => {
        const builder = make(...args);
        builder.interceptRequest((request) => ({
          ...request,
          url: request.url.replace(/^https:\/\/[^/]+/, baseUrl),
        }));
        return builder;
      };
    }
  }
  const client = new RedirectedClient({
    environment: environment === 'live' ? sdk.Environment.Production : sdk.Environment.Sandbox,
    clientCredentialsAuthCredentials: {
      oAuthClientId: clientId,
      oAuthClientSecret: clientSecret,
      // A token is renewed a minute before it expires, so that it does not expire in flight.
      oAuthClockSkew: 60,
    },
    timeout: timeoutMs,
  });
  const request = client.getRequestBuilderFactory();
  return {
    sdk,
    orders: new sdk.OrdersController(client),
    payments: new sdk.PaymentsController(client),
    async get(path, query = {}) {
      const asked = request('GET', path);
      for (const [name, value] of Object.entries(query)) asked.query(name, value);
      asked.header('Accept', 'application/json');
      asked.throwOn([400, 599], sdk.CustomError, 'The error response.');
      asked.authenticate([{ oauth2: true }]);
      return { result: JSON.parse((await asked.callAsText()).result) as unknown };
    },
  };
}

/** Calls PayPal with its library, without retries: the caller repeats, with the same key. */
export function payPalClient(options: PayPalClientOptions): Ask {
  let api: Promise<Api> | undefined;
  return async (call) => {
    try {
      api ??= connect(options);
      return (await call(await api)).result;
    } catch (error) {
      const failure = describedError(error);
      // After a failed token request the library never makes another, and it reuses a revoked token.
      if (!(failure instanceof Refusal)) api = undefined;
      throw failure;
    }
  };
}

/** PayPal's form of a refusal: developer.paypal.com/api/rest/responses. */
const refusal = z.object({
  name: z.string(),
  debug_id: z.optional(z.string()),
  details: z.optional(z.array(z.object({ issue: z.string() }))),
});

/** The library's errors hold the request with its credentials: only what names the failure is passed on. */
function describedError(error: unknown): Error {
  const { statusCode = 0, result, name, code } = error as Partial<Sdk.CustomError> & { code?: string };
  const { data } = refusal.safeParse(result);
  const issue = data?.details?.[0]?.issue ?? data?.name ?? code ?? name ?? '';
  const details = [issue, statusCode, data?.debug_id].filter(Boolean).join(', ');
  const isCertain = data !== undefined && [400, 404, 422].includes(statusCode) && !ambiguousIssues.has(issue);
  if (isCertain) return new Refusal(statusCode, issue, details);
  return new Error(`PayPal gave no certain answer (${details})`);
}

/** developer.paypal.com/api/rest/reference/currency-codes */
const currencies =
  /^(AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|ILS|JPY|MXN|MYR|NOK|NZD|PHP|PLN|SEK|SGD|THB|TWD|USD)$/;
/** Without decimals at PayPal, but with decimals in ISO 4217. */
const withoutDecimals = new Set(['HUF', 'TWD']);

/** The amount in PayPal's form, or null where PayPal does not take it. */
export function toPayPal({ amount, currency }: Money): Sdk.Money | null {
  if (amount <= 0 || !currencies.test(currency)) return null;
  const value = decimalText({ amount, currency });
  if (!withoutDecimals.has(currency)) return { currencyCode: currency, value };
  return value.endsWith('.00') ? { currencyCode: currency, value: value.slice(0, -3) } : null;
}

export function fromPayPal({ currencyCode: currency, value }: Sdk.Money): Money {
  const decimals = decimalText({ amount: 0, currency }).split('.')[1]?.length ?? 0;
  const [, units, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(value) ?? [];
  if (units === undefined || !/^0*$/.test(fraction.slice(decimals))) {
    throw new Error('PayPal answered with an amount that is none');
  }
  return { amount: Number(units + fraction.slice(0, decimals).padEnd(decimals, '0')), currency };
}
