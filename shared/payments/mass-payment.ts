import { amountsView, balanceOf, type Hold, type Invoice, isOverdue, sum } from '../invoices/invoice.ts';
import { type Money, moneyText } from '../core/money.ts';
import { toInstant } from '../core/clock.ts';
import type { Day } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';
import { conflict, type FieldError, invalid, Problem } from '../core/problem.ts';
import type { Actor } from '../write/actor.ts';

/** How long a summary can be paid, and how long an uncompleted payment holds its invoices. */
export const openMinutes = 30;
/** The limit of invoices in one mass payment. */
export const mostInvoices = 500;

/** An invoice as displayed to the payer, and how much of it is paid here; amounts in minor units. */
export interface MassPaymentItem {
  id: string;
  number: string;
  version: string;
  subtotal: number;
  tax: number;
  total: number;
  credit: number;
  paid: number;
  balance: number;
  allocation: number;
}

/** The charge requested from a gateway. It is written before the gateway is called. */
export interface Intent {
  method: string;
  amount: number;
  startedAt: string;
  /** When the last repeated call to the gateway was about to be made. */
  triedAt?: string;
  /** Whether the gateway is known to have the charge: `unknown` until it answers, so money may have been taken. */
  state: 'unknown' | 'begun' | 'pending';
  reference: string | null;
  next: Next | null;
  /** How often the gateway was asked for the state of the charge. */
  checks: number;
}

export type Next = { type: 'redirect'; url: string } | { type: 'instructions'; text: string };

/** The money received, and how far it is allocated to the invoices. */
export interface Settlement {
  paymentId: string;
  method: string;
  reference: string;
  amount: number;
  feeAmount: number;
  at: string;
  /** The day on which staff say that it came, for money outside any gateway. */
  receivedOn?: string;
  /** The day of its journal entries; missing where an older release began it. */
  bookedOn?: string;
  /** How many of the items are processed. */
  done: number;
  unallocated: number;
  allocations: { invoiceId: string; amount: number }[];
}

/**
 * `waiting` for a bank transfer holds nothing. `holding` takes holds in several transactions, `settling` allocates in
 * several transactions. Both are shown as `processing`.
 */
export type MassPaymentStatus =
  | 'open'
  | 'waiting'
  | 'holding'
  | 'processing'
  | 'settling'
  | 'succeeded'
  | 'failed'
  | 'expired'
  | 'cancelled';

export interface MassPayment {
  id: string;
  accountId: string;
  currency: string;
  status: MassPaymentStatus;
  items: MassPaymentItem[];
  createdBy: Actor;
  /** Who chose a method; null before. */
  paidBy: Actor | null;
  createdAt: string;
  closesAt: string;
  intent: Intent | null;
  settlement: Settlement | null;
  failure: string | null;
  version: string;
}

/** What a payer wants to pay of one invoice; without an amount the whole balance. */
export interface Wanted {
  id: string;
  amount: Money | undefined;
}

const minuteMs = 60_000;

export const closesAt = (now: Date): string => new Date(now.getTime() + openMinutes * minuteMs).toISOString();

/** The amount to pay: the sum of the allocations. */
export const dueOf = ({ items }: Pick<MassPayment, 'items'>): number =>
  sum(items.map((item) => item.allocation));

/** Whether its holds block other payments of its invoices. */
export function isActive({ status, intent }: MassPayment, now: Date): boolean {
  if (status === 'settling') return true;
  if (!intent) return false;
  if (status === 'holding') return now.getTime() - Date.parse(intent.startedAt) < minuteMs;
  if (status !== 'processing') return false;
  // While the gateway's outcome is unknown or pending, nothing else may be charged.
  return intent.state !== 'begun' || !isAbandoned(intent, now);
}

/** The hold that it has on its invoices; null where it has none. */
export function holdOf(payment: MassPayment, now: Date): Hold | null {
  if (!isActive(payment, now)) return null;
  const { id: massPaymentId, status, intent } = payment;
  const begun = status === 'processing' && intent?.state === 'begun';
  const minutes = status === 'holding' ? 1 : begun ? openMinutes : null;
  if (minutes === null || !intent) return { massPaymentId, until: null };
  return { massPaymentId, until: toInstant(new Date(Date.parse(intent.startedAt) + minutes * minuteMs)) };
}

/** The refusal of a payment under way that names what is held, and by which payment until when. */
export function inProgress(detail: string, holds: readonly ({ invoiceId: string } & Hold)[]): Problem {
  const [first] = holds;
  const named = first ? { massPaymentId: first.massPaymentId } : {};
  return new Problem('payment-in-progress', detail, { ...named, heldBy: holds });
}

