import type { Invoice, InvoiceLine, RelatesTo } from '../invoices/invoice.ts';
import { billingMail } from '../invoices/invoice-mail.ts';
import type { InvoiceStore } from '../invoices/invoice-store.ts';
import { moneyText } from '../core/money.ts';
import { nextPeriod } from '../products/product.ts';
import { toInstant } from '../core/clock.ts';
import { newVersion } from '../core/ids.ts';
import type { OrderStore } from '../orders/order-store.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import { renewableDomain } from '../domains/domain.ts';
import { domainRow, type DomainStore } from '../domains/domain-store.ts';
import { actOn } from '../schedule/steps.ts';
import { renewableService } from '../services/service.ts';
import { serviceRow, type ServiceStore } from '../services/service-store.ts';
import { commit, portalContext, retryWhileStale, type WriteDependencies } from '../write/commit.ts';
import { settleOrder } from '../orders/settle-order.ts';
import {
  creditRows,
  grossOf,
  lineFulfilled,
  lineFulfilledKey,
  lineCredited,
  lineCreditedKey,
} from './credit-failed-renewal.ts';
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
      // A line written by staff may name an item, but no period to be paid.
      if (typeof relatesTo !== 'object' || relatesTo?.on === undefined) continue;
      await retryWhileStale(async () => {
        if (relatesTo.kind === 'domain-renewal')
          await handToRegistrar(dependencies, invoice, index, line, relatesTo, now);
        if (relatesTo.kind === 'service')
          await renewService(dependencies, invoice, index, line, relatesTo, now);
      });
    }
    if (invoice.orderId !== null) await retryWhileStale(() => settleOrder(dependencies, invoice, now));
  }
}

/** Hands a renewal to the registrar, unless another invoice has extended that expiry. */
async function handToRegistrar(
  dependencies: FulfilDependencies,
  invoice: Invoice,
  index: number,
  line: InvoiceLine,
  { id: domainId, on: expiresOn = '', years = 1, accountId = invoice.accountId }: Paid,
  now: Date,
): Promise<void> {
  const { domains, renewals } = dependencies;
  const { currency } = invoice;
  const existing = await renewals.get({ domainId, expiresOn });
  if (existing?.invoiceId === invoice.id) return;
  const domain = await domains.get(accountId, domainId);
  const isTaken = existing !== undefined && existing.status !== 'failed';
  if (isTaken || !domain || domain.expiresOn !== expiresOn || domain.state !== 'registered') {
    return creditLine(dependencies, invoice, index, line, now);
  }
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
    paid: grossOf(line, invoice.taxIncluded),
    currency,
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
  line: InvoiceLine,
  { id, on: dueOn = '', accountId = invoice.accountId }: Paid,
  now: Date,
): Promise<void> {
  // Marked by a row of its own: the service soon refers to its next invoice.
  const [service, fulfilledRow] = await Promise.all([
    dependencies.services.get(accountId, id),
    dependencies.table.get(lineFulfilledKey(invoice.id, index)),
  ]);
  if (fulfilledRow) return;
  if (service?.nextDueOn !== dueOn) return creditLine(dependencies, invoice, index, line, now);
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

/** Credits a line whose item was paid for already or is gone. A row of its own makes it happen once. */
async function creditLine(
  dependencies: FulfilDependencies,
  invoice: Invoice,
  index: number,
  line: InvoiceLine,
  now: Date,
): Promise<void> {
  const { table, people, portalUrl } = dependencies;
  const { accountId, currency, id, number } = invoice;
  if (await table.get(lineCreditedKey(id, index))) return;
  const account = (await people.account(accountId)) ?? { id: accountId, name: '' };
  const amount = grossOf(line, invoice.taxIncluded);
  const reason = `“${line.description}” of invoice ${number} was done already`;
  await commit(dependencies, portalContext(now), {
    actions: [
      lineCredited(id, index),
      ...creditRows(accountId, { amount, currency, reason, relatesTo: id }, now),
    ],
    activity: [],
    outbox: [
      billingMail('credit-added', account, { amount: moneyText({ amount, currency }), reason, portalUrl }),
    ],
  });
}
