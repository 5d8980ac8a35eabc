import { creditBook } from '../../shared/invoices/ledger/credit.ts';
import { creditNoteView } from '../../shared/invoices/credit-notes/credit-note.ts';
import { creditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import { taxedToday } from '../../shared/invoices/tax/taxed-today.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { adjustCredit } from './adjust-credit.ts';
import { applyCredit } from './apply-credit.ts';
import { cancelInvoice } from './cancel-invoice.ts';
import { loadInvoice, shownInvoice, shownInvoices } from './load-invoice.ts';
import { type InvoiceDependencies, issueDraft, raiseInvoice } from './raise-invoice.ts';
import * as routes from './routes.ts';
import { showCredit } from './show-credit.ts';

const isDraft = ({ status }: Invoice): boolean => status === 'draft';

export function invoicesApi(dependencies: InvoiceDependencies): BoundRoute[] {
  const { invoices, today } = dependencies;
  const notes = creditNoteStore(dependencies.table);
  return [
    on(routes.listInvoices, async ({ context, query, listScope }) => {
      const { accountId, authority, now } = context;
      const day = await today(now);
      const overdue = query.overdue === undefined ? undefined : query.overdue === 'true';
      const filter = { status: query.status, overdue, drafts: authority.kind === 'staff', today: day };
      const page = await pageOf(query, listScope, (part) => invoices.list(accountId, filter, part));
      const items = await taxedToday(dependencies, accountId, page.items, isDraft, day);
      return { body: { ...page, items: await shownInvoices(dependencies, accountId, items, now) } };
    }),
    on(routes.postInvoice, ({ context, body }) => raiseInvoice(dependencies, context, body)),
    on(routes.getInvoice, async ({ context, params }) => {
      const stored = await loadInvoice(invoices, context, params['invoiceId']!);
      const day = await today(context.now);
      const [invoice = stored] = await taxedToday(dependencies, context.accountId, [stored], isDraft, day);
      return { body: await shownInvoice(dependencies, invoice, context.now), version: invoice.version };
    }),
    on(routes.issueInvoice, ({ context, params }) => issueDraft(dependencies, context, params['invoiceId']!)),
    on(routes.cancelInvoice, ({ context, params, body }) =>
      cancelInvoice(dependencies, context, params['invoiceId']!, body),
    ),
    on(routes.applyCredit, ({ context, params, body }) =>
      applyCredit(dependencies, context, params['invoiceId']!, body.amount),
    ),
    on(routes.listCreditNotes, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => notes.list(context.accountId, part));
      return { body: { ...page, items: page.items.map(creditNoteView) } };
    }),
    on(routes.getCreditNote, async ({ context, params }) => {
      const note = await notes.get(context.accountId, params['creditNoteId']!);
      if (!note) throw notFound();
      return { body: creditNoteView(note) };
    }),
    on(routes.getCredit, ({ context, query, listScope }) =>
      showCredit(dependencies, creditBook(dependencies.table), context, query, listScope),
    ),
    on(routes.postCredit, ({ context, body }) => adjustCredit(dependencies, context, body)),
  ];
}