/** The same for a payment that is under way itself. */
export function underWay(payment: MassPayment, detail: string, now: Date): Problem {
  const hold = holdOf(payment, now);
  return inProgress(detail, hold ? payment.items.map(({ id }) => ({ invoiceId: id, ...hold })) : []);
}

/** Whether the payer left it uncompleted for so long that a new payment has to be started. */
export function isAbandoned(intent: Intent, now: Date): boolean {
  return now.getTime() - Date.parse(intent.startedAt) >= openMinutes * minuteMs;
}

export function statusAt(payment: MassPayment, now: Date): MassPaymentStatus {
  const { status } = payment;
  if (status === 'settling') return 'processing';
  if (status === 'holding') return isActive(payment, now) ? 'processing' : 'open';
  const closes = status === 'open' || status === 'waiting';
  if (closes && payment.closesAt <= now.toISOString()) return 'expired';
  return status;
}

/** Longer than any call to a gateway, which its caller waits for: earlier calls are over. */
const longestCallMs = 2 * minuteMs;

/**
 * Whether a call to the gateway may be in flight. While it may, `absent` is not conclusive: the gateway may know the
 * charge a moment later.
 */
export function mayBeInFlight({ startedAt, triedAt = startedAt }: Intent, now: Date): boolean {
  return now.getTime() - Date.parse(triedAt) < longestCallMs;
}

/**
 * The payment just before its gateway is called again. Written before the call, so that a concurrent reader does not
 * conclude anything from the gateway's `absent`.
 */
export function withAttempt(payment: MassPayment, now: Date): MassPayment {
  return { ...payment, intent: { ...payment.intent!, triedAt: toInstant(now) }, version: newVersion() };
}

/** When the gateway is asked next: after 1, 5 and 30 minutes, then every hour. */
export function nextCheck({ checks, startedAt }: Pick<Intent, 'checks' | 'startedAt'>, now: Date): string {
  const afterMinutes = [1, 5, 30];
  const minutes = afterMinutes[checks];
  const at =
    minutes === undefined ? now.getTime() + 60 * minuteMs : Date.parse(startedAt) + minutes * minuteMs;
  return new Date(Math.max(at, now.getTime())).toISOString();
}

/**
 * The items of a payment for these invoices, as they are now.
 * @throws Problem that names each invoice that cannot be paid, and why
 */
export function itemsFor(
  wanted: readonly Wanted[],
  invoices: readonly (Invoice | undefined)[],
): MassPaymentItem[] {
  requireDistinct(wanted);
  const invalidErrors: FieldError[] = [];
  const conflictErrors: FieldError[] = [];
  const items: MassPaymentItem[] = [];
  for (const [index, { amount }] of wanted.entries()) {
    const invoice = invoices[index];
    const path = `invoices.${index}`;
    if (!invoice || invoice.number === null) {
      invalidErrors.push({ path, code: 'not-found', message: 'is no invoice of this account' });
    } else if (invoice.status !== 'unpaid') {
      conflictErrors.push({
        path,
        code: 'not-allowed',
        message: `Invoice ${invoice.number} is ${invoice.status}`,
      });
    } else if (amount && amount.currency !== invoice.currency) {
      invalidErrors.push({
        path: `${path}.amount`,
        code: 'not-allowed',
        message: `must be in ${invoice.currency}`,
      });
    } else if (amount && amount.amount > balanceOf(invoice)) {
      const balance = moneyText({ amount: balanceOf(invoice), currency: invoice.currency });
      invalidErrors.push({
        path: `${path}.amount`,
        code: 'out-of-range',
        message: `is more than the balance of ${balance}`,
      });
    } else items.push(itemOf(invoice, amount?.amount ?? balanceOf(invoice)));
  }
  if (invalidErrors.length > 0) throw invalid(invalidErrors);
  if (conflictErrors.length > 0)
    throw new Problem('conflict', conflictErrors[0]!.message, { errors: conflictErrors });
  if (items.length === 0) throw conflict('Nothing is due.');
  currencyOf(invoices as Invoice[]);
  return items;
}

function requireDistinct(wanted: readonly Wanted[]): void {
  const seen = new Set<string>();
  for (const [index, { id }] of wanted.entries()) {
    if (seen.has(id))
      throw invalid([{ path: `invoices.${index}`, code: 'duplicate', message: 'stands twice' }]);
    seen.add(id);
  }
}

/** @throws Problem where the invoices have several currencies */
export function currencyOf(invoices: readonly Invoice[]): string {
  const currencies = [...new Set(invoices.map((invoice) => invoice.currency))];
  if (currencies.length > 1) {
    throw conflict(`These invoices are in ${currencies.join(' and ')}: pay each currency by itself.`);
  }
  return currencies[0]!;
}

