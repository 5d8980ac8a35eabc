import type { Invoice, RelatesTo } from '../invoices/invoice.ts';
import type { InvoiceStore } from '../invoices/invoice-store.ts';
import { nextPeriod } from '../products/product.ts';
import { toInstant } from '../core/clock.ts';
import { newVersion } from '../core/ids.ts';
import type { OrderStore } from '../orders/order-store.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import { isSameTerm, renewableDomain } from '../domains/domain.ts';
import { domainRow, type DomainStore } from '../domains/domain-store.ts';
import { actOn } from '../schedule/steps.ts';
import { renewableService } from '../services/service.ts';
import { serviceRow, type ServiceStore } from '../services/service-store.ts';
import { commit, portalContext, retryWhileStale, type WriteDependencies } from '../write/commit.ts';
import { settleOrder } from '../orders/settle-order.ts';
import { grossLeft, isOff } from '../invoices/credit-notes/credit-note.ts';
import { numbersOf } from '../invoices/numbers.ts';
import { type Day, dayIn, daysBetween } from '../core/day.ts';
import { lineFulfilled, lineFulfilledKey, undeliveredLine } from './paid-lines.ts';
import type { RenewalName, RenewalStore } from './renewal-store.ts';
import { renewalRow } from './renewal-store.ts';

export interface FulfilDependencies extends WriteDependencies {
  invoices: InvoiceStore;
  domains: DomainStore;
  services: ServiceStore;
  orders: OrderStore;
  renewals: RenewalStore;
  people: PeopleStore;
  settings(): Promise<Settings>;
  portalUrl: string;
  /**
   * Notifies the registrar's function of a renewal. The message may be lost: the function also finds open renewals by
   * itself.
   */
  tellRegistrar(renewal: RenewalName): Promise<void>;
}

type Paid = Extract<RelatesTo, object>;

/**
 * Fulfils paid invoices, each line once however often it is called: renewals are handed to the registrar, services get
 * their next period, orders continue.
 */
export async function fulfilPaidLines(
  dependencies: FulfilDependencies,
  accountId: string,
  invoiceIds: readonly string[],
  now: Date,
): Promise<void> {
  const paidInvoices = await dependencies.invoices.getMany(accountId, invoiceIds);
  for (const invoice of paidInvoices) {
    if (invoice?.status !== 'paid') continue;
    for (const [index, line] of invoice.lines.entries()) {
      const { relatesTo } = line;
      // A line written by staff may name an item, but no period to be paid; one that was taken off asks for nothing.
      if (typeof relatesTo !== 'object' || relatesTo?.on === undefined) continue;
      if (isOff(line, invoice.taxIncluded)) continue;
      await retryWhileStale(async () => {
        if (relatesTo.kind === 'domain-renewal')
          await handToRegistrar(dependencies, invoice, index, relatesTo, now);
        if (relatesTo.kind === 'service') await renewService(dependencies, invoice, index, relatesTo, now);
      });
    }
    if (invoice.orderId !== null) await retryWhileStale(() => settleOrder(dependencies, invoice, now));
  }
}

