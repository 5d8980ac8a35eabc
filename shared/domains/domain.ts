import { addDays, type Day, daysBetween } from '../core/day.ts';
import type { Renewing } from '../schedule/steps.ts';

/** A domain name that the provider keeps registered for a client. */
export interface Domain {
  id: string;
  accountId: string;
  /** In lower case, without a dot at its end. */
  name: string;
  /** What of its status the clock does not tell. */
  state: 'pending' | 'registered' | 'cancelled' | 'transferred-away';
  registeredOn: Day;
  /** The last day on which it is active. */
  expiresOn: Day;
  /** When its renewal is due: the day it expires, unless staff set another. */
  nextDueOn: Day;
  autoRenew: boolean;
  locked: boolean;
  nameservers: string[];
  /** The due day that was invoiced, and the invoice: nothing is invoiced twice for one day. */
  invoicedFor: Day | null;
  invoiceId: string | null;
  /** Whose invoice it is, where that is not the account's own. */
  billedTo?: string | null;
  /** The due day whose renewal was paid and handed to the registrar. */
  paidFor: Day | null;
  /** The latest reminder that was given, by the due day and the days until it: `2026-03-15 -7`. */
  reminded: string | null;
  /** When the registrar was last asked how it stands. */
  checkedAt: string;
  version: string;
  createdAt: string;
}

export type DomainStatus = 'pending' | 'active' | 'expired' | 'redemption' | 'cancelled' | 'transferred-away';

export const domainStatuses: readonly DomainStatus[] = [
  'pending',
  'active',
  'expired',
  'redemption',
  'cancelled',
  'transferred-away',
];

/** The days that a registry gives after expiry, by its TLD. */
export interface Periods {
  graceDays: number;
  redemptionDays: number;
}

/** A TLD without prices: the days that nearly all registries give. */
export const usualPeriods: Periods = { graceDays: 30, redemptionDays: 30 };

/**
 * The status on a day, from the dates alone: active up to and on the day it expires, expired for the days of grace,
 * then in redemption, then gone.
 */
export function statusOn({ state, expiresOn }: Domain, periods: Periods, today: Day): DomainStatus {
  if (state !== 'registered') return state;
  const days = daysBetween(expiresOn, today);
  if (days <= 0) return 'active';
  if (days <= periods.graceDays) return 'expired';
  return days <= periods.graceDays + periods.redemptionDays ? 'redemption' : 'cancelled';
}

/** The last day on which a renewal can still save it. */
export function lastDay({ expiresOn }: Domain, { graceDays, redemptionDays }: Periods): Day {
  return addDays(expiresOn, graceDays + redemptionDays);
}

/** The domain as the renewals job sees it. */
export function renewingDomain(domain: Domain): Renewing {
  const { id, name, accountId, autoRenew, invoicedFor, paidFor, reminded } = domain;
  const nextDueOn = domain.state === 'registered' ? domain.nextDueOn : null;
  return { kind: 'domain', id, name, accountId, nextDueOn, autoRenew, invoicedFor, paidFor, reminded };
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** A host name of at least two labels, in lower case. */
export const hostName = new RegExp(`^(?=.{4,253}$)(?:${label}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$`);

/** What stands behind the first dot: `example.co.uk` is of `co.uk`. */
export function tldOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
