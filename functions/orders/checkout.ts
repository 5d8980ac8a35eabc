import { TableBusy } from '../../shared/table/table.ts';
import { type Hold, type Invoice, invoiceView, totalsOf } from '../../shared/invoices/invoice.ts';
import { billingMail } from '../../shared/invoices/invoice-mail.ts';
import { moneyText } from '../../shared/core/money.ts';
import { toInstant } from '../../shared/core/clock.ts';
import type { Day } from '../../shared/core/day.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { notificationRow } from '../../shared/notifications/notification.ts';
import { type Order, orderActivity, orderView } from '../../shared/orders/order.ts';
import { orderRow } from '../../shared/orders/order-store.ts';
import { payerOf } from '../../shared/accounts/linked.ts';
import { begunRow } from '../../shared/accounts/currency/begun.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { accountTouched, accountUnchanged } from '../../shared/accounts/people-store.ts';
import { commit, portalContext, retryWhileStale } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { summaryOf } from '../../shared/payments/begin-mass-payment.ts';
import { pay } from '../../shared/payments/pay.ts';
import { mayPayFor, type PayingContext, payingContext } from '../../shared/payments/paying.ts';
import { settleOrder } from '../../shared/orders/settle-order.ts';
import { billOrder, type OrderDependencies, requireFits, type Rows } from './bill-order.ts';
import { costsAsShown, linesOf } from '../../shared/orders/cart.ts';
import { deleteCartRow, cartRow } from '../../shared/orders/cart-store.ts';
import { type OpenCart, openCartToOrder, openCartView } from './cart/open-cart.ts';

/**
 * Turns the cart into an order and its invoice, in one transaction, and starts the payment if a method is given.
 * Prices are current; where they differ from the displayed ones, nothing is ordered.
 * @throws Problem `price-changed` with the cart before and now
 */
export async function checkout(
  dependencies: OrderDependencies,
  context: RequestContext,
  paymentMethod: string | undefined,
): Promise<Reply> {
  if (paymentMethod !== undefined && !dependencies.gateways.get(paymentMethod)) {
    throw invalid([{ path: 'paymentMethod', code: 'not-found', message: 'is none of the payment methods' }]);
  }
  const existing = await findPlacedOrder(dependencies, context);
  const order = existing ?? (await place(dependencies, context, paymentMethod !== undefined));
  // One that waits for its main account is paid when that one approves it.
  if (paymentMethod !== undefined && order.massPaymentId !== null) {
    const paying = await payingContext(dependencies, context, order.payerId ?? order.accountId);
    await beginPayment(dependencies, paying, order, paymentMethod);
  }
  return answer(dependencies, context, order);
}

/** The order that this request placed before its function stopped. */
async function findPlacedOrder(
  { orders }: OrderDependencies,
  { accountId, actor, idempotent }: RequestContext,
): Promise<Order | undefined> {
  if (!idempotent?.begun) return undefined;
  const { items } = await orders.list(accountId, { limit: 50, after: undefined });
  // Idempotency keys are per user: another user's may be equal.
  return items.find((order) => order.askedAs === idempotent.key.sk && order.placedBy.id === actor.id);
}

/** @throws Problem where it is to be paid at once, and the caller may not pay: nothing is ordered */
async function place(
  dependencies: OrderDependencies,
  context: RequestContext,
  paid: boolean,
): Promise<Order> {
  const open = await openCartToOrder(dependencies, context);
  const payer = await payerOf(dependencies.people, open.forAccount ?? open.account);
  if (paid && !needsApproval(context, open, payer)) await payingContext(dependencies, context, payer.id);
  if (open.cart.items.length === 0) throw conflict('The cart is empty.');
  await requireDisplayedPrices(dependencies, context, open);
  const { order, ...rows } = await placed(dependencies, context, open, payer);
  const orderingAccount = open.forAccount ?? open.account;
  // Unlinking the account at this moment has to see a waiting order: one of the two writes fails.
  const accountGuard = order.status === 'awaiting-main-account' ? accountTouched : accountUnchanged;
  const actions = [
    orderRow(order, null),
    deleteCartRow(open.cart),
    accountGuard(orderingAccount),
    begunRow(orderingAccount.id),
    ...rows.actions,
  ];
  const activity = [...orderActivity(null, order), ...rows.activity];
  const change = { actions, activity, outbox: rows.outbox, underWay: true as const };
  requireFits(change);
  await commit(dependencies, context, change);
  return order;
}

