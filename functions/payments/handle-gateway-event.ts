import { invalid, notFound, Problem } from '../../shared/core/problem.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { commit, portalContext, retryWhileStale } from '../../shared/write/commit.ts';
import { ForgedEvent, type Gateway, type GatewayEvent } from '../../shared/payments/gateways/gateway.ts';
import type { PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import { withChargeState } from '../../shared/payments/charges/charge-state.ts';
import { dueOf, type MassPayment, nextCheck } from '../../shared/payments/mass-payment.ts';
import { massPaymentRow } from '../../shared/payments/payment-store.ts';
import { settle } from '../../shared/payments/settle.ts';
import { bookTakings, paymentOfCharge } from '../../shared/payments/takings/book-takings.ts';

/** Larger events are refused: an event describes a single payment. */
const largestEvent = 256 * 1024;

/**
 * Handles a gateway's signed event. Events may be repeated, late or out of order. A forged event gets no explanation;
 * one that does not match our record of the payment changes nothing and is logged.
 * @throws Problem `not-found` for an unknown gateway, `too-large`, or `invalid` for an event that was not accepted
 */
export async function handleGatewayEvent(
  dependencies: PaymentDependencies,
  gatewayName: string,
  { body, headers }: { body: string; headers: Record<string, string | undefined> },
  now: Date,
): Promise<Reply> {
  const gateway = dependencies.gateways.get(gatewayName);
  if (!gateway || !gatewaysWithEvents.has(gatewayName)) throw notFound();
  if (Buffer.byteLength(body) > largestEvent) throw new Problem('too-large', 'An event is smaller.');
  let event: GatewayEvent;
  try {
    event = await gateway.readEvent({ rawBody: body, headers, now });
  } catch (error) {
    if (!(error instanceof ForgedEvent)) throw error;
    dependencies.warn('An event was refused', { gateway: gatewayName, error });
    throw refused();
  }
  if (event.kind === 'charge') await retryWhileStale(() => apply(dependencies, gatewayName, event, now));
  if (event.kind === 'taking') await applyTaking(dependencies, gateway, event, now);
  return { body: { received: true } };
}

const gatewaysWithEvents = new Set(['stripe', 'paypal', 'sandbox']);
const refused = () => invalid([{ path: '', code: 'not-allowed', message: 'This event was not accepted.' }]);

async function apply(
  dependencies: PaymentDependencies,
  gatewayName: string,
  { key, accountId, state }: Extract<GatewayEvent, { kind: 'charge' }>,
  now: Date,
): Promise<void> {
  const payment = await dependencies.payments.massPayment(accountId, key);
  const mismatch = mismatchOf(payment, gatewayName, state);
  if (mismatch !== null || !payment) throw misfit(dependencies, gatewayName, { key, accountId }, mismatch);
  if (state.kind === 'paid') {
    const { reference, feeAmount, amount } = state;
    const received = { method: gatewayName, reference, feeAmount, amount: amount.amount };
    return settle(dependencies, accountId, key, received, now, payment);
  }
  // A paid or abandoned payment is final: an event that says less is late.
  if (payment.status !== 'processing') return;
  const after = withChargeState(payment, state);
  const checkAt = after.status === 'processing' ? nextCheck(after.intent!, now) : null;
  const actions = [massPaymentRow(after, payment.version, checkAt)];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
}

/** An event of a charge that is none of ours, or is another than we know: nothing is written. */
function misfit(
  { warn }: PaymentDependencies,
  gateway: string,
  { key, accountId }: { key: string; accountId: string },
  fault: string | null,
): Error {
  warn('An event does not fit our record', { gateway, key, accountId, fault });
  return refused();
}

/** Something was taken back of a charge: the money of one whose own event is still on its way is booked first. */
async function applyTaking(
  dependencies: PaymentDependencies,
  gateway: Gateway,
  { charge, id, isReversal }: Extract<GatewayEvent, { kind: 'taking' }>,
  now: Date,
): Promise<void> {
  const { accountId, key } = charge;
  const find = () => paymentOfCharge(dependencies, gateway.name, charge);
  let paymentId = await find();
  if (paymentId === undefined) {
    const payment = await dependencies.payments.massPayment(accountId, key);
    const isAsked = payment?.intent?.method === gateway.name;
    const state = isAsked ? await gateway.query(charge) : null;
    if (state?.kind !== 'paid' || state.reference !== charge.reference) {
      throw misfit(dependencies, gateway.name, charge, 'no such payment of that account');
    }
    const paid = { kind: 'charge' as const, key, accountId, state };
    await retryWhileStale(() => apply(dependencies, gateway.name, paid, now));
    paymentId = await find();
  }
  if (paymentId === undefined) throw misfit(dependencies, gateway.name, charge, 'it is in no books');
  await bookTakings(dependencies, accountId, paymentId, now, { id, isReversal });
}

/** What of the event does not match our record; null where all matches. */
function mismatchOf(
  payment: MassPayment | undefined,
  gatewayName: string,
  state: Extract<GatewayEvent, { kind: 'charge' }>['state'],
): string | null {
  if (!payment) return 'no such payment of that account';
  if (payment.intent?.method !== gatewayName) return 'this gateway was not asked';
  if (state.kind !== 'paid') return null;
  if (state.amount.currency !== payment.currency) return 'another currency';
  if (state.amount.amount !== dueOf(payment)) return 'another amount';
  return null;
}
