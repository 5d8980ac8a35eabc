import { cancelled } from '../../shared/billing/cancel-invoice.ts';
import { newVersion } from '../../shared/domain/ids.ts';
import { conflict, notFound } from '../../shared/domain/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { movedOrder, orderActivity, orderView } from '../../shared/ordering/order.ts';
import { orderRow } from '../../shared/ordering/order-store.ts';
import { released } from '../../shared/renewing/release.ts';
import { type Change, commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { OrderDependencies } from './bill-order.ts';

/** Takes an order back that was not paid: its invoice is cancelled, and what it would have renewed is due as before. */
export async function cancelOrder(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
): Promise<Reply> {
  const { accountId, now } = context;
  const { orders, invoices, people, portalUrl } = dependencies;
  const order = await orders.get(accountId, orderId);
  if (!order) throw notFound();
  const { payerId = accountId, invoiceId } = order;
  const payer = await people.account(payerId);
  if (!payer) throw notFound();
  requireMatch(context, order.version);
  const status = movedOrder(order, 'cancel');
  if (payerId !== accountId && context.authority.kind === 'member') {
    throw conflict(`${payer.name} approved this order and is billed for it: ask there to have it cancelled.`);
  }
  const after = { ...order, status, version: newVersion() };
  const invoice = invoiceId ? await invoices.get(payerId, invoiceId) : undefined;
  const nothing: Change = { actions: [], activity: [], outbox: [] };
  const withInvoice = invoice?.status === 'unpaid' ? cancelled(invoice, payer, portalUrl, now) : nothing;
  const { invoiceDaysBefore } = await dependencies.settings();
  const free = invoice ? await released(dependencies.table, invoice, invoiceDaysBefore) : [];
  const reply = { body: orderView(after), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...withInvoice.actions, ...free],
    activity: [...orderActivity(order, after), ...withInvoice.activity],
    outbox: withInvoice.outbox,
    answer: reply,
  });
  return reply;
}
