import { addCreditRows, useCreditRows, readCredit } from '../../invoices/ledger/credit.ts';
import { documentsTask } from '../../invoices/documents/document-task.ts';
import { sum } from '../../invoices/invoice.ts';
import { openAmounts, refundRows } from './refund-rows.ts';
import { billingMail } from '../../invoices/invoice-mail.ts';
import { bookDay } from '../../invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../../invoices/ledger/journal.ts';
import { type Money, moneyText, split } from '../../core/money.ts';
import type { Action } from '../../table/table.ts';
import { toInstant } from '../../core/clock.ts';
import { newId, newVersion } from '../../core/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../core/problem.ts';
import type { RequestContext } from '../../http/request.ts';
import { commit, portalContext, retryWhileStale, type WriteContext } from '../../write/commit.ts';
import type { Reply } from '../../write/idempotency.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import type { RefundState } from '../gateways/gateway.ts';
import { nextCheck } from '../mass-payment.ts';
import { leftOf, nextLookAt, type Payment, paymentView, type Refund, statusOfPayment } from '../payment.ts';
import { paymentRow } from '../payment-store.ts';
import { cashOf, creditMethod } from '../postings.ts';

/** Invoices in one transaction, each with its credit note and the entry that books it. */
const invoicesPerStep = 30;

export interface RefundInput {
  amount?: Money | undefined;
  reason: string;
  to: 'gateway' | 'credit';
  /** No credit note comes with it: its invoices are to be paid again. */
  owedAgain?: boolean | undefined;
}

/**
 * Refunds a payment or a part of it, over its allocations. The refund is written before the gateway is called, under a
 * key of its own; where the gateway gives no answer it stays pending until it does.
 * @throws Problem where that much cannot be refunded
 */
export async function refundPayment(
  dependencies: PaymentDependencies,
  context: RequestContext,
  paymentId: string,
  input: RefundInput,
): Promise<Reply> {
  const { accountId, now, idempotent } = context;
  const resumed = idempotent?.begun
    ? await findBegunRefund(dependencies, accountId, paymentId, context)
    : null;
  const refund = resumed ?? (await begin(dependencies, context, paymentId, input));
  await retryWhileStale(() => continueRefund(dependencies, accountId, paymentId, refund.id, now));
  return retryWhileStale(async () => {
    const payment = await dependencies.payments.payment(accountId, paymentId);
    if (!payment) throw notFound();
    const reply = { body: paymentView(payment), version: payment.version };
    const answerContext = { ...portalContext(now), idempotent };
    await commit(dependencies, answerContext, { actions: [], activity: [], outbox: [], answer: reply });
    return reply;
  });
}

/** The refund that this request started before its function stopped. */
async function findBegunRefund(
  { payments }: PaymentDependencies,
  accountId: string,
  paymentId: string,
  { idempotent }: WriteContext,
): Promise<Refund | null> {
  const payment = await payments.payment(accountId, paymentId);
  return payment?.refunds.find((refund) => refund.askedAs === idempotent!.key.sk) ?? null;
}

async function begin(
  dependencies: PaymentDependencies,
  context: RequestContext,
  paymentId: string,
  input: RefundInput,
): Promise<Refund> {
  const { accountId, now } = context;
  const payment = await dependencies.payments.payment(accountId, paymentId);
  if (!payment) throw notFound();
  const refundable = await openAmounts(dependencies, payment);
  const refund = newRefund(payment, input, context, refundable);
  const creditRows = refund.to === 'gateway' ? await reclaimCredit(dependencies, payment, refund, now) : [];
  const after = { ...payment, refunds: [...payment.refunds, refund], version: newVersion() };
  const amount = moneyText({ amount: refund.amount, currency: payment.currency });
  await commit(dependencies, context, {
    actions: [
      paymentRow(after, payment.version, nextCheck({ checks: 0, startedAt: refund.at }, now)),
      ...creditRows,
    ],
    activity: [
      {
        accountId,
        action: 'payment.refund-begun',
        subject: { kind: 'payment', id: paymentId, name: amount },
        before: null,
        after: { amount, to: refund.to, reason: refund.reason },
      },
    ],
    outbox: [],
    underWay: true,
  });
  return refund;
}

