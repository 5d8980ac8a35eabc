import type { Day } from '../core/day.ts';

/** A paid renewal to be submitted to the registrar: one for each domain and expiry to extend. */
export interface RenewalWork {
  domainId: string;
  accountId: string;
  /** The account that paid, which is credited if the renewal fails. */
  payerId?: string;
  name: string;
  years: number;
  /** The expiry that is extended. */
  expiresOn: Day;
  invoiceId: string;
  /** The index of its line on that invoice, from 0. */
  lineIndex: number;
  /** The price paid, tax included, in minor units: the amount credited if it fails for good. */
  paid: number;
  currency: string;
  /** `asked`: the registrar was called, and the outcome is unknown. */
  status: 'waiting' | 'asked' | 'done' | 'failed';
  attempts: number;
  /** The time of the next attempt. */
  dueAt: string;
  createdAt: string;
  version: string;
}

/** After this many attempts the payer is credited: about two days, by the delays below. */
export const mostAttempts = 20;

/** The delay before the next attempt: a minute, doubling to four hours. */
export function retryDelayMs(attempts: number): number {
  return Math.min(4 * 60 * 60_000, 60_000 * 2 ** Math.min(attempts, 10));
}
