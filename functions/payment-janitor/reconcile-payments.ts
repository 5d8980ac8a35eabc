import type { Clock } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { commit, portalContext, StaleRead, retryWhileStale } from '../../shared/write/commit.ts';
import type { PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import type { ChargeState } from '../../shared/payments/gateways/gateway.ts';
import {
  isAbandoned,
  type MassPayment,
  mayBeInFlight,
  nextCheck,
  withAttempt,
} from '../../shared/payments/mass-payment.ts';
import { chargeOf, withChargeState, withExpiry } from '../../shared/payments/charges/charge-state.ts';
import { massPaymentRow, type OpenPayment } from '../../shared/payments/payment-store.ts';
import { continueRefund } from '../../shared/payments/refunds/refund.ts';
import { continueSettlement, settle } from '../../shared/payments/settle.ts';
import { bookTakings, postponeTakings } from '../../shared/payments/takings/book-takings.ts';
import { findTakings } from './find-takings.ts';

export interface JanitorDependencies extends PaymentDependencies {
  clock: Clock;
}

/** Payments reconciled in one run; the next run starts a minute later. */
const batchSize = 50;
/** A payment that no gateway has decided for this long needs a person. */
const alarmAfterMs = 24 * 60 * 60 * 1000;

export interface Reconciled {
  looked: number;
  /** Payments and refunds that are open for more than a day, or could not be reconciled. */
  stuck: string[];
}

/**
 * Asks the gateways, by our own key, about open charges and refunds, and continues settlements that stopped half way.
 * A failure for one payment does not stop the others; it is retried later.
 */
export async function reconcilePayments(dependencies: JanitorDependencies): Promise<Reconciled> {
  const now = dependencies.clock();
  const open = await dependencies.payments.open(now, batchSize);
  const stuck: string[] = [];
  for (const openPayment of open) {
    try {
      const since = await retryWhileStale(() => reconcile(dependencies, openPayment, now));
      if (since !== null && now.getTime() - Date.parse(since) > alarmAfterMs) stuck.push(openPayment.id);
    } catch (error) {
      dependencies.warn('A payment could not be looked after', { ...openPayment, error });
      stuck.push(openPayment.id);
    }
  }
  try {
    await findTakings(dependencies, now);
  } catch (error) {
    if (!(error instanceof StaleRead))
      dependencies.warn('Gateways were not asked what they took back', { error });
  }
  return { looked: open.length, stuck };
}

/** Since when the payment is open; null where it no longer is. */
async function reconcile(
  dependencies: JanitorDependencies,
  { kind, accountId, id }: OpenPayment,
  now: Date,
): Promise<string | null> {
  if (kind === 'mass-payment') return reconcileMassPayment(dependencies, accountId, id, now);
  const payment = await dependencies.payments.payment(accountId, id);
  const pending = payment?.refunds.filter((refund) => refund.status === 'pending') ?? [];
  for (const refund of pending) await continueRefund(dependencies, accountId, id, refund.id, now);
  const after = await dependencies.payments.payment(accountId, id);
  const waiting = after?.refunds.find((refund) => refund.status === 'pending')?.at ?? null;
  if (after && waiting === null) await lookAtTakings(dependencies, accountId, id, now);
  return waiting;
}

/**
 * Asks what became of the payment's takings; also after a refund, which may have failed because the money was taken
 * before. A gateway that does not answer is asked again later: nobody has to see to that.
 */
async function lookAtTakings(
  dependencies: JanitorDependencies,
  accountId: string,
  id: string,
  now: Date,
): Promise<void> {
  try {
    await bookTakings(dependencies, accountId, id, now);
  } catch (error) {
    dependencies.warn('What was taken back of a payment is not known', { accountId, paymentId: id, error });
    const payment = await dependencies.payments.payment(accountId, id);
    if (payment) await postponeTakings(dependencies, payment, now);
  }
}

async function reconcileMassPayment(
  dependencies: JanitorDependencies,
  accountId: string,
  id: string,
  now: Date,
): Promise<string | null> {
  const payment = await dependencies.payments.massPayment(accountId, id);
  if (payment?.status === 'settling') {
    await continueSettlement(dependencies, accountId, id, now);
    return null;
  }
  if (payment?.status !== 'processing' || !payment.intent) return null;
  const { state, payment: current } = await queryGateway(dependencies, payment, now);
  if (state?.kind === 'paid') {
    const { reference, feeAmount, amount } = state;
    const received = { method: payment.intent.method, reference, feeAmount, amount: amount.amount };
    await settle(dependencies, accountId, id, received, now);
    return null;
  }
  // A request to the gateway may be in flight: `absent` is not conclusive yet.
  const isConclusive = state !== null && !(state.kind === 'absent' && mayBeInFlight(payment.intent, now));
  const updated = isConclusive ? withChargeState(current, state) : { ...current, version: newVersion() };
  const after = withExpiry(current, updated, now);
  const checks = payment.intent.checks + 1;
  const intent = { ...after.intent!, checks };
  const checkAt = after.status === 'processing' ? nextCheck(intent, now) : null;
  const actions = [massPaymentRow({ ...after, intent }, current.version, checkAt)];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
  return after.status === 'processing' ? intent.startedAt : null;
}

interface GatewayAnswer {
  /** The gateway's answer; null where it gives none. */
  state: ChargeState | null;
  /** The payment as it was when the gateway was asked. */
  payment: MassPayment;
}

/** Asks the gateway for the charge; an abandoned charge is expired there. */
async function queryGateway(
  dependencies: JanitorDependencies,
  payment: MassPayment,
  now: Date,
): Promise<GatewayAnswer> {
  const { gateways, warn, portalUrl } = dependencies;
  const { accountId, id: key } = payment;
  const { method, reference } = payment.intent!;
  const gateway = gateways.get(method);
  let current = payment;
  try {
    if (!gateway) throw new Error(`The gateway ${method} is not switched on`);
    let state: ChargeState;
    try {
      state = await gateway.query({ key, accountId, reference });
    } catch (error) {
      if (reference !== null) throw error;
      // A gateway that cannot look the charge up by our key alone is asked to start it again: it answers with the
      // charge it has.
      current = await saveAttempt(dependencies, payment, now);
      state = await gateway.start(chargeOf(payment, portalUrl));
    }
    const waiting = state.kind === 'redirect' || state.kind === 'instructions';
    if (!waiting || !isAbandoned(payment.intent!, now)) return { payment: current, state };
    // A gateway that was just asked to start it answers with its reference.
    const knownReference = state.kind === 'redirect' ? state.reference : reference;
    return { payment: current, state: await gateway.expire({ key, accountId, reference: knownReference }) };
  } catch (error) {
    if (error instanceof StaleRead) throw error;
    warn('A gateway gave no answer', { gateway: method, massPaymentId: key, error });
    return { payment: current, state: null };
  }
}

/** Written before the gateway is called: see `withAttempt`. */
async function saveAttempt(
  dependencies: JanitorDependencies,
  payment: MassPayment,
  now: Date,
): Promise<MassPayment> {
  // The time of this call: the run may have started much earlier.
  const attempted = withAttempt(payment, dependencies.clock());
  const actions = [massPaymentRow(attempted, payment.version, nextCheck(payment.intent!, now))];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
  return attempted;
}
