import type Stripe from 'stripe';
import { type Clock, systemClock, toSeconds } from '../../../core/clock.ts';
import {
  type Charge,
  type ChargeState,
  ForgedEvent,
  type Gateway,
  type GatewayEvent,
  type RefundState,
} from '../gateway.ts';
import {
  type Ask,
  fromStripe,
  KeyInUse,
  Refusal,
  stripeClient,
  type StripeOptions,
  toStripe,
} from './stripe-client.ts';
import { chargeOfTaking, takenSince, takingsOf } from './stripe-takings.ts';

type Session = Stripe.Checkout.Session;
type ChargeKey = Pick<Charge, 'key' | 'accountId'>;
type KnownCharge = ChargeKey & { reference: string | null };
type Refund = Parameters<Gateway['refund']>[0];

/** Stripe's minimum is 30 minutes, counted from when the request arrives. */
const openSeconds = 31 * 60;
/** How far back sessions are searched for our key: at least as long as Stripe stores an idempotency key. */
const lookBackSeconds = 24 * 60 * 60;
/** At most this many sessions are searched: twenty pages. */
const mostSessions = 2000;
const toleranceSeconds = 300;
const withFee = ['payment_intent.latest_charge.balance_transaction'];

/** The payer has completed the page; with direct debits and transfers the money arrives days later, or not at all. */
const pendingStatuses = new Set(['processing', 'requires_action', 'succeeded']);
const failedStatuses = new Set(['requires_payment_method', 'canceled']);

function stateOf({ id: reference, status, payment_status, url, payment_intent }: Session): ChargeState {
  const intent = typeof payment_intent === 'object' ? payment_intent : null;
  if (payment_status === 'paid' && intent?.status === 'succeeded') return paid(intent);
  if (status === 'open' && url) return { kind: 'redirect', url, reference };
  const error = intent?.last_payment_error;
  const cause = error ? ` (${error.decline_code ?? error.code ?? error.type})` : '';
  if (status === 'expired') return { kind: 'failed', reason: `The payment was not made in time${cause}.` };
  if (status === 'complete' && intent) {
    if (pendingStatuses.has(intent.status)) return { kind: 'pending', reference };
    if (failedStatuses.has(intent.status)) return { kind: 'failed', reason: `The payment failed${cause}.` };
  }
  throw new Error('Stripe answered with no known session');
}

function paid(intent: Stripe.PaymentIntent): ChargeState {
  const { id: reference, latest_charge: charge, currency } = intent;
  const amount = fromStripe(intent.amount_received, currency);
  const booked = typeof charge === 'object' ? charge?.balance_transaction : null;
  // The fee is in the currency of settlement, which may differ.
  const inSame = typeof booked === 'object' && booked?.currency === currency;
  return { kind: 'paid', reference, amount, feeAmount: inSame ? fromStripe(booked.fee, currency).amount : 0 };
}

const belongsTo = (session: Session, { key, accountId }: ChargeKey): boolean =>
  session.client_reference_id === key && session.metadata?.accountId === accountId;

/**
 * Finds the session with our key where its id never reached us. Search has a delay of minutes and covers only
 * payments, which exist once a payer begins; the list has every session at once. A session older than the list was
 * never paid: without its id, no payer was ever sent to it.
 */
async function findSession(ask: Ask, charge: ChargeKey, clock: Clock): Promise<string | null> {
  const created = { gte: toSeconds(clock()) - lookBackSeconds };
  let seen = 0;
  const found = await ask(async (stripe) => {
    for await (const session of stripe.checkout.sessions.list({ created, limit: 100 })) {
      if (belongsTo(session, charge)) return session.id;
      seen += 1;
      if (seen >= mostSessions) break;
    }
    return null;
  });
  if (found === null && seen >= mostSessions) throw new Error('Stripe has too many sessions to look through');
  return found;
}

