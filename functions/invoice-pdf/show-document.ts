import { Problem, notFound, retryAfter } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { creditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import { documentKey, type DocumentRef } from '../../shared/invoices/documents/document-task.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import type { PaymentStore } from '../../shared/payments/payment-store.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

export interface DocumentFiles {
  read(key: string): Promise<Uint8Array | undefined>;
  exists(key: string): Promise<boolean>;
  downloadLink(key: string, fileName: string, contentType: 'application/pdf'): Promise<string>;
}

export interface ShowDocumentDependencies {
  invoices: InvoiceStore;
  creditNotes: Pick<ReturnType<typeof creditNoteStore>, 'get'>;
  payments: Pick<PaymentStore, 'payment'>;
  files: DocumentFiles;
  /** Has a document printed whose print is missing. */
  print(document: DocumentRef): Promise<void>;
}

const pdfType = 'application/pdf';
/** A document is printed within seconds of its number. */
const retrySeconds = 5;

/** The kept print of an issued document: the same bytes for ever. */
export async function showDocument(
  dependencies: ShowDocumentDependencies,
  context: RequestContext,
  ref: Omit<DocumentRef, 'accountId'>,
  accept: string,
): Promise<Reply> {
  const { files } = dependencies;
  const document = { ...ref, accountId: context.accountId };
  const fileName = await fileNameOf(dependencies, document);
  const key = documentKey(document);
  if (accept.includes(pdfType)) {
    const bytes = await files.read(key);
    if (bytes) return { raw: { contentType: pdfType, bytes } };
  } else if (await files.exists(key)) {
    return { body: { url: await files.downloadLink(key, fileName, pdfType) } };
  }
  // Told again, because what told of it first may be lost; printing twice changes nothing.
  await dependencies.print(document);
  throw new Problem('try-again', 'This document is being printed.', {}, retryAfter(retrySeconds));
}

/** @throws Problem where the account has no such document */
async function fileNameOf(
  { invoices, creditNotes, payments }: ShowDocumentDependencies,
  { kind, accountId, id, copy }: DocumentRef,
): Promise<string> {
  if (kind === 'invoice') {
    const { number, copies = [] } = (await invoices.get(accountId, id)) ?? {};
    if (!number || (copy !== undefined && !copies[copy - 1])) throw notFound();
    return `invoice-${number}${copy === undefined ? '' : `-copy-${copy}`}.pdf`;
  }
  if (kind === 'credit-note') {
    const note = await creditNotes.get(accountId, id);
    if (!note) throw notFound();
    return `credit-note-${note.number}.pdf`;
  }
  const payment = await payments.payment(accountId, id);
  // A payment that is still being allocated has nothing to be printed yet.
  if (!payment) throw notFound();
  return `receipt-${payment.receipt?.number ?? id}.pdf`;
}