/** @throws Problem where that much cannot be refunded */
function newRefund(
  payment: Payment,
  input: RefundInput,
  { now, actor, idempotent }: RequestContext,
  refundable: readonly number[],
): Refund {
  const { currency } = payment;
  if (payment.status === 'processing')
    throw conflict('This payment is not settled yet: try again in a moment.');
  requireWithUs(payment);
  if (input.amount && input.amount.currency !== currency) {
    throw invalid([
      { path: 'amount.currency', code: 'not-allowed', message: `must be the payment’s, ${currency}` },
    ]);
  }
  const left = leftOf(payment);
  const amount = input.amount?.amount ?? left;
  if (amount > left || left === 0) {
    const text = moneyText({ amount: left, currency });
    throw new Problem('given-back', `${text} of this payment can be given back.`, {
      left: { amount: left, currency },
    });
  }
  const overInvoices = Math.min(amount, sum(refundable));
  const parts = split({ amount: overInvoices, currency }, refundable);
  const allocations = payment.allocations.map(({ invoiceId }, index) => ({
    invoiceId,
    amount: parts[index]!,
  }));
  return {
    id: newId('refund', now),
    at: toInstant(now),
    amount,
    reason: input.reason,
    // Payments from account credit are refunded to credit.
    to: payment.method === creditMethod ? 'credit' : input.to,
    status: 'pending',
    by: actor,
    allocations: allocations.filter((part) => part.amount > 0),
    fromCredit: amount - overInvoices,
    confirmed: false,
    done: 0,
    checks: 0,
    note: input.owedAgain ? 'none' : 'with',
    askedAs: idempotent?.key.sk ?? null,
  };
}

/** @throws Problem `conflict` where its gateway has, or may take, the money of a payment that was disputed */
function requireWithUs({ status, method }: Payment): void {
  if (status === 'disputed')
    throw conflict(`This payment is disputed at ${method}: nothing can be given back until that is decided.`);
  if (status === 'charged-back')
    throw conflict(`This payment was charged back by ${method}: its payer has the money already.`);
}

/** Takes back the credit that the payment had created, before the gateway refunds it. */
async function reclaimCredit(
  { table }: PaymentDependencies,
  { accountId, currency, id }: Payment,
  { fromCredit }: Refund,
  now: Date,
): Promise<Action[]> {
  if (fromCredit === 0) return [];
  const available = await readCredit(table, accountId, currency);
  if (available < fromCredit) {
    const text = moneyText({ amount: fromCredit, currency });
    throw new Problem(
      'given-back',
      `${text} of this payment became credit, which the account has used since.`,
      {
        left: { amount: available, currency },
      },
    );
  }
  const postings: NewPosting[] = [
    { ledger: 'credit', amount: fromCredit },
    { ledger: 'unallocated', amount: -fromCredit },
  ];
  const used = { amount: fromCredit, currency, reason: 'Given back', relatesTo: id };
  return [
    ...useCreditRows(accountId, used, available, now),
    ...journalRow(
      accountId,
      { kind: 'refund', currency, postings, relatesTo: id },
      await bookDay(table, now),
    ),
  ];
}

/** Continues a refund where it stopped: asks the gateway if needed, then processes the invoices. */
export async function continueRefund(
  dependencies: PaymentDependencies,
  accountId: string,
  paymentId: string,
  refundId: string,
  now: Date,
): Promise<void> {
  for (;;) {
    const payment = await dependencies.payments.payment(accountId, paymentId);
    const refund = payment?.refunds.find(({ id }) => id === refundId);
    if (!payment || refund?.status !== 'pending') return;
    if (!refund.confirmed) {
      const state = await askGateway(dependencies, payment, refund);
      if (state.kind === 'refunded') await confirm(dependencies, payment, refund, now);
      else if (state.kind === 'failed') await fail(dependencies, payment, refund, state.reason, now);
      else return postpone(dependencies, payment, refund, now);
    } else await refundStep(dependencies, payment, refund, now);
  }
}

async function askGateway(
  { gateways, warn }: PaymentDependencies,
  payment: Payment,
  { id, amount, to, reason }: Refund,
): Promise<RefundState> {
  if (to === 'credit') return { kind: 'refunded' };
  const gateway = gateways.get(payment.method);
  // Money received outside any gateway is refunded outside them by staff.
  if (!gateway) return { kind: 'refunded' };
  const { reference, currency } = payment;
  try {
    const known = await gateway.queryRefund({ key: id, reference });
    if (known.kind !== 'absent') return known;
    return await gateway.refund({ key: id, reference, amount: { amount, currency }, reason });
  } catch (error) {
    warn('A gateway gave no answer to a refund', { gateway: payment.method, paymentId: payment.id, error });
    return { kind: 'pending' };
  }
}

function withRefundChanges(payment: Payment, refund: Refund, changes: Partial<Refund>): Payment {
  const refunds = payment.refunds.map((each) => (each.id === refund.id ? { ...each, ...changes } : each));
  const after = { ...payment, refunds, version: newVersion() };
  return { ...after, status: statusOfPayment(after) };
}

async function postpone(
  dependencies: PaymentDependencies,
  payment: Payment,
  refund: Refund,
  now: Date,
): Promise<void> {
  const checks = refund.checks + 1;
  const after = withRefundChanges(payment, refund, { checks });
  const checkAt = nextCheck({ checks, startedAt: refund.at }, now);
  const actions = [paymentRow(after, payment.version, checkAt)];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
}

