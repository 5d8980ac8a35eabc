import type { Action, Key, Table } from '../table/table.ts';
import { cycleMonths } from '../products/product.ts';
import type { Day } from '../core/day.ts';
import { share } from './period/proration.ts';
import { type Service, serviceStatus } from './service.ts';

/** The facts of a service that the sums need. */
type Facts = Pick<
  Service,
  'status' | 'startOn' | 'cancelsOn' | 'pausedUntil' | 'price' | 'quantity' | 'cycle'
>;

/** The facts of an account's services by id, in one row, so that a list of accounts need not read them. */
export type ServiceSummary = Record<string, Facts>;

export interface ServiceSums {
  active: number;
  paused: number;
  /** The monthly price of the active services, in minor units before tax; one-time prices count nothing. */
  monthlyCost: number;
}

const keyOf = (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'SERVICE-SUMMARY' });

/** Updates services in the summary of their account: every change of a service writes this too. */
export function summaryUpdate(accountId: string, services: readonly Service[]): Action {
  const live = services.filter(({ status }) => status !== 'cancelled');
  const cancelled = services.filter(({ status }) => status === 'cancelled');
  return {
    update: keyOf(accountId),
    set: Object.fromEntries(live.map((service) => [service.id, factsOf(service)])),
    remove: cancelled.map(({ id }) => id),
  };
}

function factsOf(service: Service): Facts {
  const { status, startOn, cancelsOn, pausedUntil = null, price, quantity, cycle } = service;
  return { status, startOn, cancelsOn, pausedUntil, price, quantity, cycle };
}

/** The summaries of accounts, in the given order; empty where an account never had a service. */
export async function readSummaries(table: Table, accountIds: readonly string[]): Promise<ServiceSummary[]> {
  if (accountIds.length === 0) return [];
  const items = await table.getMany(accountIds.map(keyOf));
  return items.map((item) => {
    const facts = Object.entries(item ?? {}).filter(([name]) => name.startsWith('svc_'));
    return Object.fromEntries(facts) as ServiceSummary;
  });
}

/** The sums on a day: services that start, end or resume by the clock count with their status of that day. */
export function sumsOn(summary: ServiceSummary, today: Day): ServiceSums {
  const sums: ServiceSums = { active: 0, paused: 0, monthlyCost: 0 };
  for (const facts of Object.values(summary)) {
    const status = serviceStatus(facts, today);
    if (status === 'paused') sums.paused += 1;
    if (status !== 'active') continue;
    sums.active += 1;
    sums.monthlyCost += share(facts.price * facts.quantity, 1, cycleMonths[facts.cycle]);
  }
  return sums;
}
