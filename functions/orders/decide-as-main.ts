import { decideInLinkedAccount, permissionsOf } from '../../shared/access/decide.ts';
import { openAreas } from '../../shared/access/permissions.ts';
import { readCredit } from '../../shared/invoices/ledger/credit.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../shared/core/problem.ts';
import { providerRefusal, refusal } from '../../shared/http/refusal.ts';
import { type RequestContext, requestContext, requireMatch } from '../../shared/http/request.ts';
import { payingContext } from '../../shared/payments/paying.ts';
import { notificationRow } from '../../shared/notifications/notification.ts';
import {
  type CartItem,
  nextOrderStatus,
  type Order,
  orderActivity,
  orderView,
} from '../../shared/orders/order.ts';
import { orderRow } from '../../shared/orders/order-store.ts';
import { type Account, linkOf } from '../../shared/accounts/people.ts';
import { accountUnchanged } from '../../shared/accounts/people-store.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { billOrder, type OrderDependencies, requireFits, type Rows } from './bill-order.ts';
import { type Offers, repriced } from '../../shared/orders/cart.ts';
import { answer, beginPayment } from './checkout.ts';
import { requireOrderable } from '../../shared/orders/may-order.ts';
import { readOffers } from './cart/open-cart.ts';
import { orderMails } from '../../shared/orders/order-mails.ts';

/**
 * Approves an order of an aggregated account for the main account by paying it: it is billed to the main account at
 * the prices it was placed at, and the payment is started.
 */
export async function approveAsMain(
  dependencies: OrderDependencies,
  request: RequestContext,
  orderId: string,
  paymentMethod: string,
): Promise<Reply> {
  if (!dependencies.gateways.get(paymentMethod)) {
    throw invalid([{ path: 'paymentMethod', code: 'not-found', message: 'is none of the payment methods' }]);
  }
  const waiting = await loadWaiting(dependencies, request, orderId);
  const { context } = waiting;
  const paying = await payingContext(dependencies, context, waiting.main.id);
  const resumed = context.idempotent?.begun && waiting.order.approvedAs === context.idempotent.key.sk;
  const order = resumed ? waiting.order : await approve(dependencies, waiting, paymentMethod);
  await beginPayment(dependencies, paying, order, paymentMethod);
  return answer(dependencies, context, order);
}

async function approve(
  dependencies: OrderDependencies,
  { context, order, account, main }: WaitingOrder,
  paymentMethod: string,
): Promise<Order> {
  requireMatch(context, order.version);
  requireUndecided(order);
  requireOrderable(account);
  requireOrderable(main);
  const status = nextOrderStatus(order, 'approve');
  if (paymentMethod === 'credit') await requireCredit(dependencies, main, order);
  const settings = await dependencies.settings();
  const offers = await readOffers(
    dependencies,
    { forAccount: account, payer: main },
    order.items,
    [],
    settings,
    context.now,
  );
  for (const item of order.items) requireSamePrice(item, offers);
  const bill = await billOrder(dependencies, context, order, { payer: main, forAccount: account, offers });
  const approvedAs = context.idempotent?.key.sk ?? null;
  const after: Order = { ...bill.order, status, approvedAs, version: newVersion() };
  const change = {
    actions: [
      orderRow(after, order.version),
      accountUnchanged(account),
      ...bill.actions,
      decisionNotification(after, main, context.now),
    ],
    activity: [...orderActivity(order, after), ...bill.activity],
    outbox: bill.outbox,
    underWay: true as const,
  };
  requireFits(change);
  await commit(dependencies, context, change);
  return after;
}

/**
 * A product keeps the price it was ordered at. A domain's renewal has to have the same price still, as the registry
 * charges more once the domain has expired.
 */
function requireSamePrice(item: CartItem, offers: Offers): void {
  if (item.kind === 'product' || repriced(item, offers)?.unitPrice === item.unitPrice) return;
  throw conflict(`“${item.description}” cannot be had at that price any more: reject the order.`);
}

