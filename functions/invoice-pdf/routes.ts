import * as z from 'zod';
import { accountPath, route } from '../../shared/http/route.ts';

export const getInvoicePdf = route({
  method: 'GET',
  path: `${accountPath}/invoices/{invoiceId}/pdf`,
  permission: 'invoices',
  summary: 'The invoice as a PDF: a link of five minutes, or the PDF itself with Accept: application/pdf',
  success: 200,
  answer: z.object({ url: z.string() }),
});

export const invoicePdfRoutes = [getInvoicePdf];