/** @throws Problem `price-changed` with the new prices, which are saved as the ones last displayed */
async function requireDisplayedPrices(
  dependencies: OrderDependencies,
  context: RequestContext,
  open: OpenCart,
): Promise<void> {
  const { cart, currentItems: now, linkEnded, offers } = open;
  const { ifMatch } = context;
  const stale = ifMatch !== null && ifMatch !== '*' && !ifMatch.includes(`"${cart.version}"`);
  if (!stale && !linkEnded && costsAsShown(cart, now, offers)) return;
  const after = { ...cart, items: now, currency: offers.currency, version: newVersion() };
  await commit(
    dependencies,
    { ...context, idempotent: null },
    { actions: [cartRow(after, cart.version, context.now)], activity: [], outbox: [] },
  );
  throw new Problem('price-changed', 'The cart is not as you were shown it. Look at it again.', {
    before: openCartView(open, cart.items, cart.currency),
    now: openCartView(open, now),
  });
}

/** The payer decides: orders by its own members, by the main account's and by staff need no approval. */
const needsApproval = ({ authority }: RequestContext, { account }: OpenCart, payer: Account) =>
  payer.id !== account.id && authority.kind === 'member';

/** The order with its bill, or with the notification to the main account that has to approve it. */
async function placed(
  dependencies: OrderDependencies,
  context: RequestContext,
  open: OpenCart,
  payer: Account,
): Promise<Rows & { order: Order }> {
  const { account, offers } = open;
  const forAccount = open.forAccount ?? account;
  const order = orderOf(context, open, forAccount, payer);
  if (needsApproval(context, open, payer)) {
    return { order, ...approvalRequest(dependencies, payer, order, context.now) };
  }
  return billOrder(
    dependencies,
    context,
    { ...order, status: 'awaiting-payment' },
    { payer, forAccount, offers },
  );
}

function orderOf(
  { now, actor, accountId, idempotent }: RequestContext,
  { account, offers, currentItems: items }: OpenCart,
  forAccount: Account,
  payer: Account,
): Order {
  const other = forAccount.id === accountId ? payer.id : forAccount.id;
  return {
    ...totalsOf(linesOf(items, offers), false, offers.lineTax),
    id: newId('order', now),
    accountId,
    accountName: account.name,
    forAccountId: forAccount.id,
    forAccountName: forAccount.name,
    otherAccountId: other === accountId ? null : other,
    status: 'awaiting-main-account',
    items,
    placedBy: actor,
    invoiceId: null,
    massPaymentId: null,
    reason: null,
    askedAs: idempotent?.key.sk ?? null,
    version: newVersion(),
    createdAt: toInstant(now),
  };
}

/** Notifies the main account of an order that waits for its approval, by mail and in the portal. */
function approvalRequest({ portalUrl }: OrderDependencies, main: Account, order: Order, now: Date): Rows {
  const { id, accountId, items, placedBy, forAccountId, forAccountName, total, currency } = order;
  const mail = billingMail('order-waiting', main, {
    linkedAccountName: forAccountName,
    orderedBy: placedBy.name,
    items: items.map((item) => item.description),
    total: moneyText({ amount: total, currency }),
    orderUrl: `${portalUrl}/accounts/${accountId}/orders/${id}`,
  });
  const notification: Parameters<typeof notificationRow>[0] = {
    accountId: main.id,
    kind: 'order-waiting',
    beneathId: forAccountId,
    to: { permissions: ['orders', 'linked-accounts'] },
    text: `${placedBy.name} of ${forAccountName} ordered for ${moneyText({ amount: total, currency })}: approve or reject it.`,
    subject: { kind: 'order', id, name: id },
    href: `/v1/accounts/${accountId}/orders/${id}`,
  };
  return {
    actions: [notificationRow(notification, now)],
    activity: [],
    outbox: [{ ...mail, mailKind: 'product', audience: { kind: 'list', list: 'product' } }],
  };
}