/** @throws Problem `already-decided` where the order does not wait any more */
function requireUndecided({ status }: Order): void {
  if (status === 'awaiting-main-account') return;
  throw new Problem('already-decided', `This order waits no more: it is ${status}.`);
}

/** An order that cannot be paid is not approved. */
async function requireCredit({ table }: OrderDependencies, main: Account, order: Order): Promise<void> {
  const credit = await readCredit(table, main.id, order.currency);
  if (credit < order.total) throw conflict(`${main.name} has too little credit to pay this order with it.`);
}

/** Rejects a waiting order for the main account; the account that placed it is notified of the reason. */
export async function rejectAsMain(
  dependencies: OrderDependencies,
  request: RequestContext,
  orderId: string,
  reason: string,
): Promise<Reply> {
  const { context, order, main } = await loadWaiting(dependencies, request, orderId);
  requireMatch(context, order.version);
  requireUndecided(order);
  const after: Order = { ...order, status: nextOrderStatus(order, 'decline'), reason, version: newVersion() };
  const reply = { body: orderView(after, context), version: after.version };
  const mails = await orderMails(dependencies, 'order-rejected', after, { reason, amount: '' });
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), decisionNotification(after, main, context.now)],
    activity: orderActivity(order, after),
    // The main account needs no mail about its own decision.
    outbox: mails.filter(({ accountId }) => accountId === order.accountId),
    answer: reply,
  });
  return reply;
}

/** Notifies the account that ordered of the decision in the portal. */
function decisionNotification(
  { id, accountId, status, reason }: Order,
  main: Account,
  now: Date,
): Rows['actions'][number] {
  const what = status === 'rejected' ? `rejected your order: ${reason ?? ''}` : 'approved your order';
  return notificationRow(
    {
      accountId,
      kind: 'order-decided',
      to: { permissions: ['orders'] },
      text: `${main.name} ${what}`,
      subject: { kind: 'order', id, name: id },
      href: `/v1/accounts/${accountId}/orders/${id}`,
    },
    now,
  );
}

interface WaitingOrder {
  /** The request with the caller's permissions in the main account, whichever account the path names. */
  context: RequestContext;
  order: Order;
  account: Account;
  main: Account;
}

/**
 * Loads an order that waits for a main account. The path may name the account that placed it or the main account.
 * @throws Problem where the caller is no member of the main account, or may not order there
 */
async function loadWaiting(
  { orders, people, settings }: OrderDependencies,
  context: RequestContext,
  orderId: string,
): Promise<WaitingOrder> {
  const { accountId, caller, now } = context;
  const order = (await orders.get(accountId, orderId)) ?? (await orders.byId(orderId));
  const account = order && (await people.account(order.accountId));
  if (!account) throw notFound();
  const link = linkOf(account, await settings());
  if (accountId !== account.id && accountId !== link?.mainAccountId) throw notFound();
  const main = link?.kind === 'aggregated' ? await people.account(link.mainAccountId) : undefined;
  if (!link || !main) throw conflict('This order waits for no main account.');
  const decision = decideInLinkedAccount(caller, link, 'orders', now);
  if (!decision.allowed && decision.because === 'unknown') throw ownOrderRefusal(context, account, main);
  if (!decision.allowed) throw refusal(decision, context, account, main);
  const { authority } = decision;
  return { context: { ...requestContext({ ...context, authority }), accountId }, order, account, main };
}

/** Members of the account that ordered cannot approve the order. */
function ownOrderRefusal({ authority, providerName }: RequestContext, account: Account, main: Account) {
  return providerRefusal(
    providerName,
    'account-kind',
    `${account.name} is billed to ${main.name}, which decides on its orders.`,
    {
      title: "You don't have access to approving orders",
      areas: openAreas(account.id, permissionsOf(authority)),
    },
  );
}
