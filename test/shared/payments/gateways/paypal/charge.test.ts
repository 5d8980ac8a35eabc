import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { type Charge, ForgedEvent } from '../../../../../shared/payments/gateways/gateway.ts';
import { paypalGateway } from '../../../../../shared/payments/gateways/paypal-gateway.ts';
import { FakePayPal } from '../../../../support/gateways/fake-paypal.ts';

const orders = '/v2/checkout/orders';
const captures = '/v2/payments/captures';
const now = new Date('2026-03-01T12:00:00Z');
const paypal = new FakePayPal();
let gateway: ReturnType<typeof gatewayWith>;

beforeAll(async () => {
  await paypal.open();
  gateway = gatewayWith();
});
afterAll(() => paypal.close());
beforeEach(() => {
  paypal.requests = [];
  paypal.capturing = {};
  paypal.patchable = true;
});

function gatewayWith(options: { timeoutMs?: number; clientSecret?: string; baseUrl?: string } = {}) {
  const { clientId, clientSecret, webhookId, url: baseUrl } = paypal;
  return paypalGateway({ clientId, clientSecret, webhookId, environment: 'sandbox', baseUrl, ...options });
}

async function begun(amount?: Charge['amount']) {
  const charge = newCharge(amount);
  const state = await gateway.start(charge);
  if (state.kind !== 'redirect') throw new Error(`It is ${state.kind}`);
  return { charge, known: { ...charge, reference: state.reference }, ...state };
}

async function paidFor(amount?: Charge['amount']) {
  const { charge, known, reference } = await begun(amount);
  paypal.approve(reference);
  const state = await gateway.query(known);
  if (state.kind !== 'paid') throw new Error(`It is ${state.kind}`);
  return { charge, known, order: reference, payment: state.reference };
}

