import * as z from 'zod';
import { accountPath, route } from '../../shared/http/route.ts';
import { line } from '../../shared/http/schemas.ts';
import { invoice } from '../../shared/invoices/schemas.ts';

const answer = z.object({ url: z.string() });
const asPdf = 'a link of five minutes, or the PDF itself with Accept: application/pdf';

export const getInvoicePdf = route({
  method: 'GET',
  path: `${accountPath}/invoices/{invoiceId}/pdf`,
  permission: 'invoices',
  summary: `The invoice as it was issued: ${asPdf}`,
  success: 200,
  answer,
});

export const postInvoiceCopy = route({
  method: 'POST',
  path: `${accountPath}/invoices/{invoiceId}/copies`,
  permission: 'staff:billing',
  summary: 'Print an issued invoice anew, marked with the day; the first print is kept',
  body: z.strictObject({ reason: line(500) }),
  success: 201,
  answer: invoice,
});

export const getInvoiceCopyPdf = route({
  method: 'GET',
  path: `${accountPath}/invoices/{invoiceId}/copies/{copy}/pdf`,
  permission: 'invoices',
  summary: `A copy of an invoice: ${asPdf}`,
  success: 200,
  answer,
});

export const getCreditNotePdf = route({
  method: 'GET',
  path: `${accountPath}/credit-notes/{creditNoteId}/pdf`,
  permission: 'invoices',
  summary: `The credit note as it was issued: ${asPdf}`,
  success: 200,
  answer,
});

export const getPaymentPdf = route({
  method: 'GET',
  path: `${accountPath}/payments/{paymentId}/pdf`,
  permission: 'invoices',
  summary: `The receipt of a payment: ${asPdf}`,
  success: 200,
  answer,
});

export const invoicePdfRoutes = [
  getInvoicePdf,
  postInvoiceCopy,
  getInvoiceCopyPdf,
  getCreditNotePdf,
  getPaymentPdf,
];
