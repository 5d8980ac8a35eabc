import type * as z from 'zod';
import { type Invoice, invoiceView, totalsOf } from '../../shared/invoices/invoice.ts';
import { lineTaxes } from '../../shared/invoices/tax/line-taxes.ts';
import { invoiceRow, type InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import {
  draftInvoice,
  issueDraftChange,
  newInvoiceChange,
  type RaiseContext,
} from '../../shared/invoices/raise-invoice.ts';
import type { Day } from '../../shared/core/day.ts';
import { notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { begunRow } from '../../shared/accounts/currency/begun.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import type { PaymentStore } from '../../shared/payments/payment-store.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { loadInvoice } from './load-invoice.ts';
import type { newInvoice } from './schemas.ts';

export interface InvoiceDependencies extends WriteDependencies {
  invoices: InvoiceStore;
  people: PeopleStore;
  settings(): Promise<Settings>;
  payments: Pick<PaymentStore, 'holds'>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
  portalUrl: string;
  providerName: string;
}

/** Raises an invoice with its number, journal entry and mail, or writes a draft. */
export async function raiseInvoice(
  dependencies: InvoiceDependencies,
  context: RequestContext,
  input: z.output<typeof newInvoice>,
): Promise<Reply> {
  const raiseContext = await raiseContextOf(dependencies, context);
  const { account, settings, today } = raiseContext;
  const totals = totalsOf(input.lines, input.taxIncluded, lineTaxes(account, settings, today));
  const requested = { totals, taxIncluded: input.taxIncluded, dueOn: input.dueOn };
  const change = input.draft
    ? draftChange(draftInvoice(raiseContext, requested))
    : await newInvoiceChange(raiseContext, requested);
  const { invoice, ...rows } = change;
  const reply = replyWith(context, invoice, raiseContext.today);
  const actions = [...rows.actions, begunRow(account.id)];
  await commit(dependencies, context, { ...rows, actions, answer: reply });
  return reply;
}

function draftChange(invoice: Invoice) {
  // No activity: clients read the account's log but do not see drafts.
  return { invoice, actions: [invoiceRow(invoice)], activity: [], outbox: [] };
}

/** Issues a draft as written, with the next number and today's date. */
export async function issueDraft(
  dependencies: InvoiceDependencies,
  context: RequestContext,
  invoiceId: string,
): Promise<Reply> {
  const draft = await loadInvoice(dependencies.invoices, context, invoiceId);
  requireMatch(context, draft.version);
  const raiseContext = await raiseContextOf(dependencies, context);
  const { invoice, ...rows } = await issueDraftChange(raiseContext, draft);
  const reply = replyWith(context, invoice, raiseContext.today);
  await commit(dependencies, context, { ...rows, answer: reply });
  return reply;
}

async function raiseContextOf(
  dependencies: InvoiceDependencies,
  context: RequestContext,
): Promise<RaiseContext> {
  const { table, people, portalUrl, providerName } = dependencies;
  const { now, accountId } = context;
  const account = await people.account(accountId);
  if (!account) throw notFound();
  const settings = await dependencies.settings();
  const today = await dependencies.today(now);
  return { table, account, settings, portalUrl, providerName, today, now };
}

function replyWith({ accountId }: RequestContext, invoice: Invoice, today: Day): Reply {
  const location = `/v1/accounts/${accountId}/invoices/${invoice.id}`;
  return { body: invoiceView(invoice, today), version: invoice.version, location };
}