/** The id of a charge's session, by the reference we have: the session's, the payment's, or none. */
async function sessionId(ask: Ask, charge: KnownCharge, clock: Clock): Promise<string | null> {
  const { reference } = charge;
  if (reference === null) return findSession(ask, charge, clock);
  if (!reference.startsWith('pi_')) return reference;
  const { data } = await ask((of) => of.checkout.sessions.list({ payment_intent: reference, limit: 1 }));
  if (!data[0]) throw new Error('Stripe knows no session of this payment');
  return data[0].id;
}

const read = (ask: Ask, id: string): Promise<Session> =>
  ask((stripe) => stripe.checkout.sessions.retrieve(id, { expand: withFee }));

async function sessionOf(ask: Ask, charge: KnownCharge, clock: Clock): Promise<Session | null> {
  const id = await sessionId(ask, charge, clock);
  if (id === null) return null;
  const session = await read(ask, id);
  if (!belongsTo(session, charge)) throw new Error('Stripe answered for another charge');
  return session;
}

function sessionFor(charge: Charge, unitAmount: number, now: Date): Stripe.Checkout.SessionCreateParams {
  const { key, accountId, amount, description, returnUrl } = charge;
  const metadata = { key, accountId };
  const price = { currency: amount.currency.toLowerCase(), unit_amount: unitAmount };
  return {
    mode: 'payment',
    client_reference_id: key,
    metadata,
    line_items: [{ quantity: 1, price_data: { ...price, product_data: { name: description } } }],
    // Captured at once: the fee of a later capture is not known when the money is booked.
    payment_intent_data: { description, metadata, capture_method: 'automatic' },
    // The amount paid has to be the amount owed, in its currency.
    adaptive_pricing: { enabled: false },
    success_url: returnUrl,
    cancel_url: returnUrl,
    expires_at: toSeconds(now) + openSeconds,
  };
}

async function start(ask: Ask, charge: Charge, clock: Clock): Promise<ChargeState> {
  const unitAmount = toStripe(charge.amount);
  if (unitAmount === null) return { kind: 'failed', reason: 'Stripe does not take this amount.' };
  const request = sessionFor(charge, unitAmount, clock());
  let session: Stripe.Response<Session>;
  try {
    session = await ask((stripe) => stripe.checkout.sessions.create(request, { idempotencyKey: charge.key }));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'failed', reason: error.message };
    if (!(error instanceof KeyInUse)) throw error;
    const id = await findSession(ask, charge, clock);
    if (id === null) throw error;
    return stateOf(await read(ask, id));
  }
  // A replay repeats the first answer, whatever has become of the session since.
  const isReplay = session.lastResponse.headers['idempotent-replayed'] === 'true';
  return stateOf(isReplay ? await read(ask, session.id) : session);
}

async function expire(ask: Ask, charge: KnownCharge, clock: Clock): Promise<ChargeState> {
  const session = await sessionOf(ask, charge, clock);
  if (!session) return { kind: 'absent' };
  const before = stateOf(session);
  if (before.kind !== 'redirect') return before;
  try {
    return stateOf(await ask((stripe) => stripe.checkout.sessions.expire(session.id, { expand: withFee })));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // The payer was faster, or the session expired.
    const after = stateOf(await read(ask, session.id));
    if (after.kind === 'redirect') throw error;
    return after;
  }
}

function refundStateOf({ status, failure_reason: reason }: Stripe.Refund): RefundState {
  if (status === 'succeeded') return { kind: 'refunded' };
  if (status === 'pending' || status === 'requires_action') return { kind: 'pending' };
  if (status !== 'failed' && status !== 'canceled') throw new Error('Stripe answered with no known refund');
  return { kind: 'failed', reason: `Stripe could not give it back (${reason ?? status}).` };
}

function findRefund(ask: Ask, { key, reference }: Pick<Refund, 'key' | 'reference'>): Promise<RefundState> {
  return ask(async (stripe) => {
    for await (const refund of stripe.refunds.list({ payment_intent: reference, limit: 100 })) {
      if (refund.metadata?.key === key) return refundStateOf(refund);
    }
    return { kind: 'absent' };
  });
}

