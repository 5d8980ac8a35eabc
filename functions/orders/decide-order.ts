import { type Authority, decideBeneath, grantIn } from '../../shared/access/decide.ts';
import { includes, openAreas } from '../../shared/access/permissions.ts';
import { readCredit } from '../../shared/billing/credit.ts';
import { billingMail } from '../../shared/billing/invoice-mail.ts';
import { newVersion } from '../../shared/domain/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../shared/domain/problem.ts';
import { closedByProvider, refusal } from '../../shared/http/refusal.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import { notified } from '../../shared/notifying/notification.ts';
import { movedOrder, type Order, orderActivity, orderView } from '../../shared/ordering/order.ts';
import { orderRow } from '../../shared/ordering/order-store.ts';
import { type Account, linkOf } from '../../shared/people/people.ts';
import { accountUnchanged } from '../../shared/people/people-store.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { billed, type OrderDependencies, requireFits, type Rows } from './bill-order.ts';
import { repriced } from './cart.ts';
import { answer, beginPayment } from './checkout.ts';
import { requireServed } from './may-order.ts';
import { readOffers } from './open-cart.ts';

/**
 * The main account approves an order of an aggregated account by paying it: it is billed to the main account at the
 * prices it was placed at, and the payment is begun.
 */
export async function approveByPaying(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
  paymentMethod: string,
): Promise<Reply> {
  if (!dependencies.gateways.get(paymentMethod)) {
    throw invalid([{ path: 'paymentMethod', message: 'is none of the payment methods' }]);
  }
  const waiting = await loadWaiting(dependencies, context, orderId);
  requireHome(context, waiting, 'invoices');
  const resumed = context.idempotent?.begun && waiting.order.approvedAs === context.idempotent.key.sk;
  const order = resumed ? waiting.order : await approve(dependencies, context, waiting, paymentMethod);
  await beginPayment(dependencies, context, order, paymentMethod);
  return answer(dependencies, context, order);
}

async function approve(
  dependencies: OrderDependencies,
  context: RequestContext,
  { order, account, main }: Waiting,
  paymentMethod: string,
): Promise<Order> {
  requireMatch(context, order.version);
  requireUndecided(order);
  requireServed(account);
  const status = movedOrder(order, 'approve');
  if (paymentMethod === 'credit') await requireCredit(dependencies, main, order);
  const settings = await dependencies.settings();
  const offers = await readOffers(dependencies, account, order.items, [], settings, context.now);
  for (const item of order.items) {
    if (item.kind === 'product' || repriced(item, offers)) continue;
    throw conflict(`“${item.description}” cannot be had any more: reject the order.`);
  }
  const bill = await billed(dependencies, context, order, { payer: main, forAccount: account, offers });
  const approvedAs = context.idempotent?.key.sk ?? null;
  const after: Order = { ...bill.order, status, approvedAs, version: newVersion() };
  const change = {
    actions: [
      orderRow(after, order.version),
      accountUnchanged(account),
      ...bill.actions,
      told(after, main, context.now),
    ],
    activity: [...orderActivity(order, after), ...bill.activity],
    outbox: bill.outbox,
    underWay: true as const,
  };
  requireFits(change);
  await commit(dependencies, context, change);
  return after;
}

/** @throws Problem where somebody decided before */
function requireUndecided({ status }: Order): void {
  if (status === 'awaiting-main-account') return;
  throw new Problem('already-decided', `This order waits no more: it is ${status}.`);
}

/** Nothing is approved that cannot be paid. */
async function requireCredit({ table }: OrderDependencies, main: Account, order: Order): Promise<void> {
  const credit = await readCredit(table, main.id, order.currency);
  if (credit < order.total) throw conflict(`${main.name} has too little credit to pay this order with it.`);
}

/** The main account rejects an order that waits for it; whoever placed it is told why. */
export async function rejectWaiting(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
  reason: string,
): Promise<Reply> {
  const { order, main, account } = await loadWaiting(dependencies, context, orderId);
  requireMatch(context, order.version);
  requireUndecided(order);
  const after: Order = { ...order, status: movedOrder(order, 'decline'), reason, version: newVersion() };
  const reply = { body: orderView(after), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), told(after, main, context.now)],
    activity: orderActivity(order, after),
    outbox: [declinedMail(dependencies, account, after)],
    answer: reply,
  });
  return reply;
}

function declinedMail({ portalUrl }: OrderDependencies, account: Account, order: Order): MailTask {
  const { id, accountId, items, reason } = order;
  const mail = billingMail('order-rejected', account, {
    items: items.map((item) => item.description),
    reason: reason ?? '',
    amount: '',
    orderUrl: `${portalUrl}/accounts/${accountId}/orders/${id}`,
  });
  return { ...mail, mailKind: 'product', audience: { kind: 'list', list: 'product' } };
}

/** The account that ordered is told in the portal what became of it. */
function told({ id, accountId, status, reason }: Order, main: Account, now: Date): Rows['actions'][number] {
  const what = status === 'rejected' ? `rejected your order: ${reason ?? ''}` : 'approved your order';
  return notified(
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

interface Waiting {
  order: Order;
  account: Account;
  main: Account;
}

/**
 * An order that waits for a main account, as its people find it: under the path of the account that placed it, or of
 * their own, as deciding is an act of theirs.
 * @throws Problem where the caller is not of the main account, or may not order there
 */
async function loadWaiting(
  { orders, people, settings }: OrderDependencies,
  context: RequestContext,
  orderId: string,
): Promise<Waiting> {
  const { accountId } = context;
  const found = (await orders.get(accountId, orderId)) ?? (await orders.byId(orderId));
  const concerns = found?.accountId === accountId || found?.otherAccountId === accountId;
  if (!found || !concerns) throw notFound();
  const account = await people.account(found.accountId);
  if (!account) throw notFound();
  const link = linkOf(account, await settings());
  const main = link?.kind === 'aggregated' ? await people.account(link.mainAccountId) : undefined;
  if (!link || !main) throw conflict('This order waits for no main account.');
  if (accountId !== account.id && accountId !== main.id) throw notFound();
  const decision = decideBeneath(context.caller, link, 'orders', context.now);
  if (!decision.allowed && decision.because === 'unknown') throw ownOrder(account, main, context.authority);
  if (!decision.allowed) throw refusal(decision, context.caller, account, main);
  return { order: found, account, main };
}

/** People of the account that ordered cannot approve it. */
function ownOrder(account: Account, main: Account, authority: Authority) {
  const open = authority.kind === 'member' ? authority.grant.permissions : 0;
  return closedByProvider(
    'account-kind',
    `${account.name} is billed to ${main.name}, which decides on its orders.`,
    { title: "You don't have access to approving orders", areas: openAreas(account.id, open) },
  );
}

/** @throws Problem where the caller's grant in the main account lacks a permission */
function requireHome(
  { caller, now }: RequestContext,
  { account, main }: Waiting,
  required: 'invoices',
): void {
  const home = grantIn(caller, main.id, now);
  if (caller.staff || !home || includes(home.permissions, required)) return;
  const refused = { allowed: false, because: 'permission', grant: home, open: 0, required } as const;
  throw refusal(refused, caller, account, main);
}
