import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { undoInvoice, undoOrder } from '../../shared/orders/undo-order.ts';
import { requireFree } from '../../shared/payments/payment-store.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { loadInvoice, shownInvoice } from './load-invoice.ts';
import type { InvoiceDependencies } from './raise-invoice.ts';

/**
 * Cancels a draft or an unpaid invoice. What was paid of it, and its credit, becomes account credit. Its order is
 * cancelled too.
 */
export async function cancelInvoice(
  dependencies: InvoiceDependencies,
  context: RequestContext,
  invoiceId: string,
  { anyway }: { anyway: boolean },
): Promise<Reply> {
  const before = await loadInvoice(dependencies.invoices, context, invoiceId);
  requireMatch(context, before.version);
  if (!anyway) await requireFree(dependencies.payments, before, context.now);
  const { after, ...invoice } = await undoInvoice(
    dependencies,
    before,
    { key: 'reason.invoiceCancelled', values: { number: before.number ?? '' } },
    context.now,
  );
  const order = await undoOrder(dependencies.table, before);
  const body = await shownInvoice(dependencies, after, context.now);
  const reply = { body, version: after.version };
  await commit(dependencies, context, {
    actions: [...invoice.actions, ...order.actions],
    activity: [...invoice.activity, ...order.activity],
    outbox: invoice.outbox,
    answer: reply,
  });
  return reply;
}
