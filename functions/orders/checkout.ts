import { invoiceView, totalsOf } from '../../shared/billing/invoice.ts';
import type { InvoiceStore } from '../../shared/billing/invoice-store.ts';
import { raised } from '../../shared/billing/raise-invoice.ts';
import { withoutLines } from '../../shared/billing/take-lines-off.ts';
import { toInstant } from '../../shared/domain/clock.ts';
import { addDays } from '../../shared/domain/day.ts';
import { newId, newVersion } from '../../shared/domain/ids.ts';
import { conflict, invalid, Problem } from '../../shared/domain/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { type Order, orderView } from '../../shared/ordering/order.ts';
import { orderRow, type OrderStore } from '../../shared/ordering/order-store.ts';
import { type Domain, renewingDomain } from '../../shared/registry/domain.ts';
import { domainRow } from '../../shared/registry/domain-store.ts';
import { actOn } from '../../shared/renewing/steps.ts';
import { type Change, commit, portalContext } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { openedFor, type PaymentDependencies, summaryOf } from '../payments/begin-mass-payment.ts';
import { pay } from '../payments/pay.ts';
import { linesOf, samePrices } from './cart.ts';
import { cartGone, cartRow } from './cart-store.ts';
import { type CartDependencies, type OpenCart, openCart, shownCart } from './change-cart.ts';

export interface OrderDependencies extends CartDependencies, PaymentDependencies {
  orders: OrderStore;
  invoices: InvoiceStore;
}

/** Rows of one transaction, less what the request itself adds. */
const mostRows = 97;

/**
 * Makes an order and its invoice of the cart, in one transaction, and begins the payment where a method is given. The
 * prices are those of now; where they are not those that were shown, they are shown first.
 * @throws Problem `price-changed` with the cart before and now
 */
export async function checkout(
  dependencies: OrderDependencies,
  context: RequestContext,
  paymentMethod: string | undefined,
): Promise<Reply> {
  if (paymentMethod !== undefined && !dependencies.gateways.get(paymentMethod)) {
    throw invalid([{ path: 'paymentMethod', message: 'is none of the payment methods' }]);
  }
  const known = await madeBefore(dependencies, context);
  const order = known ?? (await place(dependencies, context));
  if (paymentMethod !== undefined) await beginPayment(dependencies, context, order, paymentMethod);
  return answer(dependencies, context, order);
}

/** The order that this very request made before its function died. */
async function madeBefore(
  { orders }: OrderDependencies,
  { accountId, idempotent }: RequestContext,
): Promise<Order | undefined> {
  if (!idempotent?.begun) return undefined;
  const { items } = await orders.list(accountId, { limit: 50, after: undefined });
  return items.find((order) => order.askedAs === idempotent.key.sk);
}

async function place(dependencies: OrderDependencies, context: RequestContext): Promise<Order> {
  const open = await openCart(dependencies, context);
  if (open.cart.items.length === 0) throw conflict('The cart is empty.');
  await requireShown(dependencies, context, open);
  const { order, change } = await orderOf(dependencies, context, open);
  await commit(dependencies, context, { ...change, underWay: true });
  return order;
}

/** @throws Problem `price-changed`; what it says is what was last shown from then on */
async function requireShown(
  dependencies: OrderDependencies,
  context: RequestContext,
  open: OpenCart,
): Promise<void> {
  const { cart, now } = open;
  const { ifMatch } = context;
  const stale = ifMatch !== null && ifMatch !== '*' && !ifMatch.includes(`"${cart.version}"`);
  if (!stale && samePrices(cart.items, now)) return;
  const after = { ...cart, items: now, version: newVersion() };
  await commit(
    dependencies,
    { ...context, idempotent: null },
    { actions: [cartRow(after, cart.version, context.now)], activity: [], outbox: [] },
  );
  throw new Problem('price-changed', 'The cart is not as you were shown it. Look at it again.', {
    before: shownCart(open, cart.items),
    now: shownCart(open, now),
  });
}

