import type * as Sdk from '@paypal/paypal-server-sdk';
import * as z from 'zod/mini';
import { toInstant } from '../../../core/clock.ts';
import type { GatewayEvent, PaidCharge, Taking } from '../gateway.ts';
import { type Ask, fromPayPal } from './paypal-client.ts';
import { chargeKeyOf, orNull, read, readCapture } from './paypal-reads.ts';

export const takingEvents = /^(CUSTOMER\.DISPUTE\.[A-Z]+|PAYMENT\.CAPTURE\.(REFUNDED|REVERSED))$/;

/** developer.paypal.com/api/customer-disputes/v1; the library has no names for it. */
const money = z.object({ currency_code: z.string(), value: z.string() });
const dispute = z.object({
  dispute_id: z.string(),
  create_time: z.string(),
  status: z.string(),
  dispute_amount: money,
  disputed_transactions: z.optional(z.array(z.object({ seller_transaction_id: z.optional(z.string()) }))),
  dispute_outcome: z.optional(z.object({ outcome_code: z.optional(z.string()) })),
  money_movements: z.optional(
    z.array(
      z.object({
        affected_party: z.optional(z.string()),
        amount: z.optional(money),
        type: z.optional(z.string()),
        reason: z.optional(z.string()),
      }),
    ),
  ),
});
type Dispute = z.output<typeof dispute>;
const disputes = z.object({ items: z.optional(z.array(z.object({ dispute_id: z.string() }))) });

const path = '/v1/customer/disputes';
/** The most that PayPal lists at once. */
const pageSize = '50';

async function readDispute(ask: Ask, id: string): Promise<Dispute | null> {
  const found = await orNull(ask(({ get }) => get(`${path}/${encodeURIComponent(id)}`)));
  return found === null ? null : dispute.parse(found);
}

async function listDisputes(ask: Ask, query: Record<string, string>): Promise<Dispute[]> {
  const listed = disputes.parse(await ask(({ get }) => get(path, { ...query, page_size: pageSize })));
  const found: Dispute[] = [];
  for (const { dispute_id: id } of listed.items ?? []) {
    const each = await readDispute(ask, id);
    if (each) found.push(each);
  }
  return found;
}

const readRefund = (ask: Ask, refundId: string) =>
  orNull(ask(({ payments }) => payments.getRefund({ refundId })));

const fromMoney = ({ currency_code: currencyCode, value }: z.output<typeof money>) =>
  fromPayPal({ currencyCode, value });

/** What movements came to for the seller, in minor units of the dispute's currency: above zero where it paid. */
function movedBy(
  { money_movements: moves = [], dispute_amount: disputed }: Dispute,
  isMeant: (reason: string) => boolean,
): number {
  return moves
    .filter(
      ({ affected_party: party, amount, reason = '' }) =>
        party === 'SELLER' && amount?.currency_code === disputed.currency_code && isMeant(reason),
    )
    .reduce((all, { type, amount }) => {
      const moved = fromMoney(amount!).amount;
      return all + (type === 'CREDIT' ? -moved : moved);
    }, 0);
}

const isSettlement = (reason: string) => reason === 'DISPUTE_SETTLEMENT';
const isFee = (reason: string) => reason.endsWith('_FEE');
const lostOutcomes = new Set<string | undefined>(['RESOLVED_BUYER_FAVOUR', 'ACCEPTED']);

function disputeTaking(each: Dispute): Taking {
  const taken = movedBy(each, isSettlement);
  const isLost = taken > 0 || lostOutcomes.has(each.dispute_outcome?.outcome_code);
  return {
    id: each.dispute_id,
    kind: 'dispute',
    status: each.status !== 'RESOLVED' ? 'open' : isLost ? 'lost' : 'won',
    at: toInstant(new Date(each.create_time)),
    amount: fromMoney(each.dispute_amount),
    taken,
    feeAmount: movedBy(each, isFee),
  };
}

const refundEnds: Record<string, Taking['status']> = {
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'failed',
};

/**
 * A refund: ours, which has our key, or of PayPal's page, which has none or that of the capture, or the form in which
 * PayPal tells a reversal.
 */
function refundTaking(
  { id, status, amount: value, customId, createTime }: Sdk.Refund,
  capturesId: string | undefined,
): Taking {
  if (!id || !value) throw new Error('PayPal answered with no refund');
  const amount = fromPayPal(value);
  const end = refundEnds[status as string] ?? 'open';
  return {
    id,
    kind: 'refund',
    status: end,
    at: toInstant(createTime === undefined ? new Date(0) : new Date(createTime)),
    amount,
    taken: end === 'succeeded' ? amount.amount : 0,
    feeAmount: 0,
    ...(customId === undefined || customId === capturesId ? {} : { key: customId }),
  };
}

