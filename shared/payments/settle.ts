import { addCreditRows, useCreditRows, readCredit } from '../invoices/ledger/credit.ts';
import { balanceOf, type Invoice, sum, withPaid } from '../invoices/invoice.ts';
import { documentsTask } from '../invoices/documents/document-task.ts';
import { billingMail } from '../invoices/invoice-mail.ts';
import { invoiceChanged, type InvoiceStore } from '../invoices/invoice-store.ts';
import { type BookDay, bookDay, openDay } from '../invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../invoices/ledger/journal.ts';
import type { OutboxTask } from '../write/outbox-task.ts';
import { moneyText } from '../core/money.ts';
import { paidTask } from '../invoices/paid-task.ts';
import { absent, type Action } from '../table/table.ts';
import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import { conflict, notFound } from '../core/problem.ts';
import type { Account } from '../accounts/people.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import {
  type Change,
  commit,
  portalContext,
  StaleRead,
  retryWhileStale,
  type WriteContext,
  type WriteDependencies,
} from '../write/commit.ts';
import type { Reply } from '../write/idempotency.ts';
import { unpaidItems } from './bank/transfer.ts';
import { bankTransferMethod } from './gateways/gateways.ts';
import { dueOf, type MassPayment, type MassPaymentItem, type Settlement } from './mass-payment.ts';
import type { Payment } from './payment.ts';
import { massPaymentRow, paymentRow, type PaymentStore, settledRow } from './payment-store.ts';
import { creditMethod, incomingPostings, stepRows } from './postings.ts';

export interface SettleDependencies extends WriteDependencies {
  invoices: InvoiceStore;
  payments: PaymentStore;
  people: PeopleStore;
  portalUrl: string;
  providerName: string;
}

/** The invoices in one transaction: with all the other rows that there can be at most a hundred. */
const invoicesPerStep = 80;

/** Money that a gateway took for a mass payment; amounts in minor units of its currency. */
export interface Received {
  method: string;
  reference: string;
  amount: number;
  feeAmount: number;
  /** The id of the payment to record, where it was answered already. */
  paymentId?: string;
  /** The day on which staff say that it came, for money outside any gateway. */
  receivedOn?: string;
}

/** What else is written with a settlement. */
export interface SettlementExtras {
  /** Rows of the transaction that books the money. */
  rows?: (record: Payment) => Action[];
  /** The answer to the caller, stored with the last transaction. */
  answer?: (record: Payment) => Reply;
}

/**
 * Books money received for a mass payment, once for each reference however often it is reported: each invoice gets its
 * part, an excess becomes credit, and mail is sent. Runs in one transaction, or in several that resume where they
 * stopped: call it again with the same money.
 */
export async function settle(
  dependencies: SettleDependencies,
  accountId: string,
  massPaymentId: string,
  received: Received,
  now: Date,
  /** The mass payment, if it was just read. */
  known?: MassPayment,
): Promise<void> {
  let read = known;
  await retryWhileStale(async () => {
    const payment = read ?? (await dependencies.payments.massPayment(accountId, massPaymentId));
    read = undefined;
    if (!payment) throw notFound();
    const { settlement } = payment;
    if (settlement && settlement.reference !== received.reference) {
      return creditDuplicate(dependencies, payment, received, now);
    }
    if (payment.status !== 'succeeded')
      await runSettlement(dependencies, payment, received, portalContext(now));
  });
}

/** Goes on with a settlement that stopped half way, if nobody else has finished it. */
export async function continueSettlement(
  dependencies: SettleDependencies,
  accountId: string,
  massPaymentId: string,
  now: Date,
): Promise<void> {
  await retryWhileStale(async () => {
    const payment = await dependencies.payments.massPayment(accountId, massPaymentId);
    if (payment?.status !== 'settling') return;
    await runSettlement(dependencies, payment, payment.settlement!, portalContext(now));
  });
}

/**
 * Runs the rest of a settlement: up to 80 invoices in the transaction that books the money, further ones in later
 * transactions. `context` applies to the first transaction. Says what was recorded.
 * @throws StaleRead where anything has changed since it was read; transactions committed by then stay
 */
export async function runSettlement(
  dependencies: SettleDependencies,
  payment: MassPayment,
  received: Received,
  context: WriteContext,
  { rows = () => [], answer }: SettlementExtras = {},
): Promise<Payment> {
  const { invoices, people } = dependencies;
  const { accountId, items } = payment;
  const ids = items.map((item) => item.id);
  const [loadedInvoices, account] = await Promise.all([
    invoices.getMany(accountId, ids),
    people.account(accountId),
  ]);
  const byId = new Map(loadedInvoices.map((invoice) => [invoice?.id, invoice]));
  const notices = { account: account ?? { id: accountId, name: '' }, byId };
  let current = payment;
  let stepContext = context;
  for (;;) {
    const step = await settleStep(dependencies, current, received, context.now, notices);
    const { record } = step;
    const replies = step.finished ? (answer ? { answer: answer(record) } : {}) : { underWay: true as const };
    const actions = current.settlement ? step.change.actions : [...step.change.actions, ...rows(record)];
    await commit(dependencies, stepContext, { ...step.change, actions, ...replies });
    if (step.finished) return record;
    current = step.after;
    stepContext = { ...portalContext(context.now), idempotent: context.idempotent };
  }
}

