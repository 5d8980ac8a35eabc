import type { Action, Table } from '../table/table.ts';
import { toInstant } from '../core/clock.ts';
import type { Day } from '../core/day.ts';
import { newId, newVersion } from '../core/ids.ts';
import { notificationRow } from '../notifications/notification.ts';
import type { Account } from '../accounts/people.ts';
import type { Change } from '../write/commit.ts';
import { type Invoice, invoiceMoves, nextInvoiceStatus, type Totals } from './invoice.ts';
import { documentsTask } from './documents/document-task.ts';
import { partiesOf } from './documents/parties.ts';
import type { Parties } from './documents/party.ts';
import { invoiceMail } from './invoice-mail.ts';
import { invoiceChanged, invoiceRow, numberRow } from './invoice-store.ts';
import { accountingTaxOf, taxBreakdown } from './tax/tax-breakdown.ts';
import { buyerTaxIdOf, lineTaxes, retaxed } from './tax/line-taxes.ts';
import type { Settings } from '../settings/settings.ts';
import { journalRow } from './ledger/journal.ts';
import { moneyText } from '../core/money.ts';
import { type Numbers, numbersOf } from './numbers.ts';
import { paidTask } from './paid-task.ts';

/** What raising any invoice needs. */
export interface RaiseContext {
  table: Table;
  account: Account;
  settings: Settings;
  portalUrl: string;
  /** The seller's on documents, where no other is set. */
  providerName: string;
  today: Day;
  now: Date;
  /** Of the transaction, where other documents are numbered in it too. */
  numbers?: Numbers;
}

export interface NewInvoice {
  totals: Totals;
  taxIncluded: boolean;
  dueOn: Day;
  orderId?: string | null;
  orderAccountId?: string;
}

type Rows = Pick<Change, 'actions' | 'activity' | 'outbox'>;

/** A draft has no number and no journal entry, and clients do not see it. */
export function draftInvoice(
  { account, now }: Pick<RaiseContext, 'account' | 'now'>,
  { totals, taxIncluded, dueOn, orderId = null, orderAccountId }: NewInvoice,
): Invoice {
  return {
    ...totals,
    id: newId('invoice', now),
    accountId: account.id,
    number: null,
    status: 'draft',
    taxIncluded,
    issuedOn: null,
    dueOn,
    credited: 0,
    credit: 0,
    paid: 0,
    refunded: 0,
    heldBy: '',
    version: newVersion(),
    createdAt: toInstant(now),
    orderId,
    ...(orderAccountId ? { orderAccountId } : {}),
  };
}

/**
 * The changes that raise an invoice: its number, row, journal entry and mail. An invoice with a total of 0 is paid
 * when issued. Fails where another invoice took the number: read and decide again.
 */
export async function newInvoiceChange(
  raiseContext: RaiseContext,
  newInvoice: NewInvoice,
): Promise<{ invoice: Invoice } & Rows> {
  const { number, actions: counted } = await numbersFor(raiseContext).next('invoice');
  const invoice = withNumber(raiseContext, draftInvoice(raiseContext, newInvoice), number);
  const { actions, ...rest } = await issueRows(raiseContext, invoice);
  return { invoice, actions: [...counted, invoiceRow(invoice), ...actions], ...rest };
}

/** The changes that issue a draft. */
export async function issueDraftChange(
  raiseContext: RaiseContext,
  draft: Invoice,
): Promise<{ invoice: Invoice } & Rows> {
  const { number, actions: counted } = await numbersFor(raiseContext).next('invoice');
  const issued = withNumber(raiseContext, draft, number);
  const { status, issuedOn, lines, subtotal, taxes, tax, total } = issued;
  const { seller, buyer, language, accountingTax, buyerTaxId } = issued;
  const amounts = { lines, subtotal, taxes, tax, total };
  const changed = invoiceChanged(draft, {
    number,
    status,
    issuedOn,
    ...amounts,
    credited: 0,
    seller,
    buyer,
    language,
    buyerTaxId,
    ...(accountingTax ? { accountingTax } : {}),
  });
  const { actions, ...rest } = await issueRows(raiseContext, changed.after);
  return { invoice: changed.after, actions: [...counted, changed.action, ...actions], ...rest };
}

/**
 * All that an invoice says is of the day on which it takes its number: its tax, the parties, the language. From here on
 * nothing of it changes.
 */
function withNumber(raiseContext: RaiseContext, draft: Invoice, number: string): Numbered {
  const { account, settings, providerName, today } = raiseContext;
  const status = nextInvoiceStatus(draft, 'issue');
  const taxed = retaxed(draft, draft.taxIncluded, lineTaxes(account, settings, today));
  const paidAlready = taxed.total === 0;
  const accounting = { currency: settings['provider.currency'], rates: settings['tax.exchangeRates'] };
  const breakdown = taxBreakdown(taxed.lines, taxed.taxIncluded);
  const accountingTax = accountingTaxOf(breakdown, taxed.currency, accounting, today);
  return {
    ...taxed,
    ...partiesOf(account, settings, providerName),
    ...(accountingTax ? { accountingTax } : {}),
    number,
    issuedOn: today,
    status: paidAlready ? invoiceMoves.settle.unpaid : status,
    buyerTaxId: buyerTaxIdOf(account),
  };
}

type Numbered = Invoice & Parties & Required<Pick<Invoice, 'buyerTaxId'>>;

async function issueRows(raiseContext: RaiseContext, invoice: Invoice): Promise<Rows> {
  const { account, portalUrl, now } = raiseContext;
  const { id, currency, subtotal, tax, total, dueOn } = invoice;
  const postings = [
    { ledger: 'receivable' as const, amount: total, invoiceId: id },
    { ledger: 'revenue' as const, amount: -subtotal },
    { ledger: 'tax' as const, amount: -tax },
  ];
  const day = await numbersFor(raiseContext).bookDay(now);
  return {
    actions: [
      numberRow(invoice),
      ...journalRow(account.id, { kind: 'invoice', currency, postings, relatesTo: id }, day),
      ...(invoice.status === 'paid' ? [] : [issuedNotification(invoice, now)]),
    ],
    activity: [
      invoiceActivity(invoice, 'invoice.issued', null, { total: { amount: total, currency }, dueOn }),
    ],
    outbox: [
      documentsTask([{ kind: 'invoice', accountId: account.id, id }]),
      invoiceMail('invoice-issued', invoice, account, portalUrl),
      ...(invoice.status === 'paid' ? paidTask(account.id, [invoice]) : []),
    ],
  };
}

function issuedNotification({ accountId, id, number, total, currency, dueOn }: Invoice, now: Date): Action {
  return notificationRow(
    {
      accountId,
      kind: 'invoice-issued',
      to: { permissions: ['invoices'] },
      text: `Invoice ${number} of ${moneyText({ amount: total, currency })} is due on ${dueOn}`,
      subject: { kind: 'invoice', id, name: number ?? '' },
      href: `/v1/accounts/${accountId}/invoices/${id}`,
    },
    now,
  );
}

export function invoiceActivity(
  { id, accountId, number }: Invoice,
  action: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
) {
  return { accountId, action, subject: { kind: 'invoice', id, name: number ?? 'Draft' }, before, after };
}

function numbersFor({ numbers, table, today }: RaiseContext): Numbers {
  return numbers ?? numbersOf(table, today);
}