/** Everything that checking out writes. */
async function orderOf(
  dependencies: OrderDependencies,
  { now, actor, accountId, idempotent }: RequestContext,
  { cart, account, offers, now: items }: OpenCart,
): Promise<{ order: Order; change: Change }> {
  const { table, portalUrl } = dependencies;
  const settings = await dependencies.settings();
  const { today, defaultTaxRate } = offers;
  const totals = totalsOf(linesOf(items, offers), false, defaultTaxRate);
  const orderId = newId('order', now);
  const dueOn = addDays(today, settings['invoices.dueDays']);
  const raising = { table, account, portalUrl, today, now };
  const { invoice, ...rows } = await raised(raising, { totals, taxIncluded: false, dueOn, orderId });
  const opened = openedFor(invoice, actor, now);
  const order: Order = {
    ...totals,
    id: orderId,
    accountId,
    forAccountId: account.id,
    forAccountName: account.name,
    status: 'awaiting-payment',
    items: items.map((item) => ({ ...item, taxRate: item.taxRate ?? defaultTaxRate })),
    placedBy: actor,
    invoiceId: invoice.id,
    massPaymentId: opened?.payment.id ?? null,
    reason: null,
    askedAs: idempotent?.key.sk ?? null,
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const renewed = [...offers.domains.values()];
  const off = await offOldInvoices(dependencies, renewed, account, now);
  const actions = [
    orderRow(order, null),
    cartGone(cart),
    ...(opened ? [opened.action] : []),
    ...renewed.map((domain) => invoicedRow(domain, invoice.id, settings.invoiceDaysBefore)),
    ...off.actions,
    ...rows.actions,
  ];
  const activity = [placed(order), ...off.activity, ...rows.activity];
  const outbox = [...rows.outbox, ...off.outbox];
  if (actions.length + activity.length + outbox.length > mostRows) {
    throw conflict('These domains stand on too many invoices: check out fewer of them at once.');
  }
  return { order, change: { actions, activity, outbox } };
}

function placed({ accountId, id, total, currency, items }: Order) {
  const after = {
    total: { amount: total, currency },
    lines: items.map((item) => item.description).slice(0, 20),
  };
  return { accountId, action: 'order.placed', subject: { kind: 'order', id, name: id }, before: null, after };
}

/** The domain stands on this invoice now: the job raises none for the same due day. */
function invoicedRow(domain: Domain, invoiceId: string, invoiceDaysBefore: number) {
  const after = { ...domain, invoicedFor: domain.nextDueOn, invoiceId, version: newVersion() };
  return domainRow(after, domain.version, actOn(renewingDomain(after), invoiceDaysBefore));
}

/** Takes the domains off the unpaid invoices that they stand on. */
async function offOldInvoices(
  { invoices, portalUrl }: OrderDependencies,
  domains: readonly Domain[],
  account: { id: string; name: string },
  now: Date,
): Promise<Change> {
  const ids = [...new Set(domains.flatMap(({ invoiceId }) => invoiceId ?? []))];
  const found = ids.length === 0 ? [] : await invoices.getMany(account.id, ids);
  const renewed = new Map(domains.map((domain) => [domain.id, domain]));
  for (const line of found.flatMap((invoice) => (invoice?.status === 'paid' ? invoice.lines : []))) {
    const { relatesTo } = line;
    const domain = typeof relatesTo === 'object' ? renewed.get(relatesTo?.id ?? '') : undefined;
    if (domain && typeof relatesTo === 'object' && relatesTo?.on === domain.expiresOn) {
      throw conflict(`The renewal of ${domain.name} was paid already: it is on its way.`);
    }
  }
  const changes = found.flatMap((invoice) => {
    if (!invoice) return [];
    const goes = ({ relatesTo }: (typeof invoice.lines)[number]) =>
      typeof relatesTo === 'object' && relatesTo?.kind === 'domain-renewal' && renewed.has(relatesTo.id);
    return withoutLines(invoice, goes, account, portalUrl, now) ?? [];
  });
  return {
    actions: changes.flatMap((change) => change.actions),
    activity: changes.flatMap((change) => change.activity),
    outbox: changes.flatMap((change) => change.outbox),
  };
}

/** Begins to pay the order's invoice, under a key of its own that follows from the order. */
async function beginPayment(
  dependencies: OrderDependencies,
  context: RequestContext,
  order: Order,
  method: string,
): Promise<void> {
  if (order.massPaymentId === null) return;
  const payment = await dependencies.payments.massPayment(order.accountId, order.massPaymentId);
  if (payment?.status !== 'open' && payment?.status !== 'processing') return;
  const key = { pk: `IDEMPOTENCY#${context.caller.userId}`, sk: `pay-${order.id}` };
  const idempotent = { key, requestHash: order.id, begun: true };
  try {
    await pay(dependencies, { ...context, idempotent }, payment.id, method);
  } catch (error) {
    // The order stands and can be paid: what keeps it from being paid at once is told where its payment is read.
    if (!(error instanceof Problem)) throw error;
    dependencies.warn('An order could not be paid at once', { orderId: order.id, error });
  }
}

async function answer(
  dependencies: OrderDependencies,
  context: RequestContext,
  { accountId, id }: Order,
): Promise<Reply> {
  const { orders, invoices, payments, today } = dependencies;
  const order = (await orders.get(accountId, id))!;
  const invoice = (await invoices.get(accountId, order.invoiceId!))!;
  const { massPaymentId } = order;
  const massPayment = massPaymentId && (await payments.massPayment(accountId, massPaymentId));
  const body = {
    order: orderView(order),
    invoice: invoiceView(invoice, await today(context.now)),
    massPayment: massPayment ? await summaryOf(dependencies, massPayment, context.now) : null,
  };
  const reply = { body, location: `/v1/accounts/${accountId}/orders/${id}` };
  // The right to order was checked when the order was made.
  const going = { ...portalContext(context.now), idempotent: context.idempotent };
  await commit(dependencies, going, { actions: [], activity: [], outbox: [], answer: reply });
  return reply;
}