/** Hands a renewal to the registrar, unless another invoice has extended that term. */
async function handToRegistrar(
  dependencies: FulfilDependencies,
  invoice: Invoice,
  index: number,
  { id: domainId, on: paidOn = '', years = 1, accountId = invoice.accountId }: Paid,
  now: Date,
): Promise<void> {
  const { domains, renewals } = dependencies;
  const [known, domain] = await Promise.all([
    renewals.ofTerm({ domainId, expiresOn: paidOn }),
    domains.get(accountId, domainId),
  ]);
  if (known.some(({ invoiceId }) => invoiceId === invoice.id)) return;
  const isTaken = known.some(({ status }) => status !== 'failed');
  const isOfTerm = domain?.state === 'registered' && isSameTerm(domain.expiresOn, paidOn);
  if (isTaken || !isOfTerm) return creditLine(dependencies, invoice, index, now);
  const { expiresOn } = domain;
  const existing = known.find((each) => each.expiresOn === expiresOn);
  const { invoiceDaysBefore } = await dependencies.settings();
  const after = { ...domain, paidFor: domain.nextDueOn, version: newVersion() };
  const work = {
    domainId,
    accountId,
    payerId: invoice.accountId,
    name: domain.name,
    years,
    expiresOn,
    invoiceId: invoice.id,
    lineIndex: index,
    paid: grossLeft(invoice.lines[index]!, invoice.taxIncluded),
    currency: invoice.currency,
    status: 'waiting' as const,
    attempts: 0,
    dueAt: toInstant(now),
    createdAt: toInstant(now),
    version: newVersion(),
  };
  await commit(dependencies, portalContext(now), {
    actions: [
      renewalRow(work, existing?.version ?? null),
      domainRow(after, domain.version, actOn(renewableDomain(after), invoiceDaysBefore)),
    ],
    activity: [],
    outbox: [],
  });
  await dependencies.tellRegistrar({ domainId, expiresOn }).catch(() => undefined);
}

/** Gives a service its next period, unless another invoice has paid for it. */
async function renewService(
  dependencies: FulfilDependencies,
  invoice: Invoice,
  index: number,
  { id, on: dueOn = '', accountId = invoice.accountId }: Paid,
  now: Date,
): Promise<void> {
  // Marked by a row of its own: the service soon refers to its next invoice.
  const [service, fulfilledRow] = await Promise.all([
    dependencies.services.get(accountId, id),
    dependencies.table.get(lineFulfilledKey(invoice.id, index)),
  ]);
  if (fulfilledRow) return;
  // Over, paused or due on another day: what is paid all the same becomes credit.
  const isDue = service !== undefined && renewableService(service).nextDueOn === dueOn;
  if (!isDue) return creditLine(dependencies, invoice, index, now);
  const { invoiceDaysBefore } = await dependencies.settings();
  const nextDueOn = nextPeriod(dueOn, service.cycle, service.anchorDay);
  const after = {
    ...service,
    nextDueOn,
    paidFor: dueOn,
    invoicedFor: null,
    invoiceId: invoice.id,
    billedTo: accountId === invoice.accountId ? null : invoice.accountId,
    periodPaidBy: invoice.accountId,
    ...paidFor(invoice, index, dueOn, nextDueOn),
    version: newVersion(),
  };
  await commit(dependencies, portalContext(now), {
    actions: [
      lineFulfilled(invoice.id, index),
      serviceRow(after, service.version, actOn(renewableService(after), invoiceDaysBefore)),
    ],
    activity: [
      {
        accountId,
        action: 'service.renewed',
        subject: { kind: 'service', id, name: service.name },
        before: { nextDueOn: dueOn },
        after: { nextDueOn },
      },
    ],
    outbox: [],
  });
}

/** The line that pays for the period; none for a service that has none. */
function paidFor({ accountId, id: invoiceId }: Invoice, lineIndex: number, from: Day, to: Day | null) {
  if (to === null) return {};
  return { periodPaid: [{ accountId, invoiceId, lineIndex, days: daysBetween(from, to) }] };
}

/** Takes a line off whose item was paid for already or is gone. The invoice itself says that it happened. */
async function creditLine(
  dependencies: FulfilDependencies,
  { accountId, id }: Invoice,
  index: number,
  now: Date,
): Promise<void> {
  const { table, people, portalUrl, invoices } = dependencies;
  const [found, invoice] = await Promise.all([people.account(accountId), invoices.get(accountId, id)]);
  if (invoice?.status !== 'paid') return;
  const today = dayIn((await dependencies.settings()).timeZone, now);
  const account = found ?? { id: accountId, name: '' };
  const context = { account, numbers: numbersOf(table, today), portalUrl, today, now };
  const line = invoice.lines[index]!.description;
  const reason = { key: 'reason.doneAlready' as const, values: { line } };
  const change = await undeliveredLine(table, context, invoice, index, reason);
  if (change) await commit(dependencies, portalContext(now), change);
}
