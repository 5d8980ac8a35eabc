import type * as z from 'zod';
import { billingMail } from '../../shared/invoices/invoice-mail.ts';
import { totalsOf } from '../../shared/invoices/invoice.ts';
import { lineTaxes } from '../../shared/invoices/tax/line-taxes.ts';
import { moneyText } from '../../shared/core/money.ts';
import { newInvoiceChange } from '../../shared/invoices/raise-invoice.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { addDays, type Day } from '../../shared/core/day.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { begunRow } from '../../shared/accounts/currency/begun.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { type Quote, quoteView, requireOpen } from '../../shared/quotes/quote.ts';
import { quoteRow, type QuoteStore } from '../../shared/quotes/quote-store.ts';
import type { newQuote } from './schemas.ts';

export interface QuoteDependencies extends WriteDependencies {
  quotes: QuoteStore;
  people: PeopleStore;
  settings(): Promise<Settings>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
  portalUrl: string;
  providerName: string;
}

/** Offers a quote and mails it. */
export async function offerQuote(
  dependencies: QuoteDependencies,
  context: RequestContext,
  input: z.output<typeof newQuote>,
): Promise<Reply> {
  const { accountId, now } = context;
  const today = await dependencies.today(now);
  if (input.validUntil < today)
    throw invalid([{ path: 'validUntil', code: 'out-of-range', message: `must be ${today} or later` }]);
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  const settings = await dependencies.settings();
  const quote: Quote = {
    ...totalsOf(input.lines, false, lineTaxes(account, settings, today)),
    id: newId('quote', now),
    accountId,
    subject: input.subject,
    validUntil: input.validUntil,
    status: 'open',
    invoiceId: null,
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const location = `/v1/accounts/${accountId}/quotes/${quote.id}`;
  const reply = { body: quoteView(quote, today), version: quote.version, location };
  const mail = billingMail('quote-offered', account, {
    subject: quote.subject,
    total: moneyText({ amount: quote.total, currency: quote.currency }),
    validUntil: quote.validUntil,
    lines: quote.lines.slice(0, 50).map((line) => line.description),
    quoteUrl: `${dependencies.portalUrl}/quotes/${quote.id}`,
  });
  await commit(dependencies, context, {
    actions: [quoteRow(quote, null), begunRow(accountId)],
    activity: [activityOf(quote, 'quote.offered')],
    outbox: [mail],
    answer: reply,
  });
  return reply;
}

/** Accepts a quote and raises its invoice, once. */
export async function acceptQuote(
  dependencies: QuoteDependencies,
  context: RequestContext,
  quoteId: string,
): Promise<Reply> {
  const { accountId, now } = context;
  const { quote, today } = await loadOpen(dependencies, context, quoteId);
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  const settings = await dependencies.settings();
  const { table, portalUrl, providerName } = dependencies;
  const dueOn = addDays(today, settings['invoices.dueDays']);
  const raiseContext = { table, account, settings, portalUrl, providerName, today, now };
  const rows = await newInvoiceChange(raiseContext, { totals: quote, taxIncluded: false, dueOn });
  const { id: invoiceId, lines, subtotal, taxes, tax, total } = rows.invoice;
  const billed = { lines, subtotal, taxes, tax, total, invoiceId };
  const after = { ...quote, ...billed, status: 'accepted' as const, version: newVersion() };
  const reply = { body: quoteView(after, today), version: after.version };
  await commit(dependencies, context, {
    actions: [quoteRow(after, quote.version), ...rows.actions],
    activity: [activityOf(after, 'quote.accepted'), ...rows.activity],
    outbox: rows.outbox,
    answer: reply,
  });
  return reply;
}

export async function declineQuote(
  dependencies: QuoteDependencies,
  context: RequestContext,
  quoteId: string,
): Promise<Reply> {
  const { quote, today } = await loadOpen(dependencies, context, quoteId);
  const after = { ...quote, status: 'declined' as const, version: newVersion() };
  const reply = { body: quoteView(after, today), version: after.version };
  await commit(dependencies, context, {
    actions: [quoteRow(after, quote.version)],
    activity: [activityOf(after, 'quote.declined')],
    outbox: [],
    answer: reply,
  });
  return reply;
}

/** @throws Problem where the quote does not exist, has another version than the caller read, or is no longer open */
async function loadOpen(
  { quotes, today: dayOf }: QuoteDependencies,
  context: RequestContext,
  quoteId: string,
): Promise<{ quote: Quote; today: Day }> {
  const quote = await quotes.get(context.accountId, quoteId);
  if (!quote) throw notFound();
  requireMatch(context, quote.version);
  const today = await dayOf(context.now);
  requireOpen(quote, today);
  return { quote, today };
}

function activityOf({ accountId, id, subject, total, currency, invoiceId }: Quote, action: string) {
  const after = { total: { amount: total, currency }, ...(invoiceId ? { invoiceId } : {}) };
  return { accountId, action, subject: { kind: 'quote', id, name: subject }, before: null, after };
}
