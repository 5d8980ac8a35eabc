import { notFound } from '../../shared/core/problem.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { copyInvoice, type CopyInvoiceDependencies } from './copy-invoice.ts';
import * as routes from './routes.ts';
import { showDocument, type ShowDocumentDependencies } from './show-document.ts';
import { showDraft, type ShowDraftDependencies } from './show-draft.ts';

export type InvoicePdfDependencies = ShowDocumentDependencies &
  ShowDraftDependencies &
  CopyInvoiceDependencies;

export function invoicePdfApi(dependencies: InvoicePdfDependencies): BoundRoute[] {
  const accepts = (raw: { headers: Record<string, string | undefined> }) => raw.headers['accept'] ?? '';
  return [
    on(routes.getInvoicePdf, async ({ context, params, raw }) => {
      const id = params['invoiceId']!;
      const invoice = await dependencies.invoices.get(context.accountId, id);
      return invoice?.number === null
        ? showDraft(dependencies, context, invoice, accepts(raw))
        : showDocument(dependencies, context, { kind: 'invoice', id }, accepts(raw));
    }),
    on(routes.postInvoiceCopy, ({ context, params, body }) =>
      copyInvoice(dependencies, context, params['invoiceId']!, body.reason),
    ),
    on(routes.getInvoiceCopyPdf, ({ context, params, raw }) => {
      const copy = Number(params['copy']);
      if (!Number.isInteger(copy) || copy < 1) throw notFound();
      const ref = { kind: 'invoice', id: params['invoiceId']!, copy } as const;
      return showDocument(dependencies, context, ref, accepts(raw));
    }),
    on(routes.getCreditNotePdf, ({ context, params, raw }) => {
      const ref = { kind: 'credit-note', id: params['creditNoteId']! } as const;
      return showDocument(dependencies, context, ref, accepts(raw));
    }),
    on(routes.getPaymentPdf, ({ context, params, raw }) => {
      const ref = { kind: 'receipt', id: params['paymentId']! } as const;
      return showDocument(dependencies, context, ref, accepts(raw));
    }),
  ];
}
