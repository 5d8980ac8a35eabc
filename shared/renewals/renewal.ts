import type { Day } from '../core/day.ts';

/** One paid renewal on its way to the registrar: there is one for a domain and the expiry that it extends. */
export interface RenewalWork {
  domainId: string;
  accountId: string;
  /** Who paid for it, and gets it back as credit where it fails. */
  payerId?: string;
  name: string;
  years: number;
  /** The expiry that is extended. */
  expiresOn: Day;
  invoiceId: string;
  /** Its line on that invoice, counted from 0. */
  lineIndex: number;
  /** What the client paid for it, tax included, in minor units: what goes back where it fails for good. */
  paid: number;
  currency: string;
  /** `asked`: the registrar was told, and nobody knows yet what it did. */
  status: 'waiting' | 'asked' | 'done' | 'failed';
  attempts: number;
  /** Nobody else tries before. */
  dueAt: string;
  createdAt: string;
  version: string;
}

/** After so many tries the client gets the money back: about two days, by the delays below. */
export const mostAttempts = 20;

/** How long until the next try: a minute doubling to four hours. */
export function retryDelayMs(attempts: number): number {
  return Math.min(4 * 60 * 60_000, 60_000 * 2 ** Math.min(attempts, 10));
}