interface Loaded {
  account: Pick<Account, 'id' | 'name'>;
  byId: ReadonlyMap<string | undefined, Invoice | undefined>;
}

async function settleStep(
  dependencies: SettleDependencies,
  payment: MassPayment,
  received: Received,
  now: Date,
  read: Loaded,
): Promise<{ change: Change; finished: boolean; after: MassPayment; record: Payment }> {
  const isFirst = payment.settlement === null;
  const wanted = payment.settlement?.bookedOn ?? received.receivedOn;
  const day = await openDay(dependencies.table, now, wanted);
  const started = payment.settlement ?? newSettlement(received, day);
  const items = payment.items.slice(started.done, started.done + invoicesPerStep);
  const parts = allocate(items, read.byId, started.unallocated);
  const settlement: Settlement = {
    ...started,
    done: started.done + items.length,
    unallocated: started.unallocated - sum(parts.map((part) => part.amount)),
    allocations: [...started.allocations, ...parts.map(allocationOf)],
  };
  const finished = settlement.done >= payment.items.length;
  const excess = finished ? settlement.unallocated : 0;
  // Credit is spent only on what was displayed as due.
  if (isFirst && excess > 0 && received.method === creditMethod) throw new StaleRead();
  const settled = { ...payment, settlement, failure: null, version: newVersion() };
  const record = recordOf(settled, finished, excess);
  const after = finished
    ? finishedPayment(payment, settled, read.byId)
    : { ...settled, status: 'settling' as const };
  const changed = parts.map(({ invoice, amount }) =>
    invoiceChanged(invoice, withPaid(invoice, amount, 'paid')),
  );
  const paid = changed.flatMap((each) => (each.after.status === 'paid' ? [each.after] : []));
  const actions = [
    massPaymentRow(after, payment.version, finished ? null : toInstant(now)),
    isFirst ? paymentRow(record, null, null) : settledRow(record),
    ...changed.map(({ action }) => action),
    ...(isFirst ? await creditRows(dependencies, payment, started, now) : []),
    ...stepRows(payment, started, parts, isFirst, excess, day),
    ...(excess > 0 ? addCreditRows(payment.accountId, creditFor(record, excess), now) : []),
  ];
  const notices = finished
    ? paymentNotices(read.account, dependencies.portalUrl, settled, record)
    : { activity: [], outbox: [] };
  const outbox = [...notices.outbox, ...paidTask(payment.accountId, paid)];
  return { change: { actions, ...notices, outbox }, finished, after, record };
}

/** The mass payment once its money is allocated. One whose transfer was too small stays what it was, for the rest. */
function finishedPayment(before: MassPayment, settled: MassPayment, byId: Loaded['byId']): MassPayment {
  const { settlement, intent } = settled;
  const items = intent?.method === bankTransferMethod ? unpaidItems(settled, byId) : [];
  if (items.length === 0) {
    return { ...settled, status: 'succeeded', settlement: { ...settlement!, unallocated: 0 } };
  }
  const status = before.status === 'settling' ? 'waiting' : before.status;
  const failure = before.failure;
  return {
    ...settled,
    status,
    failure,
    items,
    settlement: null,
    intent: { ...intent!, amount: dueOf({ items }) },
  };
}

const allocationOf = ({ invoice, amount }: { invoice: Invoice; amount: number }) => ({
  invoiceId: invoice.id,
  amount,
});

function newSettlement(received: Received, { on, now }: BookDay): Settlement {
  const { amount, paymentId = newId('payment', now) } = received;
  const at = toInstant(now);
  return { ...received, paymentId, at, bookedOn: on, done: 0, unallocated: amount, allocations: [] };
}

/** What each invoice gets: its allocation, as far as it is still owed and money is left. */
function allocate(
  items: readonly MassPaymentItem[],
  byId: Loaded['byId'],
  money: number,
): { invoice: Invoice; amount: number }[] {
  let left = money;
  return items.flatMap((item) => {
    const invoice = byId.get(item.id);
    if (invoice?.status !== 'unpaid') return [];
    const amount = Math.min(item.allocation, balanceOf(invoice), left);
    left -= amount;
    return amount > 0 ? [{ invoice, amount }] : [];
  });
}

