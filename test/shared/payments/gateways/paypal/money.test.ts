import { beforeAll, describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { captures, paypalDesk } from './paypal-desk.ts';
import type { Gateway } from '../../../../../shared/payments/gateways/gateway.ts';

let gateway: Gateway;
const { begun, gatewayWith, paidFor, paypal } = paypalDesk(() => gateway);

beforeAll(() => {
  gateway = gatewayWith();
});

describe('money', () => {
  test.each([
    ['GBP', 12050, '120.50'],
    ['EUR', 7, '0.07'],
    ['JPY', 500, '500'],
    ['HUF', 123400, '1234'],
    ['TWD', 50000, '500'],
  ])('in %s: %i is %s at PayPal, and comes back the same', async (currency, amount, there) => {
    const money = { amount, currency };
    const { known, reference } = await begun(money);
    expect(paypal.order(reference).unit.amount).toEqual({ currency_code: currency, value: there });
    paypal.approve(reference);
    paypal.capturing = { fee: there };
    const paid = await gateway.query(known);
    expect(paid).toMatchObject({ kind: 'paid', amount: money, feeAmount: amount });
    const capture = (paid as { reference: string }).reference;
    const refund = { key: `${known.key}-r`, reference: capture, amount: money, reason: 'Too much' };
    expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
    const [request] = paypal.asked('POST', `${captures}/${capture}/refund`);
    expect(request?.body.amount).toEqual({ currency_code: currency, value: there });
  });

  test.each([
    ['HUF', 123450],
    ['TWD', 1],
    ['KWD', 5000],
    ['ISK', 500],
    ['MGA', 500],
    ['GBP', 0],
    ['GBP', -5],
  ])('in %s: %i is refused before anything is sent', async (currency, amount) => {
    const charge = newCharge({ amount, currency });
    expect(await gateway.start(charge)).toMatchObject({ kind: 'failed' });
    const refund = { key: 'r', reference: 'C1', amount: charge.amount, reason: '' };
    expect(await gateway.refund(refund)).toMatchObject({ kind: 'failed' });
    expect(paypal.requests).toEqual([]);
  });

  test.each(['1e3', '12.345', '-1.00', '1,000.00', '', ' 1.00'])('as %j is none', async (value) => {
    const { known, order } = await paidFor();
    paypal.order(order).captures[0]!.amount = { currency_code: 'GBP', value };
    await expect(gateway.query(known)).rejects.toThrow('PayPal answered with an amount that is none');
  });
});

describe('a refund', () => {
  const part = { amount: { amount: 100, currency: 'GBP' }, reason: 'x'.repeat(300) };

  test('is asked for under our key, and found by it among others', async () => {
    const { payment } = await paidFor();
    const refund = { ...part, key: 'ref_1', reference: payment };
    expect(await gateway.queryRefund(refund)).toEqual({ kind: 'absent' });
    expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
    const [request] = paypal.asked('POST', `${captures}/${payment}/refund`);
    expect(request?.headers['paypal-request-id']).toBe('ref_1');
    expect(request?.body).toEqual({
      amount: { currency_code: 'GBP', value: '1.00' },
      custom_id: 'ref_1',
      note_to_payer: 'x'.repeat(255),
    });
    expect(await gateway.queryRefund(refund)).toEqual({ kind: 'refunded' });
    expect(await gateway.queryRefund({ ...refund, key: 'ref_2' })).toEqual({ kind: 'absent' });
  });

  test('is given once under a key', async () => {
    const { order, payment } = await paidFor();
    const refund = { ...part, key: 'ref_3', reference: payment };
    expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
    expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
    expect(paypal.order(order).refunds).toHaveLength(1);
  });

  test('of more than was paid has failed', async () => {
    const { payment } = await paidFor();
    const amount = { amount: 99999, currency: 'GBP' };
    expect(await gateway.refund({ key: 'ref_4', reference: payment, amount, reason: '' })).toEqual({
      kind: 'failed',
      reason: 'PayPal refused it (REFUND_AMOUNT_EXCEEDED, 422, dbg1)',
    });
  });

  test.each([
    ['PENDING', { kind: 'pending' }],
    ['FAILED', { kind: 'failed', reason: 'PayPal could not give it back (FAILED).' }],
    ['CANCELLED', { kind: 'failed', reason: 'PayPal could not give it back (CANCELLED).' }],
  ])('that is %s at PayPal is told as it is', async (status, expected) => {
    const { charge, order, payment } = await paidFor();
    const refund = { ...part, key: `${charge.key}-r`, reference: payment };
    await gateway.refund(refund);
    paypal.order(order).refunds[0]!.status = status;
    expect(await gateway.queryRefund(refund)).toEqual(expected);
    expect(await gateway.refund(refund)).toEqual(expected);
  });

  test('that nobody answered is found when it is asked for, and not given again', async () => {
    const { order, payment } = await paidFor();
    const refund = { ...part, key: 'ref_5', reference: payment };
    paypal.fault(`${captures}/${payment}/refund`, 'unanswered');
    await expect(gatewayWith({ timeoutMs: 50 }).refund(refund)).rejects.toThrow('no certain answer');
    expect(await gateway.queryRefund(refund)).toEqual({ kind: 'refunded' });
    expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
    expect(paypal.order(order).refunds).toHaveLength(1);
  });

  test('is unknown, where PayPal tells that something was given back and not what', async () => {
    const { order, payment } = await paidFor();
    paypal.order(order).captures[0]!.status = 'REFUNDED';
    const refund = { key: 'ref_6', reference: payment };
    await expect(gateway.queryRefund(refund)).rejects.toThrow('does not tell');
    paypal.lapse(order);
    await expect(gateway.queryRefund(refund)).rejects.toThrow('PayPal refused it');
  });
});
