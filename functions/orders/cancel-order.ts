import { newVersion } from '../../shared/domain/ids.ts';
import { conflict, notFound } from '../../shared/domain/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { movedOrder, type Order, orderActivity, orderView } from '../../shared/ordering/order.ts';
import { orderRow } from '../../shared/ordering/order-store.ts';
import { invoiceUndone, nothingUndone } from '../../shared/ordering/undo-order.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { OrderDependencies } from './bill-order.ts';

/** Takes an order back that was not paid: its invoice is cancelled, and what it would have renewed is due as before. */
export async function cancelOrder(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
): Promise<Reply> {
  const order = await dependencies.orders.get(context.accountId, orderId);
  if (!order) throw notFound();
  requireMatch(context, order.version);
  const after: Order = { ...order, status: movedOrder(order, 'cancel'), version: newVersion() };
  requirePayer(context, order);
  const { payerId = order.accountId, invoiceId } = order;
  const invoice = invoiceId ? await dependencies.invoices.get(payerId, invoiceId) : undefined;
  const undone =
    invoice?.status === 'unpaid' ? await invoiceUndone(dependencies, invoice, context.now) : nothingUndone;
  const reply = { body: orderView(after), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...undone.actions],
    activity: [...orderActivity(order, after), ...undone.activity],
    outbox: undone.outbox,
    answer: reply,
  });
  return reply;
}

/** @throws Problem where another account is billed for the order than the one in whose right it is taken back */
function requirePayer({ authority }: RequestContext, { accountId, payerId = accountId }: Order): void {
  if (payerId === accountId || authority.kind === 'staff') return;
  if (authority.kind === 'main-account' && authority.link.mainAccountId === payerId) return;
  throw conflict('Another account approved this order and is billed for it: ask there to have it cancelled.');
}
