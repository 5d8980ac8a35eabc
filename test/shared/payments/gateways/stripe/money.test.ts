import { describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { sessions, stripeDesk } from './stripe-desk.ts';

const { begun, gatewayWith, paidFor, stripe } = stripeDesk();

describe('money', () => {
  test.each([
    ['GBP', 12050, '12050'],
    ['JPY', 500, '500'],
    ['HUF', 123450, '123450'],
    ['TWD', 123450, '123450'],
    ['ISK', 500, '50000'],
    ['UGX', 700, '70000'],
    ['KWD', 5120, '5120'],
  ])('in %s: %i is %s at Stripe, and comes back the same', async (currency, amount, there) => {
    const money = { amount, currency };
    const { charge, reference } = await begun(money);
    expect(stripe.asked('POST', sessions)[0]?.fields).toMatchObject({
      'line_items[0][price_data][unit_amount]': there,
      'line_items[0][price_data][currency]': currency.toLowerCase(),
    });
    const payment = stripe.pay(reference, { fee: Number(there) / 10 });
    expect(await gatewayWith().query({ ...charge, reference })).toEqual({
      kind: 'paid',
      reference: payment,
      amount: money,
      feeAmount: amount / 10,
    });
    const refund = { key: `ref ${charge.key}`, reference: payment, amount: money, reason: '' };
    expect(await gatewayWith().refund(refund)).toEqual({ kind: 'refunded' });
    expect(stripe.asked('POST', '/v1/refunds')[0]?.fields.amount).toBe(there);
  });

  test.each([
    ['KWD', 5124],
    ['MGA', 500],
    ['MRU', 500],
    ['LYD', 500],
    ['CLF', 50000],
    ['GBP', 0],
    ['GBP', -100],
  ])('in %s: %i is refused before anything is sent', async (currency, amount) => {
    const charge = newCharge({ amount, currency });
    expect(await gatewayWith().start(charge)).toMatchObject({ kind: 'failed' });
    const refund = { key: 'r', reference: 'pi_1', amount: charge.amount, reason: '' };
    expect(await gatewayWith().refund(refund)).toMatchObject({ kind: 'failed' });
    expect(stripe.requests).toEqual([]);
  });
});

describe('a refund', () => {
  test('is asked for under our key', async () => {
    const { charge, payment } = await paidFor();
    const refund = { key: 'ref_1', reference: payment, amount: charge.amount, reason: 'x'.repeat(600) };
    expect(await gatewayWith().queryRefund(refund)).toEqual({ kind: 'absent' });
    expect(await gatewayWith().refund(refund)).toEqual({ kind: 'refunded' });
    const [request] = stripe.asked('POST', '/v1/refunds');
    expect(request?.headers['idempotency-key']).toBe('ref_1');
    expect(request?.fields).toEqual({
      payment_intent: payment,
      amount: '12050',
      'metadata[key]': 'ref_1',
      'metadata[reason]': 'x'.repeat(500),
    });
    expect(await gatewayWith().queryRefund(refund)).toEqual({ kind: 'refunded' });
  });

  test('is given once under a key, even after Stripe has forgotten the key', async () => {
    const { payment } = await paidFor();
    const part = { reference: payment, amount: { amount: 100, currency: 'GBP' }, reason: '' };
    const together = ['ref_2', 'ref_2'].map((key) => gatewayWith().refund({ ...part, key }));
    expect(await Promise.all(together)).toEqual([{ kind: 'refunded' }, { kind: 'refunded' }]);
    stripe.forgetKeys();
    expect(await gatewayWith().refund({ ...part, key: 'ref_2' })).toEqual({ kind: 'refunded' });
    expect(await gatewayWith().refund({ ...part, key: 'ref_3' })).toEqual({ kind: 'refunded' });
    const ids = stripe.asked('POST', '/v1/refunds').map(({ headers }) => headers['idempotency-key']);
    expect(ids.filter((key) => key === 'ref_3')).toHaveLength(1);
    const rest = { ...part, key: 'ref_4', amount: { amount: 12050 - 200, currency: 'GBP' } };
    expect(await gatewayWith().refund(rest)).toEqual({ kind: 'refunded' });
  });

  test('of more than was paid has failed', async () => {
    const { payment } = await paidFor();
    const refund = {
      key: 'ref_5',
      reference: payment,
      amount: { amount: 99999, currency: 'GBP' },
      reason: '',
    };
    expect(await gatewayWith().refund(refund)).toEqual({
      kind: 'failed',
      reason: 'Stripe refused it (charge_already_refunded, 400, req_1)',
    });
    expect(await gatewayWith().queryRefund(refund)).toEqual({ kind: 'absent' });
  });

  test.each([
    ['pending', { kind: 'pending' }],
    ['requires_action', { kind: 'pending' }],
    ['canceled', { kind: 'failed', reason: 'Stripe could not give it back (canceled).' }],
    ['failed', { kind: 'failed', reason: 'Stripe could not give it back (expired_or_canceled_card).' }],
  ])('that is %s at Stripe is told as it is', async (status, expected) => {
    const { charge, payment } = await paidFor();
    const refund = { key: `ref ${charge.key}`, reference: payment, amount: charge.amount, reason: '' };
    await gatewayWith().refund(refund);
    stripe.setRefund(refund.key, status, status === 'failed' ? 'expired_or_canceled_card' : undefined);
    expect(await gatewayWith().queryRefund(refund)).toEqual(expected);
    expect(await gatewayWith().refund(refund)).toEqual(expected);
  });

  test('that nobody answered is found when it is asked for', async () => {
    const { charge, payment } = await paidFor();
    const refund = { key: 'ref_6', reference: payment, amount: charge.amount, reason: '' };
    stripe.fault('/v1/refunds', {
      status: 200,
      body: '{"object":"list","data":[],"has_more":false,"url":"/v1"}',
    });
    stripe.fault('/v1/refunds', 'unanswered');
    await expect(gatewayWith({ timeoutMs: 50 }).refund(refund)).rejects.toThrow('no certain answer');
    expect(await gatewayWith().queryRefund(refund)).toEqual({ kind: 'refunded' });
  });
});
