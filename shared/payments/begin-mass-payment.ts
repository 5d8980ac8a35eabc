import type { Action } from '../table/table.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { readCredit } from '../invoices/ledger/credit.ts';
import { newId, newVersion } from '../core/ids.ts';
import { toInstant } from '../core/clock.ts';
import type { Day } from '../core/day.ts';
import { conflict, notFound } from '../core/problem.ts';
import type { RequestContext } from '../http/request.ts';
import type { Actor } from '../write/actor.ts';
import { commit } from '../write/commit.ts';
import type { Reply } from '../write/idempotency.ts';
import type { Gateways } from './gateways/gateways.ts';
import {
  areUnchanged,
  closesAt,
  currencyOf,
  dueOf,
  itemsFor,
  type MassPayment,
  type MassPaymentItem,
  mostInvoices,
  statusAt,
  summaryView,
  underWay,
  type Wanted,
} from './mass-payment.ts';
import { massPaymentRow, summaryRow } from './payment-store.ts';
import { creditMethod } from './postings.ts';
import type { SettleDependencies } from './settle.ts';

export interface PaymentDependencies extends SettleDependencies {
  gateways: Gateways;
  /** Where staff are written to; empty for nowhere. */
  staffEmail: string;
  today(now: Date): Promise<Day>;
  warn(message: string, details: Record<string, unknown>): void;
}

/**
 * Creates the summary of a mass payment. Nothing is charged, and no invoice is held until a method is chosen. Whoever
 * asks for the same again gets the summary that they have not begun to pay.
 */