async function refund(ask: Ask, request: Refund): Promise<RefundState> {
  const { key, reference, reason } = request;
  const amount = toStripe(request.amount);
  if (amount === null) return { kind: 'failed', reason: 'Stripe does not give back this amount.' };
  // Stripe deletes an idempotency key after a day, but never a refund.
  const existing = await findRefund(ask, request);
  if (existing.kind !== 'absent') return existing;
  const params = { payment_intent: reference, amount, metadata: { key, reason: reason.slice(0, 500) } };
  try {
    return refundStateOf(await ask((stripe) => stripe.refunds.create(params, { idempotencyKey: key })));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'failed', reason: error.message };
    throw error;
  }
}

const handledEvents = /^checkout\.session\.(completed|expired|async_payment_succeeded|async_payment_failed)$/;
const takingEvents =
  /^(charge\.dispute\.(created|updated|closed|funds_withdrawn|funds_reinstated)|refund\.(created|updated|failed))$/;
/** Prefixes of Stripe's event types, as of the library's API version. */
const documented = new RegExp(
  '^(account|app|balance|billing|capability|cash|charge|checkout|climate|coupon|credit|customer|entitlements|file|' +
    'financial|identity|invoice|issuing|mandate|payment|payout|person|plan|price|product|promotion|quote|radar|' +
    'refund|report|reserve|review|setup|sigma|source|subscription|tax|terminal|test|three|topup|transfer|treasury)',
);

/** A dispute or a refund of one of our charges: how it stands is read when it is booked. */
async function takingEvent(ask: Ask, event: Stripe.Event): Promise<GatewayEvent> {
  const { id, payment_intent: intent } = event.data.object as Stripe.Dispute | Stripe.Refund;
  const charge = await chargeOfTaking(ask, intent);
  return charge ? { kind: 'taking', charge, id, isReversal: false } : { kind: 'ignored' };
}

/** A failure to read the session is not a forgery: Stripe sends the event again. */
function eventReader(ask: Ask, secret: string, clock: Clock): Gateway['readEvent'] {
  return async ({ rawBody, headers, now }) => {
    const { webhooks } = await ask(async (stripe) => stripe);
    const signature = headers['stripe-signature'] ?? '';
    let event: Stripe.Event;
    try {
      event = webhooks.constructEvent(rawBody, signature, secret, toleranceSeconds, undefined, now.getTime());
    } catch {
      throw new ForgedEvent('The event has no good signature of Stripe');
    }
    const isKnown = event?.object === 'event' && documented.test(event.type);
    if (!isKnown) throw new ForgedEvent('The event is none that Stripe documents');
    if (takingEvents.test(event.type)) return takingEvent(ask, event);
    if (!handledEvents.test(event.type)) return { kind: 'ignored' };
    const { id: reference, metadata } = event.data.object as Session;
    const { key, accountId } = metadata ?? {};
    // The Stripe account may take money for other systems too.
    if (!key || !accountId) return { kind: 'ignored' };
    // The event has neither the fee nor later changes.
    const session = await sessionOf(ask, { key, accountId, reference }, clock);
    const state = session && stateOf(session);
    if (state?.kind === 'paid' || state?.kind === 'failed' || state?.kind === 'pending') {
      return { kind: 'charge', key, accountId, state };
    }
    throw new Error('Stripe has the session otherwise than its event tells');
  };
}

/**
 * Stripe, by Checkout Sessions. A charge's reference is its session's id until it is paid, then the payment intent's,
 * which refunds need.
 */
export function stripeGateway(options: StripeOptions): Gateway {
  const { webhookSecret, clock = systemClock } = options;
  const ask = stripeClient(options);
  return {
    name: 'stripe',
    label: 'Card',
    start: (charge) => start(ask, charge, clock),
    query: async (charge) => {
      const session = await sessionOf(ask, charge, clock);
      return session ? stateOf(session) : { kind: 'absent' };
    },
    expire: (charge) => expire(ask, charge, clock),
    refund: (request) => refund(ask, request),
    queryRefund: (request) => findRefund(ask, request),
    takings: (charge, ids) => takingsOf(ask, charge, ids),
    takenSince: (since) => takenSince(ask, since),
    readEvent: eventReader(ask, webhookSecret, clock),
  };
}
