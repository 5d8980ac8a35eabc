import { describe, expect, test } from 'vitest';
import { stripeSignature } from '../../../../support/gateways/fake-stripe.ts';
import { stripeDesk, webhookSecret } from './stripe-desk.ts';

/*
 * Disputes, refunds and balance transactions have the fields of docs.stripe.com/api/disputes/object, /refunds/object
 * and /balance_transactions/object; events those of docs.stripe.com/api/events/types.
 */
const { gatewayWith, paidFor, stripe } = stripeDesk();

const charged = async (amount?: { amount: number; currency: string }) => {
  const { charge, payment: reference } = await paidFor(amount);
  const { key, accountId } = charge;
  return { charge: { key, accountId, reference }, reference, amount: charge.amount };
};
const takings = (charge: { key: string; accountId: string; reference: string }, ids: string[] = []) =>
  gatewayWith().takings(charge, ids);

describe('a dispute', () => {
  test('is what its balance transactions moved, and their fees', async () => {
    const { charge, reference, amount } = await charged();
    const dispute = stripe.dispute(reference, { balance_transactions: [stripe.moved(-12_050, 2_000)] });
    const told = { id: dispute.id, kind: 'dispute', amount, at: '2026-03-01T12:00:00.000Z' };
    expect(await takings(charge)).toEqual([{ ...told, status: 'open', taken: 12_050, feeAmount: 2_000 }]);
    Object.assign(dispute, { status: 'lost' });
    expect(await takings(charge)).toEqual([{ ...told, status: 'lost', taken: 12_050, feeAmount: 2_000 }]);
    dispute.balance_transactions.push(stripe.moved(12_050, -2_000));
    Object.assign(dispute, { status: 'won' });
    expect(await takings(charge)).toEqual([{ ...told, status: 'won', taken: 0, feeAmount: 0 }]);
  });

  test.each([
    ['warning_needs_response', 'open'],
    ['warning_under_review', 'open'],
    ['under_review', 'open'],
    ['appeal_under_review', 'open'],
    ['warning_closed', 'won'],
    ['prevented', 'won'],
  ])('that is %s is %s and took nothing', async (status, expected) => {
    const { charge, reference } = await charged();
    stripe.dispute(reference, { status });
    expect(await takings(charge)).toMatchObject([{ status: expected, taken: 0, feeAmount: 0 }]);
  });

  test('that is settled in another currency is taken whole, its fee is not known', async () => {
    const { charge, reference, amount } = await charged();
    stripe.dispute(reference, { balance_transactions: [stripe.moved(-14_000, 1_500, 'eur')] });
    expect(await takings(charge)).toMatchObject([{ amount, taken: 12_050, feeAmount: 0 }]);
  });

  test('in a currency that Stripe counts in hundredths is told in ours', async () => {
    const { charge, reference } = await charged({ amount: 500, currency: 'ISK' });
    stripe.dispute(reference, { balance_transactions: [stripe.moved(-50_000, 1_500, 'isk')] });
    const amount = { amount: 500, currency: 'ISK' };
    expect(await takings(charge)).toMatchObject([{ amount, taken: 500, feeAmount: 15 }]);
  });
});

describe('a refund', () => {
  test('of the dashboard has no key of ours, and ours has', async () => {
    const { charge, reference } = await charged();
    const amount = { amount: 1_000, currency: 'GBP' };
    await gatewayWith().refund({ key: 'rfd_1', reference, amount, reason: 'x' });
    const { id } = stripe.refundByHand(reference, 2_000);
    const [byHand, ours] = await takings(charge);
    expect(byHand).toEqual({
      id,
      kind: 'refund',
      status: 'succeeded',
      at: '2026-03-01T12:00:00.000Z',
      amount: { amount: 2_000, currency: 'GBP' },
      taken: 2_000,
      feeAmount: 0,
    });
    expect(ours).toMatchObject({ key: 'rfd_1', taken: 1_000 });
  });

  test.each([
    [{ status: 'pending', balance_transaction: 'txn_1' }, 'open', 500],
    [{ status: 'pending', balance_transaction: null }, 'open', 0],
    [{ status: 'requires_action', balance_transaction: null }, 'open', 0],
    [{ status: 'failed', balance_transaction: 'txn_1' }, 'failed', 0],
    [{ status: 'canceled', balance_transaction: 'txn_1' }, 'failed', 0],
  ])('counts while its money has left the balance: %o', async (changes, status, taken) => {
    const { charge, reference } = await charged();
    stripe.refundByHand(reference, 500, changes);
    expect(await takings(charge)).toMatchObject([{ status, taken }]);
  });
});

describe('an event', () => {
  const read = (type: string, object: unknown) => {
    const rawBody = stripe.event(type, object);
    const headers = { 'stripe-signature': stripeSignature(rawBody, webhookSecret, stripe.now) };
    return gatewayWith().readEvent({ rawBody, headers, now: stripe.now });
  };

  test.each([
    'charge.dispute.created',
    'charge.dispute.updated',
    'charge.dispute.closed',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.funds_reinstated',
  ])('%s names the charge by the metadata of its payment', async (type) => {
    const { charge, reference } = await charged();
    const dispute = stripe.dispute(reference);
    const expected = { kind: 'taking', charge, id: dispute.id, isReversal: false };
    expect(await read(type, dispute)).toEqual(expected);
  });

  test.each(['refund.created', 'refund.updated', 'refund.failed'])('%s does too', async (type) => {
    const { charge, reference } = await charged();
    const refund = stripe.refundByHand(reference, 100);
    expect(await read(type, refund)).toMatchObject({ kind: 'taking', charge, id: refund.id });
  });

  test('of another system’s payment is ignored', async () => {
    const { reference } = await charged();
    const dispute = stripe.dispute(reference, { payment_intent: null });
    expect(await read('charge.dispute.created', dispute)).toEqual({ kind: 'ignored' });
    stripe.fault('/v1/payment_intents', { status: 200, body: '{"id":"pi_1","metadata":{"order":"7"}}' });
    expect(await read('refund.created', stripe.refundByHand(reference, 1))).toEqual({ kind: 'ignored' });
  });
});

test('what an event told of and the lists do not have yet is asked for again', async () => {
  const { charge, reference } = await charged();
  const { id } = stripe.dispute(reference);
  expect(await takings(charge, [id])).toHaveLength(1);
  await expect(takings(charge, [id, 'dp_new'])).rejects.toThrow('yet');
});

test('charges with something new since a time are listed once each, our own refunds are none', async () => {
  const [one, two, old] = [await charged(), await charged(), await charged()];
  stripe.dispute(old.reference);
  stripe.now = new Date('2026-03-02T12:00:00Z');
  const since = stripe.now;
  stripe.dispute(one.reference);
  stripe.refundByHand(one.reference, 100);
  const amount = { amount: 1_000, currency: 'GBP' };
  await gatewayWith().refund({ key: 'rfd_2', reference: two.reference, amount, reason: 'x' });
  expect(await gatewayWith().takenSince(since)).toEqual([one.charge]);
});