/** What a call throws, with everything that a log would show of it. */
async function thrownBy(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    (value) => {
      throw new Error(`Answered ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  return inspect(error, { depth: 10, showHidden: true });
}

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

describe('an answer that is none', () => {
  const body = JSON.stringify({ name: 'X', message: 'No', debug_id: 'dbg1' });

  test.each([
    ['is silence', 'lost' as const],
    ['is a failure of PayPal', { status: 500, body }],
    ['is a busy PayPal', { status: 429, body }],
    ['is another request under way', { status: 409, body }],
    ['refuses the permission', { status: 403, body }],
    ['is a page', { status: 200, body: '<html>' }],
    ['is a page that refuses', { status: 404, body: '<html>' }],
    ['is empty', { status: 200, body: '{}' }],
    ['is null', { status: 200, body: 'null' }],
    ['is no order', { status: 200, body: '{"id":"O1","status":"STRANGE"}' }],
    ['has no text where one belongs', { status: 200, body: '{"id":7,"status":"CREATED"}' }],
  ])('throws, where it %s', async (_, fault) => {
    const { charge, known, payment } = await paidFor();
    const impatient = gatewayWith({ timeoutMs: 50 });
    paypal.fault(orders, fault);
    const thrown = await thrownBy(impatient.start(newCharge()));
    expect(thrown).not.toMatch(/nobody may see|token-1/);
    paypal.fault(orders, fault);
    await expect(impatient.query(known)).rejects.toThrow();
    paypal.fault(captures, fault);
    const refund = { key: `${charge.key}-r`, reference: payment, amount: charge.amount, reason: '' };
    await expect(impatient.refund(refund)).rejects.toThrow();
  });

  test('throws, where what was captured has no capture', async () => {
    const { known } = await begun();
    paypal.fault(orders, { status: 200, body: '{"id":"O1","status":"COMPLETED"}' });
    await expect(gateway.start(newCharge())).rejects.toThrow('no known state');
    paypal.approve(known.reference);
    paypal.fault(`${orders}/${known.reference}/capture`, {
      status: 201,
      body: '{"id":"O1","status":"COMPLETED"}',
    });
    await expect(gateway.query(known)).rejects.toThrow('no known state');
    expect(await gateway.query(known)).toMatchObject({ kind: 'paid' });
  });

  test('shows nobody the secret, where it is wrong', async () => {
    const wrong = gatewayWith({ clientSecret: 'another secret that nobody may see' });
    const thrown = await thrownBy(wrong.start(newCharge()));
    expect(thrown).toContain('401');
    expect(thrown).not.toContain('nobody may see');
    expect(thrown).not.toContain(Buffer.from('another secret').toString('base64').slice(4, 16));
  });

  test.each([
    ['failed', { status: 500, body: '{}' }],
    ['never came', 'lost' as const],
  ])('is forgotten by the next call, where the token %s', async (_, fault) => {
    const fresh = gatewayWith({ timeoutMs: 50 });
    paypal.fault('/v1/oauth2/token', fault);
    await expect(fresh.start(newCharge())).rejects.toThrow('no certain answer');
    expect(await fresh.start(newCharge())).toMatchObject({ kind: 'redirect' });
  });

  test('of a revoked token is answered by a new one', async () => {
    paypal.token = 'token-2';
    await expect(gateway.start(newCharge())).rejects.toThrow('AUTHENTICATION_FAILURE, 401');
    expect(await gateway.start(newCharge())).toMatchObject({ kind: 'redirect' });
    expect(await gateway.start(newCharge())).toMatchObject({ kind: 'redirect' });
    expect(paypal.asked('POST', '/v1/oauth2/token')).toHaveLength(1);
  });
});

describe('an event', () => {
  const hour = 3_600_000;
  const before = (hours: number) => new Date(now.getTime() - hours * hour);

  test('of an approval takes the money and tells it, once, however often it comes', async () => {
    const { charge, reference } = await begun();
    paypal.approve(reference);
    paypal.capturing = { fee: '4.40' };
    const sent = paypal.event('CHECKOUT.ORDER.APPROVED', { id: reference, status: 'APPROVED' }, now);
    const told = await gateway.readEvent({ ...sent, now });
    const [capture] = paypal.order(reference).captures;
    const state = { kind: 'paid', reference: capture!.id, amount: charge.amount, feeAmount: 440 };
    expect(told).toEqual({ kind: 'charge', key: charge.key, accountId: 'acct_1', state });
    expect(await gateway.readEvent({ ...sent, now })).toEqual(told);
    expect(paypal.order(reference).captures).toHaveLength(1);
    const after = paypal.event('PAYMENT.CAPTURE.COMPLETED', { id: capture!.id }, now);
    expect(await gateway.readEvent({ ...after, now })).toEqual(told);
  });

  test.each([
    ['PENDING', 'PENDING', 'pending'],
    ['DENIED', 'DECLINED', 'failed'],
    ['DECLINED', 'DECLINED', 'failed'],
    // What is so by now counts, not what was so when the event was sent.
    ['PENDING', 'COMPLETED', 'paid'],
  ])('PAYMENT.CAPTURE.%s tells that the capture is %s: %s', async (type, status, kind) => {
    const { charge, order, payment } = await paidFor();
    paypal.order(order).captures[0]!.status = status;
    const sent = paypal.event(`PAYMENT.CAPTURE.${type}`, { id: payment, status: 'COMPLETED' }, now);
    const told = await gateway.readEvent({ ...sent, now });
    expect(told).toMatchObject({ kind: 'charge', key: charge.key, state: { kind } });
    if (kind === 'pending') expect(told).toMatchObject({ state: { reference: order } });
  });

  test('of an approval that was ended takes nothing', async () => {
    const { known, reference } = await begun();
    await gateway.expire(known);
    paypal.approve(reference);
    const sent = paypal.event('CHECKOUT.ORDER.APPROVED', { id: reference }, now);
    expect(await gateway.readEvent({ ...sent, now })).toMatchObject({ state: { kind: 'failed' } });
    expect(paypal.order(reference).captures).toEqual([]);
  });

  test('of an order that the payer has to act on again tells that it is pending', async () => {
    const { reference } = await begun();
    const sent = paypal.event('CHECKOUT.ORDER.APPROVED', { id: reference }, now);
    expect(await gateway.readEvent({ ...sent, now })).toMatchObject({
      state: { kind: 'pending', reference },
    });
  });

  test('about nothing of ours is ignored, and nothing of others is taken', async () => {
    const [first, second] = [paypal.foreignOrder('shop:1'), paypal.foreignOrder('order 7')];
    for (const id of [first, second]) paypal.approve(id);
    const about: [string, unknown][] = [
      ['CHECKOUT.ORDER.APPROVED', { id: first }],
      ['CHECKOUT.ORDER.APPROVED', { id: second }],
      ['CHECKOUT.ORDER.APPROVED', { id: 'unknown' }],
      ['PAYMENT.CAPTURE.COMPLETED', { id: 'unknown' }],
      ['PAYMENT.CAPTURE.REFUNDED', { id: 'R1' }],
      ['CUSTOMER.DISPUTE.CREATED', { dispute_id: 'PP-1' }],
      ['BILLING.SUBSCRIPTION.CANCELLED', 'anything'],
    ];
    for (const [type, resource] of about) {
      expect(await gateway.readEvent({ ...paypal.event(type, resource, now), now })).toEqual({
        kind: 'ignored',
      });
    }
    expect(paypal.order(first).captures).toEqual([]);
  });

  test('is good for as long as PayPal repeats it', async () => {
    const { reference } = await begun();
    const sentAt = (at: Date) => paypal.event('CHECKOUT.ORDER.APPROVED', { id: reference }, at);
    for (const hours of [0, 72, 95]) {
      const told = await gateway.readEvent({ ...sentAt(before(hours)), now });
      expect(told).toMatchObject({ kind: 'charge' });
    }
    for (const hours of [97, 24 * 365, -1]) {
      const reading = gateway.readEvent({ ...sentAt(before(hours)), now });
      await expect(reading).rejects.toBeInstanceOf(ForgedEvent);
    }
  });

  test('is forged, where its signature or its form is wrong', async () => {
    const { rawBody, headers } = paypal.event('CHECKOUT.ORDER.APPROVED', { id: 'O1' }, now);
    const strange = new FakePayPal();
    await strange.open();
    const theirs = strange.sign(rawBody, now);
    await strange.close();
    const forged: Record<string, string | undefined>[] = [
      {},
      { ...headers, 'paypal-transmission-sig': undefined },
      { ...headers, 'paypal-transmission-sig': 'nonsense' },
      { ...headers, 'paypal-transmission-sig': theirs['paypal-transmission-sig'] },
      { ...headers, 'paypal-transmission-id': 'another' },
      { ...headers, 'paypal-transmission-time': '2026-03-01T12:00:01Z' },
      { ...headers, 'paypal-transmission-time': undefined },
      { ...headers, 'paypal-auth-algo': 'MD5withRSA' },
      { ...headers, 'paypal-cert-url': undefined },
      { ...headers, 'paypal-cert-url': `${paypal.url}/v1/notifications/certs/CERT-404` },
      paypal.sign(rawBody, now, { webhookId: 'of-another-webhook' }),
      paypal.sign(rawBody, now, { certificate: 'CERT-OLD' }),
    ];
    for (const each of forged) {
      const reading = gateway.readEvent({ rawBody, headers: each, now });
      await expect(reading).rejects.toBeInstanceOf(ForgedEvent);
    }
    for (const body of [rawBody.replace('O1', 'O2'), `${rawBody} `]) {
      const reading = gateway.readEvent({ rawBody: body, headers, now });
      await expect(reading).rejects.toBeInstanceOf(ForgedEvent);
    }
    for (const body of ['not JSON', 'null', '{}', '{"event_type":"MADE.UP","resource":{"id":"O1"}}']) {
      const reading = gateway.readEvent({ rawBody: body, headers: paypal.sign(body, now), now });
      await expect(reading).rejects.toBeInstanceOf(ForgedEvent);
    }
    expect(paypal.requests.filter(({ path }) => path.startsWith('/v2'))).toEqual([]);
  });

  test('is forged, where its certificate is anywhere but at PayPal, and nobody is asked for it', async () => {
    const { clientId, clientSecret, webhookId } = paypal;
    const { rawBody, headers } = paypal.event('CHECKOUT.ORDER.APPROVED', { id: 'O1' }, now);
    const live = paypalGateway({ clientId, clientSecret, webhookId, environment: 'live' });
    const addresses = [
      headers['paypal-cert-url'],
      'https://evil.test/v1/notifications/certs/CERT-1',
      'https://api.paypal.com.evil.test/v1/notifications/certs/CERT-1',
      'https://api.paypal.com@evil.test/v1/notifications/certs/CERT-1',
      'https://user@api.paypal.com/v1/notifications/certs/CERT-1',
      'https://api.paypal.com:8443/v1/notifications/certs/CERT-1',
      'http://api.paypal.com/v1/notifications/certs/CERT-1',
      'https://www.paypal.com/v1/notifications/certs/CERT-1',
      'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1',
      'https://api.paypal.com/v1/notifications/certs/../../elsewhere',
      'https://api.paypal.com/v1/notifications/certs/CERT-1?next=https://evil.test',
    ];
    for (const address of addresses) {
      const reading = live.readEvent({ rawBody, headers: { ...headers, 'paypal-cert-url': address }, now });
      await expect(reading).rejects.toBeInstanceOf(ForgedEvent);
    }
    expect(paypal.requests).toEqual([]);
  });

  test('needs its certificate once, and is sent again where PayPal does not give it', async () => {
    const fresh = gatewayWith();
    const { reference } = await begun();
    paypal.requests = [];
    const sent = paypal.event('CHECKOUT.ORDER.APPROVED', { id: reference }, now);
    const certificate = '/v1/notifications/certs/CERT-1';
    paypal.fault(certificate, { status: 503, body: '' });
    const reading = fresh.readEvent({ ...sent, now });
    await expect(reading).rejects.toThrow('no certificate');
    await expect(reading).rejects.not.toBeInstanceOf(ForgedEvent);
    await fresh.readEvent({ ...sent, now });
    await fresh.readEvent({ ...sent, now });
    expect(paypal.asked('GET', certificate)).toHaveLength(2);
  });

  test('is not forged, only to be sent again, where PayPal does not answer', async () => {
    const { reference } = await begun();
    const sent = paypal.event('CHECKOUT.ORDER.APPROVED', { id: reference }, now);
    paypal.fault(orders, { status: 503, body: '' });
    const reading = gateway.readEvent({ ...sent, now });
    await expect(reading).rejects.toThrow('no certain answer');
    await expect(reading).rejects.not.toBeInstanceOf(ForgedEvent);
  });
});
