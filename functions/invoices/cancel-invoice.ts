import { cancelled } from '../../shared/billing/cancel-invoice.ts';
import { invoiceView } from '../../shared/billing/invoice.ts';
import { notFound } from '../../shared/domain/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { Action, Table } from '../../shared/aws/table.ts';
import type { Invoice } from '../../shared/billing/invoice.ts';
import { newVersion } from '../../shared/domain/ids.ts';
import { orderRow, orderStore } from '../../shared/ordering/order-store.ts';
import { released } from '../../shared/renewing/release.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { loadInvoice } from './load-invoice.ts';
import type { InvoiceDependencies } from './raise-invoice.ts';

/** Cancels a draft, or an invoice that is not paid: what was paid of it, and its credit, is credit again. */
export async function cancelInvoice(
  dependencies: InvoiceDependencies,
  context: RequestContext,
  invoiceId: string,
): Promise<Reply> {
  const { invoices, people, portalUrl } = dependencies;
  const before = await loadInvoice(invoices, context, invoiceId);
  requireMatch(context, before.version);
  const account = await people.account(context.accountId);
  if (!account) throw notFound();
  const { after, ...rows } = cancelled(before, account, portalUrl, context.now);
  const { invoiceDaysBefore } = await dependencies.settings();
  const free = await released(dependencies.table, before, invoiceDaysBefore);
  const order = await orderCancelled(dependencies.table, before);
  const reply = {
    body: invoiceView(after, await dependencies.today(context.now)),
    version: after.version,
  };
  await commit(dependencies, context, {
    ...rows,
    actions: [...rows.actions, ...free, ...order],
    answer: reply,
  });
  return reply;
}

/** The order that the invoice was for goes with it. */
async function orderCancelled(table: Table, { accountId, orderId }: Invoice): Promise<Action[]> {
  const order = orderId === null ? undefined : await orderStore(table).get(accountId, orderId);
  if (order?.status !== 'awaiting-payment') return [];
  return [orderRow({ ...order, status: 'cancelled', version: newVersion() }, order.version)];
}