function itemOf(invoice: Invoice, allocation: number): MassPaymentItem {
  const { id, number, version, subtotal, tax, total, credit, paid } = invoice;
  return {
    id,
    number: number ?? '',
    version,
    subtotal,
    tax,
    total,
    credit,
    paid,
    balance: balanceOf(invoice),
    allocation,
  };
}

/**
 * The items as of now: invoices no longer to be paid are dropped, no allocation exceeds its balance, and an item that
 * paid a whole invoice still does. Null where no invoice has changed.
 */
export function refreshedItems(
  items: readonly MassPaymentItem[],
  invoices: readonly (Invoice | undefined)[],
): MassPaymentItem[] | null {
  if (items.every((item, index) => invoices[index]?.version === item.version)) return null;
  return items.flatMap((item, index) => {
    const invoice = invoices[index];
    if (invoice?.status !== 'unpaid') return [];
    const balance = balanceOf(invoice);
    const whole = item.allocation === item.balance;
    return [itemOf(invoice, whole ? balance : Math.min(item.allocation, balance))];
  });
}

/** What the payer has to do next; null where there is nothing. */
export function nextOf({ intent }: MassPayment, status: MassPaymentStatus): Next | null {
  return status === 'processing' || status === 'waiting' ? (intent?.next ?? null) : null;
}

/** Whether every invoice still has the version that was displayed. */
export function areUnchanged(shown: readonly MassPaymentItem[], now: readonly MassPaymentItem[]): boolean {
  const versions = new Map(now.map(({ id, version }) => [id, version]));
  return shown.every(({ id, version }) => versions.get(id) === version);
}

/** A mass payment in a list: what it pays of which invoices, and how it stands. */
export function massPaymentView(payment: MassPayment, now: Date) {
  const { id, currency, intent, settlement, items, createdAt, createdBy, paidBy } = payment;
  const status = statusAt(payment, now);
  const money = (amount: number): Money => ({ amount, currency });
  return {
    id,
    status,
    next: nextOf(payment, status),
    paymentId: settlement?.paymentId ?? null,
    failure: payment.failure,
    method: intent?.method ?? settlement?.method ?? null,
    due: money(dueOf(payment)),
    invoices: items.map((item) => ({ id: item.id, number: item.number, allocation: money(item.allocation) })),
    createdAt,
    createdBy,
    paidBy,
    expiresAt: payment.closesAt,
  };
}

/** The summary: every invoice with its lines, what was paid of it before, and what is paid of it here. */
export function summaryView(
  payment: MassPayment,
  invoices: readonly (Invoice | undefined)[],
  paymentMethods: { id: string; label: string }[],
  today: Day,
  now: Date,
) {
  const { id, items, currency, intent } = payment;
  const money = (amount: number): Money => ({ amount, currency });
  const status = statusAt(payment, now);
  const total = (of: (item: MassPaymentItem) => number) => money(sum(items.map(of)));
  return {
    id,
    status,
    next: nextOf(payment, status),
    method: intent?.method ?? null,
    paymentId: payment.settlement?.paymentId ?? null,
    failure: payment.failure,
    invoices: items.map((item, index) => itemView(item, invoices[index], today, money)),
    totals: {
      subtotal: total((item) => item.subtotal),
      tax: total((item) => item.tax),
      taxes: taxesOf(invoices).map(({ rate, amount }) => ({ rate, amount: money(amount) })),
      credit: total((item) => item.credit),
      paid: total((item) => item.paid),
      due: money(dueOf(payment)),
    },
    paymentMethods,
    expiresAt: payment.closesAt,
  };
}

function itemView(
  item: MassPaymentItem,
  invoice: Invoice | undefined,
  today: Day,
  money: (amount: number) => Money,
) {
  const amounts = invoice && amountsView(invoice, money);
  return {
    id: item.id,
    number: item.number,
    issuedOn: invoice?.issuedOn ?? null,
    dueOn: invoice?.dueOn ?? '',
    overdue: invoice !== undefined && isOverdue(invoice, today),
    lines: amounts?.lines ?? [],
    taxes: amounts?.taxes ?? [],
    subtotal: money(item.subtotal),
    tax: money(item.tax),
    total: money(item.total),
    credit: money(item.credit),
    paid: money(item.paid),
    balance: money(item.balance),
    allocation: money(item.allocation),
  };
}

function taxesOf(invoices: readonly (Invoice | undefined)[]): { rate: string; amount: number }[] {
  const byRate = new Map<string, number>();
  for (const { rate, amount } of invoices.flatMap((invoice) => invoice?.taxes ?? [])) {
    byRate.set(rate, (byRate.get(rate) ?? 0) + amount);
  }
  return [...byRate].map(([rate, amount]) => ({ rate, amount }));
}
