import type { Invoice } from '../../shared/invoices/invoice.ts';
import { lineIdOf, standingLines } from '../../shared/invoices/credit-notes/credit-note.ts';
import { type Lowered, lowered } from '../../shared/invoices/credit-notes/lower-invoice.ts';
import { numbersOf } from '../../shared/invoices/numbers.ts';
import { moneyText } from '../../shared/core/money.ts';
import { addYears, type Day } from '../../shared/core/day.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { nextOrderStatus, type Order, orderActivity, orderView } from '../../shared/orders/order.ts';
import { orderRow } from '../../shared/orders/order-store.ts';
import { undoInvoice, noChange } from '../../shared/orders/undo-order.ts';
import { beginRefunds, noteRefunds } from '../../shared/payments/refunds/note-refunds.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { activated } from '../../shared/orders/settle-order.ts';
import type { OrderDependencies } from './bill-order.ts';
import { orderMails } from '../../shared/orders/order-mails.ts';

/** Starts a paid order for staff: its services run, and are invoiced, from that day on. */
export async function approveAsStaff(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
  startOn: Day,
): Promise<Reply> {
  const order = await load(dependencies, context, orderId);
  const after: Order = { ...order, status: nextOrderStatus(order, 'activate'), version: newVersion() };
  requireNear(startOn, await dependencies.today(context.now));
  const started = activated(order, startOn, await dependencies.settings(), context.now);
  const mails = await orderMails(dependencies, 'order-approved', order, { startOn });
  const reply = { body: orderView(after, context), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...started.actions],
    activity: [...orderActivity(order, after), ...started.activity],
    outbox: mails,
    answer: reply,
  });
  return reply;
}

/** @throws Problem for a day a year or more away, which is a mistake: every period since would be invoiced at once */
function requireNear(startOn: Day, today: Day): void {
  const [first, last] = [addYears(today, -1), addYears(today, 1)];
  if (startOn >= first && startOn <= last) return;
  throw invalid([
    { path: 'startOn', code: 'out-of-range', message: `must be a day from ${first} to ${last}` },
  ]);
}

/** Rejects an order for staff: an unpaid invoice is cancelled, and payments become credit or go back the way they came. */
export async function rejectAsStaff(
  dependencies: OrderDependencies,
  context: RequestContext,
  orderId: string,
  { reason, to }: { reason: string; to: 'credit' | 'gateway' },
): Promise<Reply> {
  const order = await load(dependencies, context, orderId);
  const after: Order = { ...order, status: nextOrderStatus(order, 'reject'), reason, version: newVersion() };
  const invoice = order.invoiceId
    ? await dependencies.invoices.get(order.payerId ?? order.accountId, order.invoiceId)
    : undefined;
  const undone = invoice ? await undoRejected(dependencies, invoice, { reason, to }, context.now) : noUndone;
  const back = undone.note?.back ?? 0;
  const refunds =
    undone.note && to === 'gateway' && back > 0 ? await noteRefunds(dependencies, context, undone.note) : [];
  const amount = back > 0 && to === 'credit' ? moneyText({ amount: back, currency: order.currency }) : '';
  const mails = await orderMails(dependencies, 'order-rejected', order, { reason, amount });
  const reply = { body: orderView(after, context), version: after.version };
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...undone.actions, ...refunds.map(({ action }) => action)],
    activity: [...orderActivity(order, after), ...undone.activity],
    outbox: [...mails, ...undone.outbox],
    answer: reply,
  });
  await beginRefunds(dependencies, refunds, context.now);
  return reply;
}

type Undone = typeof noChange & Partial<Pick<Lowered, 'note'>>;
const noUndone: Undone = noChange;

/**
 * Undoes an order's invoice: an unpaid one is cancelled; of a paid one a credit note takes off what is not delivered.
 * Renewals are submitted as soon as they are paid, and taken off one by one where they fail.
 */
async function undoRejected(
  dependencies: OrderDependencies,
  invoice: Invoice,
  { reason, to }: { reason: string; to: 'credit' | 'gateway' },
  now: Date,
): Promise<Undone> {
  if (invoice.status === 'unpaid') return undoInvoice(dependencies, invoice, reason, now);
  if (invoice.status !== 'paid') return noChange;
  const { table, people, portalUrl } = dependencies;
  const lines = standingLines(invoice).flatMap(([index, { relatesTo }]) => {
    const isRenewal = typeof relatesTo === 'object' && relatesTo?.kind === 'domain-renewal';
    return isRenewal ? [] : [{ line: lineIdOf(index) }];
  });
  if (lines.length === 0 || invoice.total === 0) return noChange;
  const today = await dependencies.today(now);
  const account = (await people.account(invoice.accountId)) ?? { id: invoice.accountId, name: '' };
  const context = { account, numbers: numbersOf(table, today), portalUrl, today, now };
  return lowered(context, invoice, { kind: 'lines', lines }, { reason, to });
}

async function load({ orders }: OrderDependencies, context: RequestContext, orderId: string): Promise<Order> {
  const order = await orders.byId(orderId);
  if (!order) throw notFound();
  requireMatch(context, order.version);
  return order;
}
