import { beforeAll, describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { orders, paypalDesk } from './paypal-desk.ts';
import type { Gateway } from '../../../../../shared/payments/gateways/gateway.ts';

let gateway: Gateway;
const { begun, gatewayWith, paidFor, paypal } = paypalDesk(() => gateway);

beforeAll(() => {
  gateway = gatewayWith();
});

describe('a charge', () => {
  test('is an order for the whole amount, under our key, that the payer is sent to', async () => {
    const charge = { ...newCharge(), description: 'x'.repeat(200) };
    const state = await gatewayWith().start(charge);
    expect(paypal.requests.map(({ path }) => path)).toEqual(['/v1/oauth2/token', orders]);
    const [request] = paypal.asked('POST', orders);
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'paypal-request-id': charge.key,
      'content-type': 'application/json',
      prefer: 'return=representation',
    });
    expect(request?.body).toEqual({
      intent: 'CAPTURE',
      purchase_units: [
        {
          amount: { currency_code: 'GBP', value: '120.50' },
          custom_id: `acct_1:${charge.key}`,
          invoice_id: charge.key,
          description: 'x'.repeat(127),
        },
      ],
      payment_source: {
        paypal: {
          experience_context: {
            return_url: charge.returnUrl,
            cancel_url: charge.returnUrl,
            user_action: 'PAY_NOW',
            shipping_preference: 'NO_SHIPPING',
          },
        },
      },
    });
    const reference = (state as { reference: string }).reference;
    const url = `https://www.sandbox.paypal.com/checkoutnow?token=${reference}`;
    expect(state).toEqual({ kind: 'redirect', url, reference });
  });

  test('that is started again is the same one, whatever has become of it', async () => {
    const { charge, reference, url } = await begun();
    expect(await gateway.start(charge)).toEqual({ kind: 'redirect', reference, url });
    paypal.approve(reference);
    const paid = await gateway.start(charge);
    expect(paid).toMatchObject({ kind: 'paid', amount: charge.amount });
    expect(await gateway.start(charge)).toEqual(paid);
    expect(await gateway.query({ ...charge, reference })).toEqual(paid);
    expect(paypal.order(reference).captures).toHaveLength(1);
  });

  test('waits for the payer, and is taken once he has approved it', async () => {
    const { charge, known, reference, url } = await begun();
    expect(await gateway.query(known)).toEqual({ kind: 'redirect', reference, url });
    expect(paypal.order(reference).captures).toEqual([]);
    paypal.approve(reference);
    paypal.capturing = { fee: '4.40' };
    const both = await Promise.all([gateway.query(known), gateway.query(known)]);
    const [capture] = paypal.order(reference).captures;
    const paid = { kind: 'paid', reference: capture!.id, amount: charge.amount, feeAmount: 440 };
    expect(both).toEqual([paid, paid]);
    const asked = paypal.asked('POST', `${orders}/${reference}/capture`);
    expect(new Set(asked.map(({ headers }) => headers['paypal-request-id']))).toEqual(
      new Set([`${charge.key}-capture`]),
    );
    expect(await gateway.query({ ...charge, reference: capture!.id as string })).toEqual(paid);
  });

  test('has no fee that was taken in another currency', async () => {
    const { known, reference } = await begun();
    paypal.approve(reference);
    paypal.capturing = { fee: '4.40', feeCurrency: 'EUR' };
    expect(await gateway.query(known)).toMatchObject({ kind: 'paid', feeAmount: 0 });
  });

  test('is paid still when it was given back', async () => {
    const { charge, known, payment } = await paidFor();
    await gateway.refund({ key: `${charge.key}-r`, reference: payment, amount: charge.amount, reason: '' });
    expect(await gateway.query(known)).toMatchObject({ kind: 'paid', reference: payment });
  });

  test('is pending under its order while PayPal holds the money', async () => {
    const { charge, known, reference } = await begun();
    paypal.approve(reference);
    paypal.capturing = { status: 'PENDING', reason: 'ECHECK' };
    expect(await gateway.query(known)).toEqual({ kind: 'pending', reference });
    expect(await gateway.expire(known)).toEqual({ kind: 'pending', reference });
    const [capture] = paypal.order(reference).captures;
    capture!.status = 'COMPLETED';
    expect(await gateway.query(known)).toMatchObject({ kind: 'paid', reference: capture!.id });
    expect(await gateway.query({ ...charge, reference: capture!.id })).toMatchObject({ kind: 'paid' });
  });

  test('that PayPal declined has failed', async () => {
    const { known, reference } = await begun();
    paypal.approve(reference);
    paypal.capturing = { status: 'DECLINED', reason: 'BUYER_COMPLAINT' };
    const failed = { kind: 'failed', reason: 'PayPal declined the payment (BUYER_COMPLAINT).' };
    expect(await gateway.query(known)).toEqual(failed);
    expect(await gateway.query(known)).toEqual(failed);
  });

  test('whose money was refused has failed for good, though the payer could approve it anew', async () => {
    const { known, reference } = await begun();
    paypal.approve(reference);
    paypal.capturing = { refusal: 'INSTRUMENT_DECLINED' };
    const reason = 'PayPal declined the payment (INSTRUMENT_DECLINED).';
    expect(await gateway.query(known)).toEqual({ kind: 'failed', reason });
    paypal.capturing = {};
    paypal.approve(reference);
    expect(await gateway.query(known)).toEqual({ kind: 'failed', reason: 'It was ended.' });
    expect(paypal.order(reference).captures).toEqual([]);
  });

  test.each(['ORDER_NOT_APPROVED', 'PAYER_ACTION_REQUIRED', 'ORDER_ALREADY_CAPTURED'])(
    'is looked at again, where it is refused as %s',
    async (refusal) => {
      const { known, reference } = await begun();
      paypal.approve(reference);
      paypal.capturing = { refusal };
      expect(await gateway.query(known)).toEqual({ kind: 'pending', reference });
      expect(paypal.order(reference).intent).toBe('CAPTURE');
    },
  );

  test('is unknown, where its invoice was paid by another order', async () => {
    const { known, reference } = await begun();
    paypal.approve(reference);
    paypal.capturing = { refusal: 'DUPLICATE_INVOICE_ID' };
    await expect(gateway.query(known)).rejects.toThrow('no certain answer (DUPLICATE_INVOICE_ID, 422, dbg1)');
  });

  test('that nobody paid in time has failed', async () => {
    const { known, reference } = await begun();
    paypal.lapse(reference);
    const failed = { kind: 'failed', reason: 'The payment was not made in time.' };
    expect(await gateway.query(known)).toEqual(failed);
    expect(await gateway.expire(known)).toEqual(failed);
  });

  test('that PayPal refuses has failed, with what names the refusal', async () => {
    expect(await gateway.start(newCharge({ amount: 1_000_000_00, currency: 'GBP' }))).toEqual({
      kind: 'failed',
      reason: 'PayPal refused it (MAX_VALUE_EXCEEDED, 422, dbg1)',
    });
  });

  test('of another account is not shown', async () => {
    const { known, payment } = await paidFor();
    for (const reference of [known.reference, payment]) {
      const other = { ...known, accountId: 'acct_2', reference };
      await expect(gateway.query(other)).rejects.toThrow('another charge');
    }
  });

  test('whose start nobody answered is unknown until it is started again', async () => {
    const charge = newCharge();
    paypal.fault(orders, 'unanswered');
    await expect(gatewayWith({ timeoutMs: 50 }).start(charge)).rejects.toThrow('no certain answer');
    await expect(gateway.query({ ...charge, reference: null })).rejects.toThrow('start the charge again');
    await expect(gateway.expire({ ...charge, reference: null })).rejects.toThrow('start the charge again');
    const again = await gateway.start(charge);
    expect(again).toMatchObject({ kind: 'redirect' });
    expect(await gateway.start(charge)).toEqual(again);
  });
});

