import type { Totals } from '../invoices/invoice.ts';
import { amountsView } from '../invoices/invoice.ts';
import type { Day } from '../core/day.ts';
import { conflict } from '../core/problem.ts';

export interface Quote extends Totals {
  id: string;
  accountId: string;
  subject: string;
  /** The last day on which it can be accepted. */
  validUntil: Day;
  /** As decided by the client; expiry follows from the clock. */
  status: 'open' | 'accepted' | 'declined';
  /** The invoice raised by accepting it. */
  invoiceId: string | null;
  version: string;
  createdAt: string;
}

export type QuoteStatus = Quote['status'] | 'expired';

/** A quote's status on a day. */
export function quoteStatus({ status, validUntil }: Quote, today: Day): QuoteStatus {
  return status === 'open' && validUntil < today ? 'expired' : status;
}

/** @throws Problem where the quote is no longer open */
export function requireOpen(quote: Quote, today: Day): void {
  const status = quoteStatus(quote, today);
  if (status !== 'open') throw conflict(`This quote is ${status}.`);
}

export function quoteView(quote: Quote, today: Day) {
  const { id, subject, validUntil, invoiceId, createdAt, currency } = quote;
  const status = quoteStatus(quote, today);
  const amounts = amountsView(quote, (amount) => ({ amount, currency }));
  return { id, subject, status, validUntil, ...amounts, invoiceId, createdAt };
}