/** Starts the payment of the order's invoice, under an idempotency key derived from the order. */
export async function beginPayment(
  dependencies: OrderDependencies,
  context: PayingContext,
  order: Order,
  method: string,
): Promise<void> {
  if (order.massPaymentId === null) return;
  const payment = await dependencies.payments.massPayment(context.accountId, order.massPaymentId);
  if (payment?.status !== 'open' && payment?.status !== 'processing') return;
  const key = { pk: `IDEMPOTENCY#${context.caller.userId}`, sk: `pay-${order.id}` };
  const idempotent = { key, requestHash: order.id, begun: true, toStore: (reply: Reply) => reply };
  try {
    const paying = { ...context, idempotent };
    // Retried without the order, which is placed already.
    await retryWhileStale(() => pay(dependencies, paying, payment.id, method));
  } catch (error) {
    // The order remains payable: the reason is shown with its payment.
    if (!(error instanceof Problem || error instanceof TableBusy)) throw error;
    dependencies.warn('An order could not be paid at once', { orderId: order.id, error });
  }
}

/**
 * Settles an order that was paid at once, so that it is answered as paid; the task that the payment left may be
 * faster.
 */
async function settledIfPaid(dependencies: OrderDependencies, order: Order, now: Date): Promise<Order> {
  const { accountId, id, payerId = accountId, invoiceId } = order;
  if (order.status !== 'awaiting-payment' || invoiceId === null) return order;
  const invoice = await dependencies.invoices.get(payerId, invoiceId);
  if (invoice?.status !== 'paid') return order;
  await retryWhileStale(() => settleOrder(dependencies, invoice, now));
  return (await dependencies.orders.get(accountId, id)) ?? order;
}

/** Answers the order with its invoice and payment, after placing or approving it. */
export async function answer(
  dependencies: OrderDependencies,
  context: RequestContext,
  { accountId, id, payerId = accountId }: Pick<Order, 'accountId' | 'id' | 'payerId'>,
): Promise<Reply> {
  const { orders, invoices, payments, today } = dependencies;
  const placed = (await orders.get(accountId, id))!;
  const order = await settledIfPaid(dependencies, placed, context.now);
  const { massPaymentId, invoiceId } = order;
  const [invoice, massPayment, day] = await Promise.all([
    invoiceId === null ? undefined : invoices.get(payerId, invoiceId),
    massPaymentId === null ? undefined : payments.massPayment(payerId, massPaymentId),
    today(context.now),
  ]);
  const holds = invoice && (await payments.holds(payerId, [invoice], context.now));
  // Without `invoices` one sees what there is to pay, but not how it stands or is paid.
  const mayPay = mayPayFor(context, payerId);
  const body = {
    order: orderView(order, context),
    invoice: invoice ? shownInvoice(invoice, day, mayPay, holds?.get(invoice.id)) : null,
    massPayment: massPayment && mayPay ? await summaryOf(dependencies, massPayment, context.now) : null,
  };
  const reply = { body, location: `/v1/accounts/${accountId}/orders/${id}` };
  // The permission to order was checked when the order was placed.
  const answerContext = { ...portalContext(context.now), idempotent: context.idempotent };
  await commit(dependencies, answerContext, { actions: [], activity: [], outbox: [], answer: reply });
  return reply;
}

function shownInvoice(invoice: Invoice, today: Day, mayPay: boolean, heldBy: Hold | undefined) {
  const view = invoiceView(invoice, today, heldBy);
  if (mayPay) return view;
  const { id, number, status, dueOn, total } = view;
  return { id, number, status, dueOn, total };
}
