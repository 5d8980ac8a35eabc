import type * as Sdk from '@paypal/paypal-server-sdk';
import * as z from 'zod/mini';
import {
  type Charge,
  type ChargeState,
  ForgedEvent,
  type Gateway,
  type GatewayEvent,
  type RefundState,
} from '../gateway.ts';
import { type Api, type Ask, fromPayPal, payPalClient, Refusal, toPayPal } from './paypal-client.ts';
import { type ChargeKey, chargeKeyOf, orNull, read, readCapture } from './paypal-reads.ts';
import { signatureCheck } from './paypal-signature.ts';
import { takenSince, takingEvent, takingEvents, takingsOf } from './paypal-takings.ts';

export interface PayPalOptions {
  clientId: string;
  clientSecret: string;
  webhookId: string;
  environment: 'live' | 'sandbox';
  /** The API's address, if not PayPal's: for tests. */
  baseUrl?: string;
  timeoutMs?: number;
}

type KnownCharge = ChargeKey & { reference: string | null };
type Refund = Parameters<Gateway['refund']>[0];
type Capture = Pick<Sdk.OrdersCapture, 'id' | 'amount' | 'statusDetails' | 'sellerReceivableBreakdown'>;

const fullAnswer = { prefer: 'return=representation' };
/** Refusals of a capture that are due to the order's state, not to the payer's money. */
const orderStateIssues = new Set(
  'ORDER_ALREADY_CAPTURED ORDER_NOT_APPROVED PAYER_ACTION_REQUIRED ACTION_DOES_NOT_MATCH_INTENT'.split(' '),
);

const belongsTo = (of: Parameters<typeof chargeKeyOf>[0], { key, accountId }: ChargeKey): boolean =>
  of?.customId === `${accountId}:${key}` && of.invoiceId === key;

const takenStatuses = new Set<string | undefined>(['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED']);

function stateOfCapture(status: string | undefined, capture: Capture, orderId: string): ChargeState {
  const { id: reference, amount, statusDetails, sellerReceivableBreakdown } = capture;
  if (status === 'PENDING') return { kind: 'pending', reference: orderId };
  if (status === 'DECLINED' || status === 'FAILED') {
    return { kind: 'failed', reason: `PayPal declined the payment (${statusDetails?.reason ?? status}).` };
  }
  if (!takenStatuses.has(status) || !reference || !amount) throw new Error('PayPal answered with no capture');
  const fee = sellerReceivableBreakdown?.paypalFee;
  const feeAmount = fee?.currencyCode === amount.currencyCode ? fromPayPal(fee).amount : 0;
  return { kind: 'paid', reference, amount: fromPayPal(amount), feeAmount };
}

function captureOf({ purchaseUnits }: Sdk.Order) {
  const captures = purchaseUnits?.[0]?.payments?.captures;
  return captures?.find(({ status }) => takenStatuses.has(status)) ?? captures?.at(-1);
}

function stateOf(order: Sdk.Order): ChargeState {
  const { id: reference, links } = order;
  const status: string | undefined = order.status;
  const intent: string | undefined = order.intent;
  if (!reference || !status) throw new Error('PayPal answered with no known order');
  const capture = captureOf(order);
  if (capture) return stateOfCapture(capture.status, capture, reference);
  if (intent === 'AUTHORIZE' || status === 'VOIDED') return { kind: 'failed', reason: 'It was ended.' };
  if (status === 'APPROVED') return { kind: 'pending', reference };
  if (!['CREATED', 'SAVED', 'PAYER_ACTION_REQUIRED'].includes(status)) {
    throw new Error('PayPal answered with an order in no known state');
  }
  const url = links?.find(({ rel }) => rel === 'payer-action' || rel === 'approve')?.href;
  return url ? { kind: 'redirect', url, reference } : { kind: 'pending', reference };
}

