import { decideInLinkedAccount } from '../../shared/access/decide.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requestContext, requireMatch } from '../../shared/http/request.ts';
import { nextOrderStatus, type Order, orderActivity, orderView } from '../../shared/orders/order.ts';
import { orderRow } from '../../shared/orders/order-store.ts';
import { undoInvoice, noChange } from '../../shared/orders/undo-order.ts';
import { linkOf } from '../../shared/accounts/people.ts';
import { requireFree } from '../../shared/payments/payment-store.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { OrderDependencies } from './bill-order.ts';

/**
 * Cancels an unpaid order: its invoice is cancelled, and what it would have renewed is due as before.
 * @throws Problem `payment-in-progress` while it is being paid; `conflict` where it was paid, or is billed to an account that the caller cannot act for
 */
export async function cancelOrder(
  dependencies: OrderDependencies,
  request: RequestContext,
  orderId: string,
): Promise<Reply> {
  const order = await dependencies.orders.get(request.accountId, orderId);
  if (!order) throw notFound();
  requireMatch(request, order.version);
  const after: Order = { ...order, status: nextOrderStatus(order, 'cancel'), version: newVersion() };
  const context = await asPayer(dependencies, request, order);
  const { payerId = order.accountId, invoiceId } = order;
  const invoice = invoiceId ? await dependencies.invoices.get(payerId, invoiceId) : undefined;
  if (invoice?.status === 'paid') throw conflict('This order was paid just now: it is on its way.');
  if (invoice) await requireFree(dependencies.payments, invoice, context.now);
  const undone =
    invoice?.status === 'unpaid'
      ? await undoInvoice(dependencies, invoice, { key: 'reason.orderCancelled' }, context.now)
      : noChange;
  const reply = { body: orderView(after, request), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...undone.actions],
    activity: [...orderActivity(order, after), ...undone.activity],
    outbox: undone.outbox,
    answer: reply,
  });
  return reply;
}

/**
 * The request with the caller's permissions in the account that is billed for the order.
 * @throws Problem where the caller cannot act for that account
 */
async function asPayer(
  { people, settings }: OrderDependencies,
  context: RequestContext,
  { accountId, payerId = accountId }: Order,
): Promise<RequestContext> {
  if (payerId === accountId || context.authority.kind === 'staff') return context;
  const account = await people.account(accountId);
  const link = account && linkOf(account, await settings());
  const decision =
    link?.mainAccountId === payerId
      ? decideInLinkedAccount(context.caller, link, 'orders', context.now)
      : null;
  if (decision?.allowed) return requestContext({ ...context, authority: decision.authority });
  throw conflict('Another account approved this order and is billed for it: ask there to have it cancelled.');
}
