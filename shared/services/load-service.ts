import type { InvoiceStore } from '../invoices/invoice-store.ts';
import { isLineFor, withoutLines } from '../invoices/credit-notes/lower-invoice.ts';
import { type Numbers, numbersOf } from '../invoices/numbers.ts';
import type { Day } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';
import { conflict, notFound } from '../core/problem.ts';
import { type RequestContext, requireMatch } from '../http/request.ts';
import { withPayer } from '../accounts/linked.ts';
import type { Account } from '../accounts/people.ts';
import { accountUnchanged, type PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import { actOn } from '../schedule/steps.ts';
import { renewableService, type Service, serviceView } from './service.ts';
import { serviceRow, type ServiceStore } from './service-store.ts';
import { summaryUpdate } from './service-summary.ts';
import { type Change, commit, type WriteContext, type WriteDependencies } from '../write/commit.ts';
import type { Reply } from '../write/idempotency.ts';
import { serviceActivity } from './service-activity.ts';

export interface ServiceDependencies extends WriteDependencies {
  services: ServiceStore;
  people: PeopleStore;
  settings(): Promise<Settings>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

export interface ManageDependencies extends ServiceDependencies {
  invoices: InvoiceStore;
  portalUrl: string;
  providerName: string;
}

/** A service as a request read it, with all that decides what can be done with it. */
export interface LoadedService {
  service: Service;
  account: Account;
  /** The account that is billed: its own, or the main account it is aggregated under. */
  payer: Account;
  settings: Settings;
  today: Day;
  /** The numbers of documents that the request's one transaction makes. */
  numbers: Numbers;
}

/** @throws Problem where it does not exist, or is no longer the version that the caller read */
export async function loadService(
  { services, people, settings, today, table }: ManageDependencies,
  context: Pick<RequestContext, 'accountId' | 'now' | 'ifMatch'>,
  serviceId: string,
): Promise<LoadedService> {
  const { accountId, now } = context;
  const service = await services.get(accountId, serviceId);
  if (!service) throw notFound();
  requireMatch(context, service.version);
  const accounts = await withPayer(people, accountId);
  if (!accounts) throw notFound();
  const day = await today(now);
  return { service, ...accounts, settings: await settings(), today: day, numbers: numbersOf(table, day) };
}

export type Rows = Pick<Change, 'actions' | 'activity' | 'outbox'>;
export const noRows: Rows = { actions: [], activity: [], outbox: [] };

/**
 * Removes the coming period from its unpaid invoice, so that it can be invoiced again as it is by then.
 * @throws Problem where it was paid and the service is not prolonged yet
 */
export async function freeComingPeriod(
  { invoices, people, portalUrl }: ManageDependencies,
  { service, numbers, today }: Pick<LoadedService, 'service' | 'numbers' | 'today'>,
  now: Date,
): Promise<Rows & { freed: Pick<Service, 'invoicedFor' | 'invoiceId'> }> {
  const { accountId, id, name, invoicedFor, invoiceId, nextDueOn } = service;
  const billedTo = service.billedTo ?? accountId;
  if (invoicedFor === null || invoiceId === null) return { ...noRows, freed: { invoicedFor, invoiceId } };
  const invoice = await invoices.get(billedTo, invoiceId);
  if (invoice?.status === 'paid' && invoicedFor === nextDueOn) {
    throw conflict(`The next period of ${name} was paid just now and is being booked. Please try again.`);
  }
  const billed = (await people.account(billedTo)) ?? { id: billedTo, name: '' };
  const context = { account: billed, numbers, portalUrl, today, now };
  const reason = { key: 'reason.comingPeriod' as const, values: { name } };
  const off = invoice && (await withoutLines(context, invoice, isLineFor('service', id), reason));
  return { ...(off ?? noRows), freed: { invoicedFor: null, invoiceId: null } };
}

/** Saves a service with related rows, and answers it. */
export async function saveServiceChange(
  dependencies: ManageDependencies,
  context: WriteContext,
  { service: before, account, settings, today }: LoadedService,
  changes: Service,
  { action, reason, more }: { action: string; reason?: string | undefined; more: readonly Rows[] },
  answer: Record<string, unknown> = {},
): Promise<Reply> {
  const after = { ...changes, version: newVersion() };
  const reply = { body: { ...serviceView(after, today), ...answer }, version: after.version };
  const due = actOn(renewableService(after), settings.invoiceDaysBefore);
  await commit(dependencies, context, {
    actions: [
      serviceRow(after, before.version, due),
      summaryUpdate(after.accountId, [after]),
      accountUnchanged(account),
      ...more.flatMap((rows) => rows.actions),
    ],
    activity: [
      serviceActivity(action, before, after, today, reason),
      ...more.flatMap((rows) => rows.activity),
    ],
    outbox: more.flatMap((rows) => rows.outbox),
    answer: reply,
  });
  return reply;
}