/** The state of an order. An order that the payer has approved is captured here: PayPal takes no money before. */
async function settle(ask: Ask, order: Sdk.Order, { key }: ChargeKey): Promise<ChargeState> {
  const state = stateOf(order);
  if (state.kind !== 'pending' || captureOf(order) || (order.status as string) !== 'APPROVED') return state;
  const id = state.reference;
  try {
    const request = { id, paypalRequestId: `${key}-capture`, ...fullAnswer };
    return stateOf(await ask(({ orders }) => orders.captureOrder(request)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (orderStateIssues.has(error.issue)) return stateOf(await read(ask, id));
    // The payer could approve it again with other money, long after we answered that it failed.
    await close(ask, id);
    return { kind: 'failed', reason: `PayPal declined the payment (${error.issue}).` };
  }
}

/**
 * Closes an order. PayPal expires orders only hours later, but an order with the intent to authorise cannot be
 * captured: a caller that read the order a moment earlier cannot take the money after we answered that it failed.
 * Nothing ever authorises it.
 */
const close = (ask: Ask, id: string) =>
  ask(({ sdk, orders }) => {
    const { PatchOp, CheckoutPaymentIntent } = sdk;
    const body = [{ op: PatchOp.Replace, path: '/intent', value: CheckoutPaymentIntent.Authorize }];
    return orders.patchOrder({ id, body });
  });

function orderFor({ sdk }: Api, charge: Charge, amount: Sdk.Money): Sdk.OrderRequest {
  const { key, accountId, description, returnUrl } = charge;
  const unit = {
    amount,
    customId: `${accountId}:${key}`,
    invoiceId: key,
    description: description.slice(0, 127),
  };
  const experienceContext = {
    returnUrl,
    cancelUrl: returnUrl,
    userAction: sdk.PaypalExperienceUserAction.PayNow,
    shippingPreference: sdk.PaypalWalletContextShippingPreference.NoShipping,
  };
  return {
    intent: sdk.CheckoutPaymentIntent.Capture,
    purchaseUnits: [unit],
    paymentSource: { paypal: { experienceContext } },
  };
}

async function start(ask: Ask, charge: Charge): Promise<ChargeState> {
  const amount = toPayPal(charge.amount);
  if (!amount) return { kind: 'failed', reason: 'PayPal does not take this amount.' };
  let order: Sdk.Order;
  try {
    order = await ask((api) =>
      api.orders.createOrder({
        paypalRequestId: charge.key,
        ...fullAnswer,
        body: orderFor(api, charge, amount),
      }),
    );
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'failed', reason: error.message };
    throw error;
  }
  return settle(ask, order, charge);
}

async function query(ask: Ask, charge: KnownCharge): Promise<ChargeState> {
  const { reference } = charge;
  // PayPal finds an order only by its own id; for six hours it answers a repeated start with the order.
  if (reference === null) throw new Error('PayPal does not know our keys: start the charge again');
  const order = await orNull(read(ask, reference));
  if (order) {
    if (!belongsTo(order.purchaseUnits?.[0], charge)) throw new Error('PayPal answered for another charge');
    return settle(ask, order, charge);
  }
  const capture = await orNull(readCapture(ask, reference));
  if (!capture) return { kind: 'failed', reason: 'The payment was not made in time.' };
  if (!belongsTo(capture, charge)) throw new Error('PayPal answered for another charge');
  return stateOfCapture(capture.status, capture, reference);
}

async function expire(ask: Ask, charge: KnownCharge): Promise<ChargeState> {
  const before = await query(ask, charge);
  if (before.kind !== 'redirect' && before.kind !== 'pending') return before;
  try {
    await close(ask, before.reference);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  const after = await query(ask, charge);
  if (after.kind === 'redirect') throw new Error('PayPal did not end the order');
  return after;
}

function refundStateOf(status: string | undefined): RefundState {
  if (status === 'COMPLETED') return { kind: 'refunded' };
  if (status === 'PENDING') return { kind: 'pending' };
  if (status !== 'FAILED' && status !== 'CANCELLED') throw new Error('PayPal answered with no known refund');
  return { kind: 'failed', reason: `PayPal could not give it back (${status}).` };
}

/** PayPal stores a refund's key for 45 days, and answers a repeat with the state of the first. */
async function refund(ask: Ask, { key, reference, amount: money, reason }: Refund): Promise<RefundState> {
  const amount = toPayPal(money);
  if (!amount) return { kind: 'failed', reason: 'PayPal does not give back this amount.' };
  const body = { amount, customId: key, noteToPayer: reason.slice(0, 255) };
  const request = { captureId: reference, paypalRequestId: key, ...fullAnswer, body };
  try {
    return refundStateOf((await ask(({ payments }) => payments.refundCapturedPayment(request))).status);
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'failed', reason: error.message };
    throw error;
  }
}

/** A capture does not list its refunds; its order does. */
async function queryRefund(
  ask: Ask,
  { key, reference }: Pick<Refund, 'key' | 'reference'>,
): Promise<RefundState> {
  const capture = await readCapture(ask, reference);
  const orderId = capture.supplementaryData?.relatedIds?.orderId;
  if (!orderId) throw new Error('PayPal answered with a capture of no order');
  const { purchaseUnits } = await read(ask, orderId);
  const refunds = purchaseUnits?.flatMap(({ payments }) => payments?.refunds ?? []) ?? [];
  const existing = refunds.find(({ customId }) => customId === key);
  if (existing) return refundStateOf(existing.status);
  const status: string | undefined = capture.status;
  if (refunds.length === 0 && status !== 'COMPLETED')
    throw new Error('PayPal does not tell the refunds of it');
  return { kind: 'absent' };
}

const documented =
  /^(BILLING|CATALOG|CHECKOUT|CUSTOMER|IDENTITY|INVOICING|MERCHANT|PAYMENTS?|RISK|VAULT)[.-][A-Z]/;
/** Events of other kinds have resources of any form. */
const event = z.object({ event_type: z.string().check(z.regex(documented)), resource: z.unknown() });
const resource = z.union([z.object({ id: z.string() }), z.object({ dispute_id: z.string() })]);

/**
 * The charge that an event is about, with its state as read from PayPal; null where it is not about a charge of ours.
 * The event's own content is not signed well enough to be trusted.
 */
async function chargeInEvent(
  ask: Ask,
  type: string,
  id: string,
): Promise<(ChargeKey & { state: ChargeState }) | null> {
  if (/^PAYMENT\.CAPTURE\.(COMPLETED|PENDING|DENIED|DECLINED)$/.test(type)) {
    const capture = await orNull(readCapture(ask, id));
    const of = capture && chargeKeyOf(capture);
    const orderId = capture?.supplementaryData?.relatedIds?.orderId ?? id;
    return of && { ...of, state: stateOfCapture(capture.status, capture, orderId) };
  }
  if (!/^CHECKOUT\.ORDER\.(APPROVED|COMPLETED)$/.test(type)) return null;
  const order = await orNull(read(ask, id));
  const of = chargeKeyOf(order?.purchaseUnits?.[0]);
  return order && of && { ...of, state: await settle(ask, order, of) };
}

/** The JSON in a text, or undefined where it is invalid. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const origins = {
  live: ['https://api.paypal.com', 'https://api-m.paypal.com'],
  sandbox: ['https://api.sandbox.paypal.com', 'https://api-m.sandbox.paypal.com'],
};

/**
 * PayPal, by Orders v2. A charge's reference is its order's id until it is paid, then the capture's, which refunds
 * need.
 */
export function paypalGateway({ timeoutMs = 8000, ...options }: PayPalOptions): Gateway {
  const { webhookId, environment, baseUrl } = options;
  const ask = payPalClient({ ...options, timeoutMs });
  const hosts = baseUrl === undefined ? origins[environment] : [new URL(baseUrl).origin];
  const check = signatureCheck({ webhookId, origins: hosts, timeoutMs });
  return {
    name: 'paypal',
    label: 'PayPal',
    start: (charge) => start(ask, charge),
    query: (charge) => query(ask, charge),
    expire: (charge) => expire(ask, charge),
    refund: (request) => refund(ask, request),
    queryRefund: (request) => queryRefund(ask, request),
    async readEvent(received) {
      await check(received);
      const { data } = event.safeParse(parsed(received.rawBody));
      if (!data) throw new ForgedEvent('The event is none that PayPal documents');
      const { event_type: type } = data;
      const of = resource.safeParse(data.resource).data;
      if (!of) return { kind: 'ignored' };
      if (takingEvents.test(type)) return takingEvent(ask, type, of);
      return 'id' in of ? chargeEvent(ask, type, of.id) : { kind: 'ignored' };
    },
    takings: (charge, ids) => takingsOf(ask, charge, ids),
    takenSince: (since) => takenSince(ask, since),
  };
}

async function chargeEvent(ask: Ask, type: string, id: string): Promise<GatewayEvent> {
  const charge = await chargeInEvent(ask, type, id);
  if (!charge) return { kind: 'ignored' };
  const { state, ...of } = charge;
  switch (state.kind) {
    case 'paid':
    case 'failed':
    case 'pending':
      return { kind: 'charge', ...of, state };
    case 'redirect':
      return { kind: 'charge', ...of, state: { kind: 'pending', reference: state.reference } };
    case 'instructions':
    case 'absent':
      throw new Error('PayPal has the order otherwise than its event tells');
  }
}
