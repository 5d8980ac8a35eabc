import { cancelled } from '../../shared/billing/cancel-invoice.ts';
import { newVersion } from '../../shared/domain/ids.ts';
import { notFound } from '../../shared/domain/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { movedOrder, orderView } from '../../shared/ordering/order.ts';
import { orderRow } from '../../shared/ordering/order-store.ts';
import { released } from '../../shared/renewing/release.ts';
import { type Change, commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { OrderDependencies } from './checkout.ts';

/** Takes an order back that was not paid: its invoice is cancelled, and what it would have renewed is due as before. */
export async function cancelOrder(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
): Promise<Reply> {
  const { accountId, now } = context;
  const { orders, invoices, people, portalUrl } = dependencies;
  const order = await orders.get(accountId, orderId);
  const account = await people.account(accountId);
  if (!order || !account) throw notFound();
  requireMatch(context, order.version);
  const status = movedOrder(order, 'cancel');
  const after = { ...order, status, version: newVersion() };
  const invoice = order.invoiceId ? await invoices.get(accountId, order.invoiceId) : undefined;
  const nothing: Change = { actions: [], activity: [], outbox: [] };
  const withInvoice = invoice?.status === 'unpaid' ? cancelled(invoice, account, portalUrl, now) : nothing;
  const { invoiceDaysBefore } = await dependencies.settings();
  const free = invoice ? await released(dependencies.table, invoice, invoiceDaysBefore) : [];
  const reply = { body: orderView(after), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...withInvoice.actions, ...free],
    activity: [
      {
        accountId,
        action: 'order.cancelled',
        subject: { kind: 'order', id: orderId, name: orderId },
        before: { status: order.status },
        after: { status },
      },
      ...withInvoice.activity,
    ],
    outbox: withInvoice.outbox,
    answer: reply,
  });
  return reply;
}
