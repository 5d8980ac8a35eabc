import { type Invoice, totalsOf } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { billedTo, namedFor } from '../../shared/invoices/named-line.ts';
import { newInvoiceChange } from '../../shared/invoices/raise-invoice.ts';
import { withoutLines } from '../../shared/invoices/credit-notes/lower-invoice.ts';
import { standingLines } from '../../shared/invoices/credit-notes/credit-note.ts';
import { type Numbers, numbersOf } from '../../shared/invoices/numbers.ts';
import { addDays, type Day } from '../../shared/core/day.ts';
import { conflict } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Order } from '../../shared/orders/order.ts';
import type { OrderStore } from '../../shared/orders/order-store.ts';
import { undoOrder } from '../../shared/orders/undo-order.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { type Domain, renewableDomain } from '../../shared/domains/domain.ts';
import { domainRow } from '../../shared/domains/domain-store.ts';
import { actOn } from '../../shared/schedule/steps.ts';
import { newVersion } from '../../shared/core/ids.ts';
import type { Change } from '../../shared/write/commit.ts';
import { massPaymentForInvoice, type PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import { linesOf, type Offers } from '../../shared/orders/cart.ts';
import type { CartDependencies } from './cart/open-cart.ts';

export interface OrderDependencies extends CartDependencies, PaymentDependencies {
  orders: OrderStore;
  invoices: InvoiceStore;
}

export type Rows = Pick<Change, 'actions' | 'activity' | 'outbox'>;

/** Rows in one transaction, less those that the request itself adds. */
const mostRows = 96;

/** @throws Problem where the order's change does not fit into one transaction */
export function requireFits({ actions, activity, outbox }: Rows): void {
  if (actions.length + activity.length + outbox.length <= mostRows) return;
  throw conflict('These domains stand on too many invoices: order fewer of them at once.');
}

/**
 * Bills an order to the payer of the account it is for: raises its invoice, opens its payment, and removes its domains
 * from their earlier unpaid invoices. The caller writes the order's own row.
 */
export async function billOrder(
  dependencies: OrderDependencies,
  { now, actor }: RequestContext,
  order: Order,
  { payer, forAccount, offers }: { payer: Account; forAccount: Account; offers: Offers },
): Promise<Rows & { order: Order }> {
  const { table, portalUrl, providerName } = dependencies;
  const settings = await dependencies.settings();
  const { today, lineTax } = offers;
  const lines = linesOf(order.items, offers, namedFor(forAccount, payer));
  const totals = totalsOf(lines, false, lineTax);
  const dueOn = addDays(today, settings['invoices.dueDays']);
  const numbers = numbersOf(table, today);
  const { invoice, ...rows } = await newInvoiceChange(
    { table, account: payer, settings, portalUrl, providerName, today, now, numbers },
    {
      totals,
      taxIncluded: false,
      dueOn,
      orderId: order.id,
      ...(order.accountId === payer.id ? {} : { orderAccountId: order.accountId }),
    },
  );
  const opened = massPaymentForInvoice(invoice, actor, now);
  const renewed = [...offers.domains.values()];
  const off = await removeFromOldInvoices(dependencies, renewed, { numbers, today, now });
  return {
    order: {
      ...order,
      // One that waited for its main account is taxed as of now.
      ...totalsOf(linesOf(order.items, offers), false, lineTax),
      payerId: payer.id,
      invoiceId: invoice.id,
      massPaymentId: opened?.payment.id ?? null,
    },
    actions: [
      ...(opened ? [opened.action] : []),
      ...renewed.map((domain) => invoicedRow(domain, invoice, settings.invoiceDaysBefore)),
      ...off.actions,
      ...rows.actions,
    ],
    activity: [...off.activity, ...rows.activity],
    outbox: [...rows.outbox, ...off.outbox],
  };
}

/** Marks the domain as billed on this invoice: the job raises none for the same due day. */
function invoicedRow(domain: Domain, { id, accountId }: Invoice, invoiceDaysBefore: number) {
  const billing = {
    invoicedFor: domain.nextDueOn,
    invoiceId: id,
    billedTo: billedTo(domain.accountId, { id: accountId }),
  };
  const after = { ...domain, ...billing, version: newVersion() };
  return domainRow(after, domain.version, actOn(renewableDomain(after), invoiceDaysBefore));
}

/** Removes the domains from their unpaid invoices, whichever account those are billed to. */
async function removeFromOldInvoices(
  { table, invoices, people, portalUrl }: OrderDependencies,
  domains: readonly Domain[],
  dated: { numbers: Numbers; today: Day; now: Date },
): Promise<Rows> {
  const byPayer = Map.groupBy(
    domains.filter(({ invoiceId }) => invoiceId !== null),
    ({ accountId, billedTo }) => billedTo ?? accountId,
  );
  const changes: Rows[] = [];
  for (const [payerId, ofPayer] of byPayer) {
    const ids = [...new Set(ofPayer.flatMap(({ invoiceId }) => invoiceId ?? []))];
    const [found, payer] = await Promise.all([invoices.getMany(payerId, ids), people.account(payerId)]);
    const known = found.flatMap((invoice) => invoice ?? []);
    const renewed = new Map(ofPayer.map((domain) => [domain.id, domain]));
    requireUnpaid(known, renewed);
    for (const invoice of known) {
      const isRenewed = ({ relatesTo }: Invoice['lines'][number]) =>
        typeof relatesTo === 'object' && relatesTo?.kind === 'domain-renewal' && renewed.has(relatesTo.id);
      const context = { account: payer ?? { id: payerId, name: '' }, portalUrl, ...dated };
      const reason = { key: 'reason.renewedElsewhere' } as const;
      const off = await withoutLines(context, invoice, isRenewed, reason);
      if (off) changes.push(off);
      // The order of an invoice of which nothing is left is cancelled with it.
      if (off && standingLines(off.after).length === 0) changes.push(await undoOrder(table, invoice));
    }
  }
  return {
    actions: changes.flatMap((change) => change.actions),
    activity: changes.flatMap((change) => change.activity),
    outbox: changes.flatMap((change) => change.outbox),
  };
}

/** @throws Problem where a renewal was paid already and is being submitted to the registrar */
function requireUnpaid(invoices: readonly Invoice[], renewed: ReadonlyMap<string, Domain>): void {
  for (const { relatesTo } of invoices.flatMap(({ status, lines }) => (status === 'paid' ? lines : []))) {
    if (typeof relatesTo !== 'object' || relatesTo === null) continue;
    const domain = renewed.get(relatesTo.id);
    if (domain && relatesTo.on === domain.expiresOn) {
      throw conflict(`The renewal of ${domain.name} was paid already: it is on its way.`);
    }
  }
}