describe('what ends a charge', () => {
  test('keeps it from being taken, though the payer approves it later', async () => {
    const { known, reference } = await begun();
    expect(await gateway.expire(known)).toEqual({ kind: 'failed', reason: 'It was ended.' });
    const patch = [{ op: 'replace', path: '/intent', value: 'AUTHORIZE' }];
    expect(paypal.asked('PATCH', `${orders}/${reference}`)[0]?.body).toEqual(patch);
    paypal.approve(reference);
    expect(await gateway.query(known)).toMatchObject({ kind: 'failed' });
    expect(paypal.order(reference).captures).toEqual([]);
  });

  test('takes what the payer has approved by then', async () => {
    const { known, reference } = await begun();
    paypal.approve(reference);
    expect(await gateway.expire(known)).toMatchObject({ kind: 'paid' });
  });

  test('keeps from taking it whoever has read it a moment before', async () => {
    const { known, reference } = await begun();
    paypal.approve(reference);
    const meanwhile = () => (paypal.order(reference).intent = 'AUTHORIZE');
    paypal.fault(`${orders}/${reference}/capture`, { meanwhile });
    expect(await gateway.query(known)).toMatchObject({ kind: 'failed' });
    expect(paypal.order(reference).captures).toEqual([]);
  });

  test('throws, where PayPal does not end it', async () => {
    const { known, reference, url } = await begun();
    paypal.patchable = false;
    await expect(gateway.expire(known)).rejects.toThrow('did not end');
    expect(await gateway.query(known)).toEqual({ kind: 'redirect', reference, url });
  });
});