/** Books the refunded money; the steps that follow share it over the invoices. */
async function confirm(
  dependencies: PaymentDependencies,
  payment: Payment,
  refund: Refund,
  now: Date,
): Promise<void> {
  const { accountId, currency, method, id } = payment;
  const { amount, fromCredit, to } = refund;
  const after = withRefundChanges(payment, refund, { confirmed: true });
  // In a refund to credit, what already is credit does not move.
  const moved = to === 'credit' ? amount - fromCredit : amount;
  const postings: NewPosting[] = [
    { ledger: 'unallocated', amount: moved },
    { ledger: to === 'credit' ? 'credit' : cashOf(method), amount: -moved },
  ];
  const credit = { amount: moved, currency, reason: refund.reason, relatesTo: id };
  const day = await bookDay(dependencies.table, now);
  await commit(dependencies, portalContext(now), {
    actions: [
      paymentRow(after, payment.version, toInstant(now)),
      ...journalRow(accountId, { kind: 'refund', currency, postings, relatesTo: id }, day),
      ...(to === 'credit' && moved > 0 ? addCreditRows(accountId, credit, now) : []),
    ],
    activity: [],
    outbox: [],
  });
}

async function fail(
  dependencies: PaymentDependencies,
  payment: Payment,
  refund: Refund,
  reason: string,
  now: Date,
): Promise<void> {
  const { accountId, currency, id } = payment;
  const after = withRefundChanges(payment, refund, { status: 'failed' });
  const { fromCredit, to } = refund;
  const restoresCredit = to === 'gateway' && fromCredit > 0;
  const postings: NewPosting[] = [
    { ledger: 'unallocated', amount: fromCredit },
    { ledger: 'credit', amount: -fromCredit },
  ];
  const back = { amount: fromCredit, currency, reason: 'A refund failed', relatesTo: id };
  const day = await bookDay(dependencies.table, now);
  await commit(dependencies, portalContext(now), {
    actions: [
      paymentRow(after, payment.version, nextLookAt(after, now)),
      ...(restoresCredit ? addCreditRows(accountId, back, now) : []),
      ...(restoresCredit
        ? journalRow(accountId, { kind: 'refund', currency, postings, relatesTo: id }, day)
        : []),
    ],
    activity: [
      {
        accountId,
        action: 'payment.refund-failed',
        subject: { kind: 'payment', id, name: moneyText({ amount: refund.amount, currency }) },
        before: null,
        after: { reason },
      },
    ],
    outbox: [],
  });
}

/** Books the refund on up to 30 invoices; the last step completes it. */
async function refundStep(
  dependencies: PaymentDependencies,
  payment: Payment,
  refund: Refund,
  now: Date,
): Promise<void> {
  const { accountId, currency, id } = payment;
  const part = refund.allocations.slice(refund.done, refund.done + invoicesPerStep);
  const done = refund.done + part.length;
  const finished = done >= refund.allocations.length;
  const after = withRefundChanges(payment, refund, {
    done,
    ...(finished ? { status: 'succeeded' as const } : {}),
  });
  const day = await bookDay(dependencies.table, now);
  const rows = await refundRows(dependencies, payment, refund, part, day);
  const notes = rows.flatMap((row) => row.note);
  const missing = sum(rows.map((row) => row.missing));
  const available = missing === 0 ? 0 : await readCredit(dependencies.table, accountId, currency);
  const fromCredit = Math.min(missing, available);
  const used = { amount: fromCredit, currency, reason: 'Given back', relatesTo: id };
  const postings: NewPosting[] = [
    ...rows.flatMap((row) => row.owed),
    { ledger: 'credit', amount: fromCredit },
    { ledger: 'write-off', amount: missing - fromCredit },
    {
      ledger: 'unallocated',
      amount: sum(rows.map((row) => row.noted)) - sum(part.map(({ amount }) => amount)),
    },
  ];
  await commit(dependencies, portalContext(now), {
    actions: [
      paymentRow(after, payment.version, finished ? nextLookAt(after, now) : toInstant(now)),
      ...rows.flatMap((row) => row.actions),
      ...(fromCredit > 0 ? useCreditRows(accountId, used, available, now) : []),
      ...journalRow(accountId, { kind: 'refund', currency, postings, relatesTo: id }, day),
    ],
    activity: [],
    outbox: [
      ...(notes.length > 0 ? [documentsTask(notes)] : []),
      ...(finished ? [await mail(dependencies, payment, refund)] : []),
    ],
  });
}

async function mail({ people, portalUrl }: PaymentDependencies, payment: Payment, refund: Refund) {
  const account = (await people.account(payment.accountId)) ?? { id: payment.accountId, name: '' };
  return billingMail('payment-refunded', account, {
    amount: moneyText({ amount: refund.amount, currency: payment.currency }),
    to: refund.to === 'credit' ? 'your credit' : 'where it came from',
    reason: refund.reason,
    paymentUrl: `${portalUrl}/payments/${payment.id}`,
  });
}