/**
 * What PayPal takes for a dispute it may tell twice: as the dispute's own movement and as a refund or reversal of the
 * capture, of the same amount and later. It counts once, as the dispute's.
 */
function countedOnce(disputed: readonly Taking[], given: readonly Taking[]): Taking[] {
  const same = new Set<string>();
  for (const { taken, at } of disputed) {
    const twin = given.find(
      (each) =>
        each.key === undefined && taken > 0 && each.taken === taken && each.at >= at && !same.has(each.id),
    );
    if (twin) same.add(twin.id);
  }
  return [...disputed, ...given.map((each) => (same.has(each.id) ? { ...each, taken: 0 } : each))];
}

/**
 * The order lists the refunds of its capture, the disputes are found by the capture. What else is known by its id is
 * read by itself: PayPal does not say that a reversal is listed anywhere.
 */
export async function takingsOf(
  ask: Ask,
  { reference }: PaidCharge,
  ids: readonly string[],
): Promise<Taking[]> {
  const capture = await readCapture(ask, reference);
  const orderId = capture.supplementaryData?.relatedIds?.orderId;
  const order = orderId === undefined ? null : await orNull(read(ask, orderId));
  const refunds = order?.purchaseUnits?.flatMap(({ payments }) => payments?.refunds ?? []) ?? [];
  const found = await listDisputes(ask, { disputed_transaction_id: reference });
  const known = new Set([...refunds.map(({ id }) => id), ...found.map((each) => each.dispute_id)]);
  for (const id of ids.filter((each) => !known.has(each))) {
    const refund = await readRefund(ask, id);
    const other = refund ? null : await readDispute(ask, id);
    if (refund) refunds.push(refund);
    else if (other) found.push(other);
    else throw new Error('PayPal does not tell what it took back');
  }
  const given = refunds.map((refund) => refundTaking(refund, capture.customId));
  return countedOnce(found.map(disputeTaking), given);
}

/** The charge of ours that a capture took; null where another shop with the same app took it. */
async function chargeOfCapture(ask: Ask, reference: string): Promise<PaidCharge | null> {
  const capture = await orNull(readCapture(ask, reference));
  const of = capture && chargeKeyOf(capture);
  return of && { ...of, reference };
}

async function chargeOfDispute(ask: Ask, { disputed_transactions: all = [] }: Dispute) {
  for (const { seller_transaction_id: reference } of all) {
    const charge = reference === undefined ? null : await chargeOfCapture(ask, reference);
    if (charge) return charge;
  }
  return null;
}

const captureLink = /\/v2\/payments\/captures\/([A-Z0-9]+)$/;

/** What an event tells of is read from PayPal: its own content is not signed well enough to be trusted. */
export async function takingEvent(
  ask: Ask,
  type: string,
  resource: { id: string } | { dispute_id: string },
): Promise<GatewayEvent> {
  const taking = await ('dispute_id' in resource
    ? disputeNamed(ask, resource.dispute_id)
    : refundNamed(ask, resource.id));
  if (!taking) return { kind: 'ignored' };
  return { kind: 'taking', ...taking, isReversal: type.endsWith('.REVERSED') };
}

async function disputeNamed(ask: Ask, id: string): Promise<{ charge: PaidCharge; id: string } | null> {
  const found = await readDispute(ask, id);
  if (!found) throw new Error('PayPal does not know the dispute that it told of');
  const charge = await chargeOfDispute(ask, found);
  return charge && { charge, id };
}

async function refundNamed(ask: Ask, id: string): Promise<{ charge: PaidCharge; id: string } | null> {
  const refund = await readRefund(ask, id);
  if (!refund) throw new Error('PayPal does not know the refund that it told of');
  const [, reference] = captureLink.exec(refund.links?.find(({ rel }) => rel === 'up')?.href ?? '') ?? [];
  const charge = reference === undefined ? null : await chargeOfCapture(ask, reference);
  return charge && { charge, id };
}

/** The charges with a dispute that changed since then. PayPal lists no refunds of all captures. */
export async function takenSince(ask: Ask, since: Date): Promise<PaidCharge[]> {
  const charges = new Map<string, PaidCharge>();
  for (const each of await listDisputes(ask, { update_time_after: since.toISOString() })) {
    const charge = await chargeOfDispute(ask, each);
    if (charge) charges.set(charge.reference, charge);
  }
  return [...charges.values()];
}
