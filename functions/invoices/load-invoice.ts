import { type Invoice, invoiceView } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { PaymentStore } from '../../shared/payments/payment-store.ts';
import type { Day } from '../../shared/core/day.ts';
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

/** What showing invoices needs. */
export interface ShowDependencies {
  payments: Pick<PaymentStore, 'holds'>;
  today(now: Date): Promise<Day>;
}

/** Invoices of an account as they are answered, with the payments that hold them. */
export async function shownInvoices(
  { payments, today }: ShowDependencies,
  accountId: string,
  invoices: readonly Invoice[],
  now: Date,
) {
  const [day, holds] = await Promise.all([today(now), payments.holds(accountId, invoices, now)]);
  return invoices.map((invoice) => invoiceView(invoice, day, holds.get(invoice.id)));
}

export async function shownInvoice(dependencies: ShowDependencies, invoice: Invoice, now: Date) {
  const [view] = await shownInvoices(dependencies, invoice.accountId, [invoice], now);
  return view!;
}
