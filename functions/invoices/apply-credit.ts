import { useCreditRows, readCredit } from '../../shared/invoices/ledger/credit.ts';
import { balanceOf, withPaid } from '../../shared/invoices/invoice.ts';
import { invoiceChanged } from '../../shared/invoices/invoice-store.ts';
import { bookDay } from '../../shared/invoices/ledger/book-day.ts';
import { journalRow } from '../../shared/invoices/ledger/journal.ts';
import { type Money, moneyText } from '../../shared/core/money.ts';
import { paidTask } from '../../shared/invoices/paid-task.ts';
import { invoiceActivity } from '../../shared/invoices/raise-invoice.ts';
import { conflict, invalid } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { loadInvoice, shownInvoice } from './load-invoice.ts';
import type { InvoiceDependencies } from './raise-invoice.ts';

/** Applies credit to an unpaid invoice: the named amount, or as much as the credit and the balance allow. */
export async function applyCredit(
  dependencies: InvoiceDependencies,
  context: RequestContext,
  invoiceId: string,
  requested: Money | undefined,
): Promise<Reply> {
  const { accountId, now } = context;
  const invoice = await loadInvoice(dependencies.invoices, context, invoiceId);
  requireMatch(context, invoice.version);
  const { currency, id, number } = invoice;
  if (invoice.status !== 'unpaid') throw conflict(`Invoice ${number ?? id} is ${invoice.status}.`);
  if (requested && requested.currency !== currency) {
    throw invalid([
      { path: 'amount.currency', code: 'not-allowed', message: `must be the invoice’s, ${currency}` },
    ]);
  }
  const available = await readCredit(dependencies.table, accountId, currency);
  const amount = requested?.amount ?? Math.min(available, balanceOf(invoice));
  if (amount > balanceOf(invoice)) throw conflict(`That is more than the balance of invoice ${number}.`);
  if (amount === 0 || amount > available) {
    throw conflict(`The account has ${moneyText({ amount: available, currency })} of credit.`);
  }
  const { action, after } = invoiceChanged(invoice, withPaid(invoice, amount, 'credit'));
  const postings = [
    { ledger: 'credit' as const, amount },
    { ledger: 'receivable' as const, amount: -amount, invoiceId: id },
  ];
  const day = await bookDay(dependencies.table, now);
  const used = { amount, currency, reason: `Applied to invoice ${number}`, relatesTo: id };
  const reply = { body: await shownInvoice(dependencies, after, now), version: after.version };
  await commit(dependencies, context, {
    actions: [
      action,
      ...useCreditRows(accountId, used, available, now),
      ...journalRow(accountId, { kind: 'credit', currency, postings, relatesTo: id }, day),
    ],
    activity: [
      invoiceActivity(after, 'invoice.credit-applied', { credit: invoice.credit }, { credit: after.credit }),
    ],
    outbox: after.status === 'paid' ? paidTask(accountId, [after]) : [],
    answer: reply,
  });
  return reply;
}
