import { beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../../../../../shared/payments/gateways/gateway.ts';
import { now, paypalDesk } from './paypal-desk.ts';

/*
 * Disputes have the fields of developer.paypal.com/api/customer-disputes/v1 (dispute, money_movement, dispute_outcome),
 * refunds those of developer.paypal.com/docs/api/payments/v2 (refunds_get), whose link `up` is the capture.
 */
let gateway: Gateway;
const { paypal, gatewayWith, paidFor } = paypalDesk(() => gateway);
beforeAll(() => {
  gateway = gatewayWith();
});

const charged = async () => {
  const { charge, payment: reference } = await paidFor();
  const { key, accountId, amount } = charge;
  return { charge: { key, accountId, reference }, reference, amount };
};
const movement = (type: string, value: string, reason: string, party = 'SELLER') => ({
  affected_party: party,
  type,
  amount: { currency_code: 'GBP', value },
  initiated_time: '2026-03-03T12:00:00.000Z',
  reason,
});

describe('a dispute', () => {
  test('moves what its movements say, once there are any', async () => {
    const { charge, reference, amount } = await charged();
    const id = paypal.dispute(reference, '120.50');
    const told = { id, kind: 'dispute', amount, at: '2026-03-02T12:00:00.000Z' };
    expect(await gateway.takings(charge, [])).toEqual([{ ...told, status: 'open', taken: 0, feeAmount: 0 }]);
    paypal.changeDispute(id, {
      status: 'RESOLVED',
      dispute_outcome: { outcome_code: 'RESOLVED_BUYER_FAVOUR' },
      money_movements: [
        movement('DEBIT', '120.50', 'DISPUTE_SETTLEMENT'),
        movement('CREDIT', '120.50', 'DISPUTE_SETTLEMENT', 'BUYER'),
        movement('DEBIT', '14.00', 'CHARGEBACK_FEE'),
      ],
    });
    expect(await gateway.takings(charge, [id])).toEqual([
      { ...told, status: 'lost', taken: 12_050, feeAmount: 1_400 },
    ]);
    paypal.changeDispute(id, {
      dispute_outcome: { outcome_code: 'RESOLVED_SELLER_FAVOUR' },
      money_movements: [
        movement('DEBIT', '120.50', 'DISPUTE_SETTLEMENT'),
        movement('CREDIT', '120.50', 'DISPUTE_SETTLEMENT'),
      ],
    });
    expect(await gateway.takings(charge, [id])).toMatchObject([{ status: 'won', taken: 0, feeAmount: 0 }]);
  });

  test.each([
    ['RESOLVED_SELLER_FAVOUR', 'won'],
    ['RESOLVED_WITH_PAYOUT', 'won'],
    ['CANCELED_BY_BUYER', 'won'],
    ['DENIED', 'won'],
    ['RESOLVED_BUYER_FAVOUR', 'lost'],
    ['ACCEPTED', 'lost'],
  ])('that ended as %s is %s', async (code, status) => {
    const { charge, reference } = await charged();
    paypal.dispute(reference, '1.00', { status: 'RESOLVED', dispute_outcome: { outcome_code: code } });
    expect(await gateway.takings(charge, [])).toMatchObject([{ status }]);
  });

  test('counts once, though PayPal tells its money as a reversal too', async () => {
    const { charge, reference } = await charged();
    const id = paypal.dispute(reference, '20.00', {
      money_movements: [movement('DEBIT', '20.00', 'DISPUTE_SETTLEMENT')],
    });
    const reversal = paypal.reverse(reference, '20.00');
    const earlier = paypal.refundByHand(reference, '20.00', '2026-03-01T13:00:00Z');
    const told = await gateway.takings(charge, [reversal]);
    expect(Object.fromEntries(told.map((each) => [each.id, each.taken]))).toEqual({
      [id]: 2_000,
      [reversal]: 0,
      [earlier]: 2_000,
    });
  });
});

describe('a refund', () => {
  test('of PayPal’s own page has no key of ours, and ours has', async () => {
    const { charge, reference } = await charged();
    await gateway.refund({
      key: 'rfd_9',
      reference,
      amount: { amount: 1_000, currency: 'GBP' },
      reason: 'x',
    });
    const id = paypal.refundByHand(reference, '5.00');
    const [ours, byHand] = await gateway.takings(charge, []);
    expect(ours).toMatchObject({ key: 'rfd_9', taken: 1_000 });
    expect(byHand).toEqual({
      id,
      kind: 'refund',
      status: 'succeeded',
      at: '2026-03-02T12:00:00.000Z',
      amount: { amount: 500, currency: 'GBP' },
      taken: 500,
      feeAmount: 0,
    });
  });

  test('that no order lists is read by its id, and what PayPal does not know is asked for again', async () => {
    const { charge, reference } = await charged();
    const id = paypal.reverse(reference, '120.50');
    expect(await gateway.takings(charge, [])).toEqual([]);
    expect(await gateway.takings(charge, [id])).toMatchObject([{ id, taken: 12_050 }]);
    await expect(gateway.takings(charge, ['R-unknown'])).rejects.toThrow('does not tell');
  });
});

describe('an event', () => {
  const read = (type: string, resource: unknown) =>
    gateway.readEvent({ ...paypal.event(type, resource, now), now });

  test('of a dispute names the charge of the capture that is disputed', async () => {
    const { charge, reference } = await charged();
    const id = paypal.dispute(reference, '1.00');
    for (const type of ['CREATED', 'UPDATED', 'RESOLVED']) {
      // The event's own transaction is not believed.
      const resource = { dispute_id: id, disputed_transactions: [{ seller_transaction_id: 'FORGED' }] };
      expect(await read(`CUSTOMER.DISPUTE.${type}`, resource)).toEqual({
        kind: 'taking',
        charge,
        id,
        isReversal: false,
      });
    }
  });

  test('of a refund or reversal names the charge of the capture that it is of', async () => {
    const { charge, reference } = await charged();
    const refund = paypal.refundByHand(reference, '1.00');
    const reversal = paypal.reverse(reference, '1.00');
    expect(await read('PAYMENT.CAPTURE.REFUNDED', { id: refund })).toEqual({
      kind: 'taking',
      charge,
      id: refund,
      isReversal: false,
    });
    expect(await read('PAYMENT.CAPTURE.REVERSED', { id: reversal })).toEqual({
      kind: 'taking',
      charge,
      id: reversal,
      isReversal: true,
    });
  });

  test('of another shop is ignored, and one that PayPal does not know yet is sent again', async () => {
    const foreign = paypal.foreignOrder('shop:1');
    paypal.order(foreign).captures.push({ id: 'C9', amount: { currency_code: 'GBP', value: '1.00' } });
    expect(await read('PAYMENT.CAPTURE.REFUNDED', { id: paypal.reverse('C9', '1.00') })).toEqual({
      kind: 'ignored',
    });
    expect(await read('CUSTOMER.DISPUTE.CREATED', { dispute_id: paypal.dispute('C9', '1.00') })).toEqual({
      kind: 'ignored',
    });
    await expect(read('PAYMENT.CAPTURE.REFUNDED', { id: 'R1' })).rejects.toThrow('does not know');
    await expect(read('CUSTOMER.DISPUTE.CREATED', { dispute_id: 'PP-1' })).rejects.toThrow('does not know');
  });
});

test('charges whose disputes changed since a time are listed once each', async () => {
  const [one, two] = [await charged(), await charged()];
  const since = new Date('2026-03-05T00:00:00Z');
  paypal.dispute(one.reference, '1.00', { update_time: '2026-03-05T01:00:00.000Z' });
  paypal.dispute(one.reference, '2.00', { update_time: '2026-03-06T01:00:00.000Z' });
  paypal.dispute(two.reference, '1.00');
  expect(await gateway.takenSince(since)).toEqual([one.charge]);
});
