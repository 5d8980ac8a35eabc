import type Stripe from 'stripe';
import { toInstant, toSeconds } from '../../../core/clock.ts';
import type { PaidCharge, Taking } from '../gateway.ts';
import { type Ask, fromStripe } from './stripe-client.ts';

type Intent = Stripe.Dispute['payment_intent'];

/** An inquiry that was closed, and a dispute that was prevented, took nothing. */
const ends: Record<string, Taking['status']> = {
  won: 'won',
  warning_closed: 'won',
  prevented: 'won',
  lost: 'lost',
};

/**
 * A dispute with what its balance transactions moved: one when the money is withdrawn, another when it is reinstated,
 * none while the bank only asks. Amounts and fees are of the balance, which is the charge's own for its currency; in
 * another the whole dispute is taken or not, and its fee is not known in the payment's currency.
 */
function disputeTaking(dispute: Stripe.Dispute): Taking {
  const { id, status, amount, currency, created, balance_transactions: moves } = dispute;
  const isSame = moves.every((move) => move.currency === currency);
  const moved = moves.reduce((all, move) => all - move.amount, 0);
  const fee = moves.reduce((all, move) => all + move.fee, 0);
  const taken = isSame ? moved : moved > 0 ? amount : 0;
  return {
    id,
    kind: 'dispute',
    status: ends[status] ?? 'open',
    at: toInstant(new Date(created * 1000)),
    amount: fromStripe(amount, currency),
    taken: fromStripe(taken, currency).amount,
    feeAmount: isSame ? fromStripe(fee, currency).amount : 0,
  };
}

/** A refund, ours or one of the dashboard. Its money has left the balance once there is a balance transaction of it. */
function refundTaking(refund: Stripe.Refund): Taking {
  const { id, status, currency, created, metadata } = refund;
  const amount = fromStripe(refund.amount, currency);
  const hasFailed = status === 'failed' || status === 'canceled';
  const isOut = status === 'succeeded' || (!hasFailed && refund.balance_transaction !== null);
  return {
    id,
    kind: 'refund',
    status: status === 'succeeded' ? 'succeeded' : hasFailed ? 'failed' : 'open',
    at: toInstant(new Date(created * 1000)),
    amount,
    taken: isOut ? amount.amount : 0,
    feeAmount: 0,
    ...(metadata?.['key'] ? { key: metadata['key'] } : {}),
  };
}

/** Stripe lists both by the payment. @throws Error where it does not list what an event told of: it is asked again */
export async function takingsOf(
  ask: Ask,
  { reference }: PaidCharge,
  ids: readonly string[],
): Promise<Taking[]> {
  const query = { payment_intent: reference, limit: 100 };
  const takings = await ask(async (stripe) => {
    const found: Taking[] = [];
    for await (const dispute of stripe.disputes.list(query)) found.push(disputeTaking(dispute));
    for await (const refund of stripe.refunds.list(query)) found.push(refundTaking(refund));
    return found;
  });
  const isListed = ids.every((id) => takings.some((taking) => taking.id === id));
  if (!isListed) throw new Error('Stripe does not list yet what it told of');
  return takings;
}

/** The charge of ours that a dispute or refund is of; null where the Stripe account took it for another system. */
export async function chargeOfTaking(ask: Ask, intent: Intent): Promise<PaidCharge | null> {
  if (intent === null) return null;
  const reference = typeof intent === 'string' ? intent : intent.id;
  const { metadata } = await ask((stripe) => stripe.paymentIntents.retrieve(reference));
  const { key, accountId } = metadata;
  return key && accountId ? { key, accountId, reference } : null;
}

/** The charges with a dispute or a refund that was made since then, each once. */
export async function takenSince(ask: Ask, since: Date): Promise<PaidCharge[]> {
  const query = { created: { gte: toSeconds(since) }, limit: 100 };
  const references = await ask(async (stripe) => {
    const found = new Set<string>();
    const note = ({ payment_intent: intent }: { payment_intent: Intent }) => {
      if (intent !== null) found.add(typeof intent === 'string' ? intent : intent.id);
    };
    for await (const dispute of stripe.disputes.list(query)) note(dispute);
    for await (const refund of stripe.refunds.list(query)) {
      // Our own are no news.
      if (!refund.metadata?.['key']) note(refund);
    }
    return found;
  });
  const charges: PaidCharge[] = [];
  for (const reference of references) {
    const charge = await chargeOfTaking(ask, reference);
    if (charge) charges.push(charge);
  }
  return charges;
}