export async function beginMassPayment(
  dependencies: PaymentDependencies,
  context: RequestContext,
  requested: readonly (string | { id: string; amount?: Wanted['amount'] })[] | 'all-due',
): Promise<Reply> {
  const { invoices, payments } = dependencies;
  const { accountId, now, actor, caller } = context;
  const wanted = requested === 'all-due' ? await allDue(dependencies, accountId) : requested.map(wantedOf);
  const ids = wanted.map(({ id }) => id);
  const loaded = await invoices.getMany(accountId, ids);
  // The due invoices were read from an index: one paid a moment ago may still be listed.
  const candidates =
    requested === 'all-due' ? loaded.map((each) => (each?.status === 'unpaid' ? each : null)) : loaded;
  const wantedItems = wanted.filter((_, index) => candidates[index] !== null);
  const payable = candidates.filter((invoice) => invoice !== null);
  const items = itemsFor(wantedItems, payable);
  const last = await payments.lastSummary(accountId, caller.userId, items);
  const isOpen = last !== undefined && statusAt(last, now) === 'open';
  const open = isOpen && areUnchanged(last.items, items) ? last : null;
  const currency = currencyOf(payable.flatMap((each) => each ?? []));
  const payment = open ?? newMassPayment(accountId, items, currency, actor, now);
  // The view shows each item with its invoice, in the order of the items.
  const byId = new Map(payable.map((invoice) => [invoice?.id, invoice]));
  const body = summaryView(
    payment,
    payment.items.map(({ id }) => byId.get(id)),
    await methodsFor(dependencies, payment),
    await dependencies.today(now),
    now,
  );
  const reply = { body, location: `/v1/accounts/${accountId}/mass-payments/${payment.id}` };
  const actions = open ? [] : [massPaymentRow(payment, null, null), summaryRow(payment, caller.userId, last)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}

const wantedOf = (each: string | { id: string; amount?: Wanted['amount'] }): Wanted =>
  typeof each === 'string' ? { id: each, amount: undefined } : { id: each.id, amount: each.amount };

async function allDue({ invoices }: PaymentDependencies, accountId: string): Promise<Wanted[]> {
  const ids = await invoices.unpaid(accountId, mostInvoices + 1);
  if (ids.length > mostInvoices) {
    throw conflict(
      `More than ${mostInvoices} invoices are due: name those to pay, ${mostInvoices} at a time.`,
    );
  }
  return ids.map((id) => ({ id, amount: undefined }));
}

/** A mass payment of one invoice that is just being raised, and the row that opens it; null where nothing is due. */
export function massPaymentForInvoice(
  invoice: Invoice,
  createdBy: Actor,
  now: Date,
): { payment: MassPayment; action: Action } | null {
  if (invoice.status !== 'unpaid') return null;
  const items = itemsFor([{ id: invoice.id, amount: undefined }], [invoice]);
  const payment = newMassPayment(invoice.accountId, items, invoice.currency, createdBy, now);
  return { payment, action: massPaymentRow(payment, null, null) };
}

export function newMassPayment(
  accountId: string,
  items: MassPaymentItem[],
  currency: string,
  createdBy: Actor,
  now: Date,
): MassPayment {
  return {
    id: newId('massPayment', now),
    accountId,
    currency,
    status: 'open',
    items,
    createdBy,
    paidBy: null,
    createdAt: toInstant(now),
    closesAt: closesAt(now),
    intent: null,
    settlement: null,
    failure: null,
    version: newVersion(),
  };
}

/** A mass payment with its invoices. */
export async function showMassPayment(
  dependencies: PaymentDependencies,
  { accountId, now }: RequestContext,
  massPaymentId: string,
): Promise<Reply> {
  const payment = await dependencies.payments.massPayment(accountId, massPaymentId);
  if (!payment) throw notFound();
  return { body: await summaryOf(dependencies, payment, now), version: payment.version };
}

/** The methods that can pay exactly what is due: of the account's credit, where it suffices. */
async function methodsFor({ gateways, table }: PaymentDependencies, payment: MassPayment) {
  const { accountId, currency } = payment;
  const amount = dueOf(payment);
  const methods = await gateways.methods({ amount, currency });
  if (!methods.some(({ id }) => id === creditMethod)) return methods;
  const credit = await readCredit(table, accountId, currency);
  return credit >= amount ? methods : methods.filter(({ id }) => id !== creditMethod);
}

export async function summaryOf(dependencies: PaymentDependencies, payment: MassPayment, now: Date) {
  const { invoices, today } = dependencies;
  const ids = payment.items.map((item) => item.id);
  const loaded = await invoices.getMany(payment.accountId, ids);
  return summaryView(payment, loaded, await methodsFor(dependencies, payment), await today(now), now);
}

/**
 * Cancels a payment that the payer did not complete and releases its invoices.
 * @throws Problem `payment-in-progress` where the gateway may take the money
 * @throws Problem `conflict` where the payment went through
 */
export async function cancelMassPayment(
  dependencies: PaymentDependencies,
  context: RequestContext,
  massPaymentId: string,
): Promise<Reply> {
  const { payments, gateways } = dependencies;
  const { accountId, now } = context;
  const payment = await payments.massPayment(accountId, massPaymentId);
  if (!payment) throw notFound();
  const { status, intent } = payment;
  if (status === 'succeeded' || status === 'settling') throw conflict('This payment went through.');
  if (status === 'processing' && intent) {
    if (intent.state !== 'begun') {
      throw underWay(payment, 'The gateway has not said yet whether it took the money.', now);
    }
    const { reference } = intent;
    const ended = await gateways
      .get(intent.method)
      ?.expire({ key: payment.id, accountId, reference })
      .then(({ kind }) => kind === 'failed' || kind === 'absent')
      .catch(() => false);
    if (ended === false) throw underWay(payment, 'The gateway is taking this payment.', now);
  }
  const after: MassPayment = {
    ...payment,
    status: status === 'failed' || status === 'expired' ? status : 'cancelled',
    failure: payment.failure ?? 'It was cancelled.',
    version: newVersion(),
  };
  const reply = { body: await summaryOf(dependencies, after, now), version: after.version };
  const actions = [massPaymentRow(after, payment.version, null)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}
