import { type BoundRoute, on } from '../../shared/http/request.ts';
import * as routes from './routes.ts';
import { type InvoicePdfDependencies, showInvoicePdf } from './show-invoice-pdf.ts';

export function invoicePdfApi(dependencies: InvoicePdfDependencies): BoundRoute[] {
  return [
    on(routes.getInvoicePdf, ({ context, params, raw }) =>
      showInvoicePdf(dependencies, context, params['invoiceId']!, raw.headers['accept'] ?? ''),
    ),
  ];
}
