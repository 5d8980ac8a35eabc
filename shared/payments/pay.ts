import type { Invoice } from '../invoices/invoice.ts';
import { holdRow } from '../invoices/invoice-store.ts';
import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import { conflict, invalid, notFound, Problem } from '../core/problem.ts';
import type { RequestContext } from '../http/request.ts';
import { type Change, commit, portalContext, StaleRead } from '../write/commit.ts';
import type { Reply } from '../write/idempotency.ts';
import { readSettings } from '../settings/settings.ts';
import { type PaymentDependencies, summaryOf } from './begin-mass-payment.ts';
import { chargeOf, withChargeState } from './charges/charge-state.ts';
import { endAbandonedCharges } from './charges/end-abandoned.ts';
import type { ChargeState, Gateway } from './gateways/gateway.ts';
import {
  dueOf,
  inProgress,
  type Intent,
  type MassPayment,
  nextCheck,
  nextOf,
  refreshedItems,
  statusAt,
  underWay,
  withAttempt,
} from './mass-payment.ts';
import { creditorReference } from './bank/creditor-reference.ts';
import { transferRow, waitsUntil } from './bank/transfer.ts';
import { bankTransferMethod } from './gateways/gateways.ts';
import type { PayingContext } from './paying.ts';
import { massPaymentRow } from './payment-store.ts';
import { creditMethod } from './postings.ts';
import { continueSettlement, runSettlement, settle } from './settle.ts';

/** The invoices held in one transaction. */
const holdsPerStep = 90;
/** The numbers of invoices in a sentence; the refusal itself names all. */
const mostNamed = 5;

/**
 * Pays a mass payment with a method. The intent is written before the gateway is called, so that nothing is charged
 * twice wherever this stops: a repeated request or the janitor continues the payment under the same key.
 * @throws Problem `summary-changed` with the new summary where an invoice has changed since it was displayed; nothing
 * is charged
 * @throws Problem `payment-in-progress` where another payment holds an invoice
 */
export async function pay(
  dependencies: PaymentDependencies,
  context: PayingContext,
  massPaymentId: string,
  method: string,
): Promise<Reply> {
  const { payments, gateways } = dependencies;
  const { accountId, now, idempotent } = context;
  if (!idempotent)
    throw invalid([{ path: 'Idempotency-Key', code: 'required', message: 'is required to pay' }]);
  const gateway = gateways.get(method);
  if (!gateway)
    throw invalid([{ path: 'method', code: 'not-found', message: 'is none of the payment methods' }]);
  const payment = await payments.massPayment(accountId, massPaymentId);
  if (!payment) throw notFound();
  if (payment.status === 'processing') return resume(dependencies, context, gateway, payment);
  if (statusAt(payment, now) === 'waiting') return stillWaiting(dependencies, context, gateway, payment);
  requirePayable(payment, now, idempotent.begun === true);
  if (payment.status === 'settling') return resumeCredit(dependencies, context, payment);
  const invoices = await loadUnchanged(dependencies, context, payment);
  await endAbandonedCharges(dependencies, payment, invoices, now);
  await requireNotHeld(dependencies, payment, invoices, now);
  if (method === creditMethod) return payFromCredit(dependencies, context, payment);
  if (method === bankTransferMethod) return waitForTransfer(dependencies, context, gateway, payment);
  const started = await saveIntent(dependencies, context, payment, invoices, method);
  return start(dependencies, context, gateway, started);
}

/** @throws Problem where the payment is over or under way */
function requirePayable(payment: MassPayment, now: Date, isRepeat: boolean): void {
  const status = statusAt(payment, now);
  if (status === 'open' || (status === 'processing' && isRepeat)) return;
  if (status === 'processing') throw underWay(payment, 'This payment is under way.', now);
  if (status === 'succeeded') throw conflict('This was paid already.');
  throw conflict(`This payment has ${status}: begin a new one.`);
}

/** Continues a payment that was started. Another method is refused, as it would charge twice. */
async function resume(
  dependencies: PaymentDependencies,
  context: RequestContext,
  gateway: Gateway,
  payment: MassPayment,
): Promise<Reply> {
  const intent = payment.intent!;
  if (intent.method !== gateway.name) {
    throw underWay(payment, `It is being paid by ${intent.method}. Cancel that first.`, context.now);
  }
  if (intent.state === 'unknown') {
    const attempted = withAttempt(payment, context.now);
    const actions = [massPaymentRow(attempted, payment.version, nextCheck(intent, context.now))];
    await commit(dependencies, { ...context, idempotent: null }, { actions, activity: [], outbox: [] });
    return start(dependencies, context, gateway, attempted);
  }
  return answer(dependencies, context, payment);
}

