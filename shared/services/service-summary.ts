import type { Action, Key, Table } from '../table/table.ts';
import { cycleMonths } from '../products/product.ts';
import type { Day } from '../core/day.ts';
import { share } from './proration.ts';
import { type Service, serviceStatus } from './service.ts';

/** What sums over an account's services have to know of one. */
type Facts = Pick<
  Service,
  'status' | 'startOn' | 'cancelsOn' | 'pausedUntil' | 'price' | 'quantity' | 'cycle'
>;

/** An account's services in one row, so that a list of accounts need not read them: their facts by their ids. */
export type ServiceSummary = Record<string, Facts>;

export interface ServiceSums {
  active: number;
  paused: number;
  /** What the active ones cost a month, in minor units before tax; what is paid once costs nothing a month. */
  monthlyCost: number;
}

const keyOf = (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'SERVICE-SUMMARY' });

/** Brings services of one account into its summary as they are from now on: whatever changes one writes this too. */
export function summarised(accountId: string, services: readonly Service[]): Action {
  const live = services.filter(({ status }) => status !== 'cancelled');
  const gone = services.filter(({ status }) => status === 'cancelled');
  return {
    update: keyOf(accountId),
    set: Object.fromEntries(live.map((service) => [service.id, factsOf(service)])),
    remove: gone.map(({ id }) => id),
  };
}

function factsOf(service: Service): Facts {
  const { status, startOn, cancelsOn, pausedUntil = null, price, quantity, cycle } = service;
  return { status, startOn, cancelsOn, pausedUntil, price, quantity, cycle };
}

/** The summaries of accounts, in their order; empty where an account never had a service. */
export async function readSummaries(table: Table, accountIds: readonly string[]): Promise<ServiceSummary[]> {
  if (accountIds.length === 0) return [];
  const items = await table.getMany(accountIds.map(keyOf));
  return items.map((item) => {
    const facts = Object.entries(item ?? {}).filter(([name]) => name.startsWith('svc_'));
    return Object.fromEntries(facts) as ServiceSummary;
  });
}

/** The sums on a day: what starts, ends or resumes by the clock is counted as it is then. */
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
