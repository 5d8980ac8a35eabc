import type { Invoice } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';

/** @throws Problem `not-found` for another account's invoice, and for one never issued unless the caller is staff */
export async function loadInvoice(
  invoices: InvoiceStore,
  { accountId, authority }: RequestContext,
  invoiceId: string,
): Promise<Invoice> {
  const invoice = await invoices.get(accountId, invoiceId);
  if (!invoice || (invoice.number === null && authority.kind !== 'staff')) throw notFound();
  return invoice;
}
