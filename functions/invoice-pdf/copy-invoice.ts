import { toInstant } from '../../shared/core/clock.ts';
import type { Day } from '../../shared/core/day.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { documentsTask } from '../../shared/invoices/documents/document-task.ts';
import { invoiceView } from '../../shared/invoices/invoice.ts';
import { invoiceChanged, type InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { invoiceActivity } from '../../shared/invoices/raise-invoice.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

export interface CopyInvoiceDependencies extends WriteDependencies {
  invoices: Pick<InvoiceStore, 'get'>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

const mostCopies = 50;

/** Has an invoice printed anew from the same data, marked with the day, where only its rendering was wrong. */
export async function copyInvoice(
  dependencies: CopyInvoiceDependencies,
  context: RequestContext,
  invoiceId: string,
  reason: string,
): Promise<Reply> {
  const { accountId, actor, now } = context;
  const invoice = await dependencies.invoices.get(accountId, invoiceId);
  if (!invoice) throw notFound();
  requireMatch(context, invoice.version);
  if (invoice.number === null)
    throw conflict('A draft is printed anew each time: only an issued invoice has copies.');
  const before = invoice.copies ?? [];
  if (before.length >= mostCopies) throw conflict(`Invoice ${invoice.number} has ${mostCopies} copies.`);
  const on = await dependencies.today(now);
  const copies = [...before, { on, at: toInstant(now), reason, by: actor.name }];
  const { action, after } = invoiceChanged(invoice, { copies });
  const copy = copies.length;
  const reply = {
    body: invoiceView(after, on),
    version: after.version,
    location: `/v1/accounts/${accountId}/invoices/${invoiceId}/copies/${copy}/pdf`,
  };
  await commit(dependencies, context, {
    actions: [action],
    activity: [invoiceActivity(after, 'invoice.copied', null, { copy, reason })],
    outbox: [documentsTask([{ kind: 'invoice', accountId, id: invoiceId, copy }])],
    answer: reply,
  });
  return reply;
}
