import { addDays, type Day, daysBetween } from '../core/day.ts';
import type { Renewable } from '../schedule/steps.ts';

/** A domain name that the provider manages for a client. */
export interface Domain {
  id: string;
  accountId: string;
  /** Lower case, without a trailing dot. */
  name: string;
  /** The part of its status that does not follow from the dates. */
  state: 'pending' | 'registered' | 'cancelled' | 'transferred-away';
  registeredOn: Day;
  /** The last day on which it is active. */
  expiresOn: Day;
  /** When its renewal is due: its expiry, unless staff set another day. */
  nextDueOn: Day;
  autoRenew: boolean;
  locked: boolean;
  nameservers: string[];
  /** The due day that was invoiced, and the invoice: no day is invoiced twice. */
  invoicedFor: Day | null;
  invoiceId: string | null;
  /** The account that the invoice is for, if not the domain's own. */
  billedTo?: string | null;
  /** The due day whose renewal was paid and handed to the registrar. */
  paidFor: Day | null;
  /** The latest reminder sent, by the due day and the days until it: `2026-03-15 -7`. */
  reminded: string | null;
  /** When the registration was last checked at the registrar. */
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

/** The days that a registry grants after expiry, by TLD. */
export interface Periods {
  graceDays: number;
  redemptionDays: number;
}

/** The periods of nearly all registries, for a TLD without prices. */
export const usualPeriods: Periods = { graceDays: 30, redemptionDays: 30 };

/**
 * The status on a day, from the dates alone: active through the day of expiry, expired during the grace days, then in
 * redemption, then cancelled.
 */
export function statusOn({ state, expiresOn }: Domain, periods: Periods, today: Day): DomainStatus {
  if (state !== 'registered') return state;
  const days = daysBetween(expiresOn, today);
  if (days <= 0) return 'active';
  if (days <= periods.graceDays) return 'expired';
  return days <= periods.graceDays + periods.redemptionDays ? 'redemption' : 'cancelled';
}

/** The last day on which the domain can still be renewed. */
export function lastDay({ expiresOn }: Domain, { graceDays, redemptionDays }: Periods): Day {
  return addDays(expiresOn, graceDays + redemptionDays);
}

/** An expiry that moves by less is the same term: a renewal is for a term, whichever day it was known by. */
const termDays = 45;

export function isSameTerm(one: Day, other: Day): boolean {
  return Math.abs(daysBetween(one, other)) < termDays;
}

/** The first and last day by which the term that ends about this day may be known. */
export function termAround(day: Day): { from: Day; to: Day } {
  return { from: addDays(day, 1 - termDays), to: addDays(day, termDays - 1) };
}

/** The domain as the renewals job sees it. */
export function renewableDomain(domain: Domain): Renewable {
  const { id, name, accountId, autoRenew, invoicedFor, paidFor, reminded } = domain;
  const nextDueOn = domain.state === 'registered' ? domain.nextDueOn : null;
  return { kind: 'domain', id, name, accountId, nextDueOn, autoRenew, invoicedFor, paidFor, reminded };
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** A host name of at least two labels, in lower case. */
export const hostName = new RegExp(`^(?=.{4,253}$)(?:${label}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$`);

/** The part after the first dot: `co.uk` for `example.co.uk`. */
export function tldOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