function recordOf(payment: MassPayment, finished: boolean, excess: number): Payment {
  const { accountId, currency, createdBy, paidBy, id: massPaymentId } = payment;
  const { paymentId, at, amount, method, reference, feeAmount, allocations, ...settlement } =
    payment.settlement!;
  const bookedOn = settlement.bookedOn ?? at.slice(0, 10);
  return {
    id: paymentId,
    accountId,
    at,
    amount,
    currency,
    method,
    reference,
    status: finished ? 'succeeded' : 'processing',
    paidBy: paidBy ?? createdBy,
    receivedOn: settlement.receivedOn ?? bookedOn,
    bookedOn,
    feeAmount,
    allocations,
    toCredit: excess,
    refunds: [],
    massPaymentId,
    version: newVersion(),
  };
}

/**
 * The rows that take the money from the account's credit; none for other methods.
 * @throws Problem where the credit does not suffice
 */
async function creditRows(
  { table }: SettleDependencies,
  { accountId, currency }: MassPayment,
  { method, amount, paymentId }: Settlement,
  now: Date,
): Promise<Action[]> {
  if (method !== creditMethod) return [];
  const balance = await readCredit(table, accountId, currency);
  if (balance < amount) {
    throw conflict(`The account has ${moneyText({ amount: balance, currency })} of credit.`);
  }
  const used = { amount, currency, reason: 'Paid from credit', relatesTo: paymentId };
  return useCreditRows(accountId, used, balance, now);
}

function creditFor({ id, currency, method }: Payment, amount: number) {
  return { amount, currency, reason: `More than was due was paid (${method})`, relatesTo: id };
}

function paymentNotices(
  account: Loaded['account'],
  portalUrl: string,
  { accountId, currency, items }: MassPayment,
  record: Payment,
): Pick<Change, 'activity' | 'outbox'> {
  const { id, amount, method, paidBy, allocations } = record;
  return {
    activity: [
      {
        accountId,
        action: 'payment.received',
        subject: { kind: 'payment', id, name: moneyText({ amount, currency }) },
        before: null,
        after: { method, paidBy: paidBy.name, invoices: allocations.length },
      },
    ],
    outbox: receiptTasks(account, portalUrl, record, new Map(items.map((item) => [item.id, item.number]))),
  };
}

/** The one receipt of a payment and its print, and the word of what became credit. `numbers` are those of its invoices, by id. */
export function receiptTasks(
  account: Loaded['account'],
  portalUrl: string,
  { id, amount, currency, method, paidBy, allocations, toCredit }: Payment,
  numbers: ReadonlyMap<string, string | null>,
): OutboxTask[] {
  const text = (of: number) => moneyText({ amount: of, currency });
  const receipt = billingMail('payment-received', account, {
    amount: text(amount),
    method,
    paidBy: paidBy.name,
    invoices: allocations.slice(0, 100).map((part) => `${numbers.get(part.invoiceId)}: ${text(part.amount)}`),
    paymentUrl: `${portalUrl}/payments/${id}`,
  });
  const reason = 'More was paid than was due.';
  const credited = billingMail('credit-added', account, { amount: text(toCredit), reason, portalUrl });
  const printed = documentsTask([{ kind: 'receipt', accountId: account.id, id }]);
  return toCredit > 0 ? [printed, receipt, credited] : [printed, receipt];
}

/**
 * Books money that the gateway took a second time for this mass payment, under another reference: all of it becomes
 * credit.
 */
async function creditDuplicate(
  dependencies: SettleDependencies,
  payment: MassPayment,
  received: Received,
  now: Date,
): Promise<void> {
  const { accountId, currency } = payment;
  const duplicateKey = { pk: `GATEWAY-PAYMENT#${received.method}`, sk: received.reference };
  if (await dependencies.table.get(duplicateKey)) return;
  const id = newId('payment', now);
  const { amount } = received;
  const day = await bookDay(dependencies.table, now);
  const record: Payment = {
    id,
    accountId,
    at: toInstant(now),
    currency,
    ...received,
    status: 'succeeded',
    paidBy: payment.paidBy ?? payment.createdBy,
    receivedOn: day.on,
    bookedOn: day.on,
    allocations: [],
    toCredit: amount,
    refunds: [],
    massPaymentId: payment.id,
    version: newVersion(),
  };
  const account = (await dependencies.people.account(accountId)) ?? { id: accountId, name: '' };
  const postings: NewPosting[] = [...incomingPostings(received), { ledger: 'credit', amount: -amount }];
  await commit(dependencies, portalContext(now), {
    actions: [
      { put: { ...duplicateKey, accountId, id }, when: absent },
      paymentRow(record, null, null),
      ...addCreditRows(accountId, creditFor(record, amount), now),
      ...journalRow(accountId, { kind: 'payment', currency, postings, relatesTo: id }, day),
    ],
    ...paymentNotices(account, dependencies.portalUrl, payment, record),
  });
}