/**
 * Waits for a bank transfer, which may never come: it holds no invoice. Its reference finds it when staff record the
 * money.
 */
async function waitForTransfer(
  dependencies: PaymentDependencies,
  context: PayingContext,
  gateway: Gateway,
  payment: MassPayment,
): Promise<Reply> {
  const { now, actor } = context;
  const { settings } = await readSettings(dependencies.table);
  const begun: MassPayment = {
    ...payment,
    status: 'waiting',
    paidBy: actor,
    closesAt: waitsUntil(now, settings['payments.bankDays']),
    intent: { ...intentFor(payment, gateway.name, now), reference: creditorReference(payment.id) },
  };
  const charge = chargeOf(begun, dependencies.portalUrl);
  // Nobody takes money here: what it says is all that it does, and is the same when it is said again.
  const state = await gateway.start({ ...charge, transferReference: begun.intent!.reference! });
  if (state.kind !== 'instructions') throw new Error(`A transfer is ${state.kind}`);
  const after = withChargeState(begun, state);
  const reply = { body: bodyOf(after, now), version: after.version };
  const actions = [massPaymentRow(after, payment.version, null), transferRow(payment)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}

/** Answers what a transfer waits for once more. @throws Problem `conflict` for another method */
async function stillWaiting(
  dependencies: PaymentDependencies,
  context: RequestContext,
  gateway: Gateway,
  payment: MassPayment,
): Promise<Reply> {
  if (payment.intent!.method === gateway.name) return answer(dependencies, context, payment);
  throw conflict('It waits for a bank transfer: cancel it, or begin another for what you pay otherwise.');
}

/**
 * The invoices, if none has changed since it was displayed to the payer.
 * @throws Problem `summary-changed` with the new summary, which is stored
 */
async function loadUnchanged(
  dependencies: PaymentDependencies,
  context: RequestContext,
  payment: MassPayment,
): Promise<Invoice[]> {
  const { accountId, now } = context;
  const ids = payment.items.map((item) => item.id);
  const loaded = await dependencies.invoices.getMany(accountId, ids);
  const items = refreshedItems(payment.items, loaded);
  if (items === null) return loaded as Invoice[];
  const status = items.length === 0 ? ('expired' as const) : payment.status;
  const after = { ...payment, items, status, version: newVersion() };
  const actions = [massPaymentRow(after, payment.version, null)];
  // Nothing was done, so no answer is stored for a repeat.
  await commit(dependencies, { ...context, idempotent: null }, { actions, activity: [], outbox: [] });
  const summary = await summaryOf(dependencies, after, now);
  throw new Problem('summary-changed', 'An invoice has changed since you were shown it. Nothing was paid.', {
    summary,
  });
}

/** @throws Problem naming the invoices that other payments hold */
async function requireNotHeld(
  { payments }: PaymentDependencies,
  payment: MassPayment,
  invoices: readonly Invoice[],
  now: Date,
): Promise<void> {
  const others = invoices.filter(({ heldBy }) => heldBy !== payment.id);
  const holds = await payments.holds(payment.accountId, others, now);
  const held = others.filter(({ id }) => holds.has(id));
  if (held.length === 0) return;
  const numbers = held.map(({ number }) => number);
  const shown = numbers.slice(0, mostNamed).join(', ');
  const detail =
    numbers.length === 1
      ? `Invoice ${shown} is being paid by another payment.`
      : `Invoices ${shown}${numbers.length > mostNamed ? ' and more' : ''} are being paid by other payments.`;
  throw inProgress(
    detail,
    held.map(({ id }) => ({ invoiceId: id, ...holds.get(id)! })),
  );
}

function intentFor(payment: MassPayment, method: string, now: Date): Intent {
  const amount = dueOf(payment);
  const startedAt = toInstant(now);
  return { method, amount, startedAt, state: 'unknown', reference: null, next: null, checks: 0 };
}

/**
 * Writes the intent and takes the holds on the invoices. The payment's row, which names all its invoices, is written first
 * and last alone: whoever ends the payment meanwhile makes the last step fail, and the holds taken by then count for nothing.
 */
async function saveIntent(
  dependencies: PaymentDependencies,
  context: RequestContext,
  payment: MassPayment,
  invoices: readonly Invoice[],
  method: string,
): Promise<MassPayment> {
  const { now } = context;
  const intent = intentFor(payment, method, now);
  let current = payment;
  for (let done = 0; ; done += holdsPerStep) {
    const isLast = done + holdsPerStep >= invoices.length;
    const actions = invoices.slice(done, done + holdsPerStep).map((invoice) => holdRow(invoice, payment.id));
    if (done === 0 || isLast) {
      const status = isLast ? ('processing' as const) : ('holding' as const);
      const after = { ...current, status, intent, paidBy: context.actor, version: newVersion() };
      actions.push(massPaymentRow(after, current.version, isLast ? nextCheck(intent, now) : null));
      current = after;
    }
    await commit(dependencies, context, { actions, activity: [], outbox: [], underWay: true });
    if (isLast) return current;
  }
}

/** Calls the gateway under the payment's own key and stores its answer. */
async function start(
  dependencies: PaymentDependencies,
  context: RequestContext,
  gateway: Gateway,
  payment: MassPayment,
): Promise<Reply> {
  const { accountId, now } = context;
  let state: ChargeState;
  try {
    state = await gateway.start(chargeOf(payment, dependencies.portalUrl));
  } catch (error) {
    // The outcome is unknown until the gateway is asked again.
    dependencies.warn('A gateway gave no answer', {
      gateway: gateway.name,
      massPaymentId: payment.id,
      error,
    });
    return answer(dependencies, context, payment);
  }
  if (state.kind === 'paid') {
    const { reference, feeAmount, amount } = state;
    const received = { method: gateway.name, reference, feeAmount, amount: amount.amount };
    await settle(dependencies, accountId, payment.id, received, now);
    return reread(dependencies, context, payment.id);
  }
  const after = withChargeState(payment, state);
  const checkAt = after.status === 'processing' ? nextCheck(after.intent!, now) : null;
  return answer(dependencies, context, after, [massPaymentRow(after, payment.version, checkAt)]);
}

/** Pays from the account's credit at once, without a gateway. */
async function payFromCredit(
  dependencies: PaymentDependencies,
  context: RequestContext,
  payment: MassPayment,
): Promise<Reply> {
  const intent = intentFor(payment, creditMethod, context.now);
  const chosen = { ...payment, intent, paidBy: context.actor };
  // Credit is spent here and nowhere else: the payment's own id is its reference.
  const received = { method: creditMethod, reference: payment.id, amount: intent.amount, feeAmount: 0 };
  const paymentId = newId('payment', context.now);
  const body = { ...bodyOf({ ...chosen, status: 'succeeded' }, context.now), paymentId };
  await runSettlement(dependencies, chosen, { ...received, paymentId }, context, {
    answer: () => ({ body }),
  });
  return { body };
}

/** Finishes a settlement from credit that stopped half way, when the request is repeated. */
async function resumeCredit(
  dependencies: PaymentDependencies,
  context: RequestContext,
  payment: MassPayment,
): Promise<Reply> {
  await continueSettlement(dependencies, context.accountId, payment.id, context.now);
  return reread(dependencies, context, payment.id);
}

async function reread(
  dependencies: PaymentDependencies,
  context: RequestContext,
  massPaymentId: string,
): Promise<Reply> {
  const payment = await dependencies.payments.massPayment(context.accountId, massPaymentId);
  if (!payment) throw new StaleRead();
  return answer(dependencies, context, payment);
}

/** Answers the payment's state, and stores the answer for a repeat of the request. */
async function answer(
  dependencies: PaymentDependencies,
  context: RequestContext,
  payment: MassPayment,
  actions: Change['actions'] = [],
): Promise<Reply> {
  const reply = { body: bodyOf(payment, context.now), version: payment.version };
  // The permission to pay was checked when the payment was started.
  const answerContext = { ...portalContext(context.now), idempotent: context.idempotent };
  await commit(dependencies, answerContext, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}

export function bodyOf(payment: MassPayment, now: Date) {
  const status = statusAt(payment, now);
  return {
    id: payment.id,
    status,
    next: nextOf(payment, status),
    paymentId: payment.settlement?.paymentId ?? null,
    failure: payment.failure,
  };
}
