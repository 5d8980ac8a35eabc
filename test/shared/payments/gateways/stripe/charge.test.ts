import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { type Charge, ForgedEvent } from '../../../../../shared/payments/gateways/gateway.ts';
import { stripeGateway } from '../../../../../shared/payments/gateways/stripe-gateway.ts';
import { FakeStripe, stripeSignature } from '../../../../support/gateways/fake-stripe.ts';

const secretKey = 'sk_test_a_key_that_nobody_may_see';
const webhookSecret = 'whsec_a_secret_that_nobody_may_see';
const sessions = '/v1/checkout/sessions';
const stripe = new FakeStripe(secretKey);

beforeAll(() => stripe.open());
afterAll(() => stripe.close());
beforeEach(() => {
  stripe.requests = [];
  stripe.now = new Date('2026-03-01T12:00:00Z');
});

function gatewayWith({ key = secretKey, timeoutMs = 8000 } = {}) {
  return stripeGateway({
    secretKey: key,
    webhookSecret,
    api: stripe.api,
    timeoutMs,
    clock: () => stripe.now,
  });
}

async function begun(amount?: Charge['amount']) {
  const charge = newCharge(amount);
  const state = await gatewayWith().start(charge);
  if (state.kind !== 'redirect') throw new Error(`It is ${state.kind}`);
  return { charge, ...state };
}

async function paidFor(amount?: Charge['amount']) {
  const { charge, reference } = await begun(amount);
  return { charge, payment: stripe.pay(reference) };
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
  test('opens a page of Stripe for the whole amount, under our key', async () => {
    const { charge, url, reference } = await begun();
    expect(url).toBe(`https://checkout.stripe.com/c/pay/${reference}`);
    const [request] = stripe.asked('POST', sessions);
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${secretKey}`,
      'idempotency-key': charge.key,
      'content-type': 'application/x-www-form-urlencoded',
      'stripe-version': '2026-10-28.endive',
    });
    expect(request?.fields).toEqual({
      mode: 'payment',
      client_reference_id: charge.key,
      'metadata[key]': charge.key,
      'metadata[accountId]': 'acct_1',
      'line_items[0][quantity]': '1',
      'line_items[0][price_data][currency]': 'gbp',
      'line_items[0][price_data][unit_amount]': '12050',
      'line_items[0][price_data][product_data][name]': 'Invoices 1001, 1002',
      'payment_intent_data[description]': 'Invoices 1001, 1002',
      'payment_intent_data[metadata][key]': charge.key,
      'payment_intent_data[metadata][accountId]': 'acct_1',
      'payment_intent_data[capture_method]': 'automatic',
      'adaptive_pricing[enabled]': 'false',
      success_url: charge.returnUrl,
      cancel_url: charge.returnUrl,
      expires_at: String(Date.parse('2026-03-01T12:31:00Z') / 1000),
    });
  });

  test('that is started again is the same one, at once and later', async () => {
    const { charge, ...first } = await begun();
    expect(await gatewayWith().start(charge)).toEqual(first);
    stripe.now = new Date('2026-03-01T12:05:00Z');
    expect(await gatewayWith().start(charge)).toEqual(first);
    expect(await gatewayWith().query({ ...charge, reference: null })).toEqual(first);
  });

  test.each([0, 5])('that is started again %i minutes after it was paid is paid', async (minutes) => {
    const { charge, reference } = await begun();
    const payment = stripe.pay(reference);
    stripe.now = new Date(stripe.now.getTime() + minutes * 60_000);
    expect(await gatewayWith().start(charge)).toMatchObject({ kind: 'paid', reference: payment });
  });

  test('is paid with what Stripe keeps of it, by whichever reference it is asked for', async () => {
    const { charge, reference } = await begun();
    const payment = stripe.pay(reference, { fee: 199 });
    const paid = { kind: 'paid', reference: payment, amount: charge.amount, feeAmount: 199 };
    for (const by of [reference, payment, null]) {
      expect(await gatewayWith().query({ ...charge, reference: by })).toEqual(paid);
    }
  });

  test('has no fee that was taken in another currency', async () => {
    const { charge, reference } = await begun();
    stripe.pay(reference, { fee: 199, feeCurrency: 'eur' });
    expect(await gatewayWith().query({ ...charge, reference })).toMatchObject({ kind: 'paid', feeAmount: 0 });
  });

  test('whose card was declined can still be paid with another, until it ends', async () => {
    const { charge, url, reference } = await begun();
    stripe.decline(reference);
    expect(await gatewayWith().query({ ...charge, reference })).toEqual({ kind: 'redirect', url, reference });
    stripe.lapse(reference);
    const reason = 'The payment was not made in time (insufficient_funds).';
    expect(await gatewayWith().query({ ...charge, reference })).toEqual({ kind: 'failed', reason });
  });

  test('is pending while the bank has not paid, then paid or failed', async () => {
    const [good, bad] = [await begun(), await begun()];
    for (const { charge, reference } of [good, bad]) {
      stripe.debit(reference);
      expect(await gatewayWith().query({ ...charge, reference })).toEqual({ kind: 'pending', reference });
    }
    stripe.pay(good.reference);
    stripe.bounce(bad.reference);
    expect(await gatewayWith().query({ ...good.charge, reference: good.reference })).toMatchObject({
      kind: 'paid',
    });
    expect(await gatewayWith().query({ ...bad.charge, reference: bad.reference })).toEqual({
      kind: 'failed',
      reason: 'The payment failed (payment_intent_payment_attempt_failed).',
    });
  });

  test('that Stripe refuses has failed, with what names the refusal', async () => {
    const state = await gatewayWith().start(newCharge({ amount: 10, currency: 'GBP' }));
    expect(state).toEqual({ kind: 'failed', reason: 'Stripe refused it (amount_too_small, 400, req_1)' });
  });

  test('of another account is not shown', async () => {
    const { charge, reference } = await begun();
    const other = { ...charge, accountId: 'acct_2' };
    expect(await gatewayWith().query({ ...other, reference: null })).toEqual({ kind: 'absent' });
    await expect(gatewayWith().query({ ...other, reference })).rejects.toThrow('another charge');
  });
});

describe('a charge whose start nobody answered', () => {
  test('is found by our key, behind others', async () => {
    const charge = newCharge();
    stripe.fault(sessions, 'unanswered');
    await expect(gatewayWith({ timeoutMs: 50 }).start(charge)).rejects.toThrow('no certain answer');
    stripe.crowd(150);
    expect(await gatewayWith().query({ ...charge, reference: null })).toMatchObject({ kind: 'redirect' });
    expect(stripe.asked('GET', sessions)).toHaveLength(2);
    expect(await gatewayWith().start(charge)).toMatchObject({ kind: 'redirect' });
  });

  test('is absent where it never arrived', async () => {
    const charge = { ...newCharge(), reference: null };
    stripe.fault(sessions, 'lost');
    await expect(gatewayWith({ timeoutMs: 50 }).start(charge)).rejects.toThrow('no certain answer');
    expect(await gatewayWith().query(charge)).toEqual({ kind: 'absent' });
    expect(await gatewayWith().expire(charge)).toEqual({ kind: 'absent' });
  });

  test('is unknown where there are too many to look through', async () => {
    const crowded = new FakeStripe(secretKey);
    await crowded.open();
    crowded.crowd(2001);
    const gateway = stripeGateway({ secretKey, webhookSecret, api: crowded.api, clock: () => crowded.now });
    await expect(gateway.query({ ...newCharge(), reference: null })).rejects.toThrow('too many');
    expect(crowded.asked('GET', sessions)).toHaveLength(20);
    await crowded.close();
  });
});

describe('what ends a charge', () => {
  test('closes its page', async () => {
    const { charge, reference } = await begun();
    const failed = { kind: 'failed', reason: 'The payment was not made in time.' };
    expect(await gatewayWith().expire({ ...charge, reference })).toEqual(failed);
    expect(stripe.session(reference).status).toBe('expired');
    expect(await gatewayWith().query({ ...charge, reference })).toEqual(failed);
    expect(await gatewayWith().start(charge)).toEqual(failed);
  });

  test('finds it paid, where the payer was faster, and leaves what is pending', async () => {
    const [paid, pending] = [await begun(), await begun()];
    stripe.pay(paid.reference);
    stripe.debit(pending.reference);
    expect(await gatewayWith().expire({ ...paid.charge, reference: null })).toMatchObject({ kind: 'paid' });
    expect(await gatewayWith().expire({ ...pending.charge, reference: pending.reference })).toEqual({
      kind: 'pending',
      reference: pending.reference,
    });
    expect(stripe.requests.filter(({ path }) => path.endsWith('/expire'))).toEqual([]);
  });

  test('finds it paid, where that happens while it is being ended', async () => {
    const { charge, reference } = await begun();
    stripe.fault(`${sessions}/${reference}/expire`, { meanwhile: () => stripe.pay(reference) });
    expect(await gatewayWith().expire({ ...charge, reference })).toMatchObject({ kind: 'paid' });
  });

  test('throws where Stripe will not end it, or does not say that it has', async () => {
    const { charge, reference } = await begun();
    const ended = `${sessions}/${reference}/expire`;
    stripe.fault(ended, { status: 400, body: '{"error":{"type":"invalid_request_error"}}' });
    await expect(gatewayWith().expire({ ...charge, reference })).rejects.toThrow('Stripe refused it');
    stripe.fault(ended, 'unanswered');
    const silent = gatewayWith({ timeoutMs: 50 }).expire({ ...charge, reference });
    await expect(silent).rejects.toThrow('no certain answer');
    expect(await gatewayWith().expire({ ...charge, reference })).toMatchObject({ kind: 'failed' });
  });
});

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

describe('an answer that is none', () => {
  const error = (type: string) => JSON.stringify({ error: { type, message: `with ${secretKey}` } });

  test.each([
    ['is silence', 'lost' as const],
    ['is a failure of Stripe', { status: 500, body: error('api_error') }],
    ['is a busy Stripe', { status: 429, body: error('invalid_request_error') }],
    ['is another request under way', { status: 409, body: error('idempotency_error') }],
    ['refuses the credentials', { status: 401, body: error('invalid_request_error') }],
    ['refuses the permission', { status: 403, body: error('invalid_request_error') }],
    ['is a page', { status: 200, body: '<html>' }],
    ['is empty', { status: 200, body: '{}' }],
    ['is null', { status: 200, body: 'null' }],
    ['is no session', { status: 200, body: '{"id":"cs_1","status":"strange","payment_status":"unpaid"}' }],
    [
      'has no page',
      { status: 200, body: '{"id":"cs_1","status":"open","payment_status":"unpaid","url":null}' },
    ],
    ['has no payment', { status: 200, body: '{"id":"cs_1","status":"complete","payment_status":"paid"}' }],
  ])('throws, where it %s', async (_, fault) => {
    const gateway = gatewayWith({ timeoutMs: 50 });
    const { charge, payment } = await paidFor();
    stripe.fault(sessions, fault);
    expect(await thrownBy(gateway.start(newCharge()))).not.toContain(secretKey);
    stripe.fault(sessions, fault);
    await expect(gateway.query({ ...charge, reference: 'cs_test_1' })).rejects.toThrow();
    stripe.fault('/v1/refunds', fault);
    await expect(
      gateway.refund({ key: 'r', reference: payment, amount: charge.amount, reason: '' }),
    ).rejects.toThrow();
  });

  test('shows nobody the key, where it is wrong', async () => {
    const wrong = 'sk_test_another_key_that_nobody_may_see';
    const thrown = await thrownBy(gatewayWith({ key: wrong }).start(newCharge()));
    expect(thrown).toContain('401');
    expect(thrown).not.toContain('nobody_may_see');
  });
});

describe('an event', () => {
  const read = (rawBody: string, { secret = webhookSecret, at = stripe.now, now = stripe.now } = {}) =>
    gatewayWith().readEvent({
      rawBody,
      headers: { 'stripe-signature': stripeSignature(rawBody, secret, at) },
      now,
    });
  const later = (seconds: number) => new Date(stripe.now.getTime() + seconds * 1000);

  test('of a payment tells it, with its fee, however often it comes', async () => {
    const { charge, reference } = await begun();
    const payment = stripe.pay(reference, { fee: 55 });
    const rawBody = stripe.event('checkout.session.completed', stripe.session(reference));
    const state = { kind: 'paid', reference: payment, amount: charge.amount, feeAmount: 55 };
    const expected = { kind: 'charge', key: charge.key, accountId: 'acct_1', state };
    expect(await read(rawBody)).toEqual(expected);
    expect(await read(rawBody)).toEqual(expected);
    const late = stripe.event('checkout.session.async_payment_succeeded', stripe.session(reference));
    expect(await read(late)).toEqual(expected);
  });

  test('of a direct debit tells that it is pending, and what became of it', async () => {
    const { reference } = await begun();
    stripe.debit(reference);
    const completed = stripe.event('checkout.session.completed', stripe.session(reference));
    expect(await read(completed)).toMatchObject({ state: { kind: 'pending', reference } });
    stripe.bounce(reference);
    const failed = stripe.event('checkout.session.async_payment_failed', stripe.session(reference));
    expect(await read(failed)).toMatchObject({ state: { kind: 'failed' } });
    // Events come in any order: an old one tells what is so now.
    expect(await read(completed)).toMatchObject({ state: { kind: 'failed' } });
  });

  test('of a page that lapsed tells the failure', async () => {
    const { charge, reference } = await begun();
    stripe.lapse(reference);
    const rawBody = stripe.event('checkout.session.expired', stripe.session(reference));
    expect(await read(rawBody)).toMatchObject({ key: charge.key, state: { kind: 'failed' } });
  });

  test('that says nothing of our charges is ignored', async () => {
    const ignored = { kind: 'ignored' };
    expect(await read(stripe.event('payment_intent.succeeded', { id: 'pi_1' }))).toEqual(ignored);
    expect(await read(stripe.event('charge.refunded', { id: 'ch_1' }))).toEqual(ignored);
    stripe.crowd(1);
    const foreign = { id: 'cs_other', object: 'checkout.session', metadata: { order: '7' } };
    expect(await read(stripe.event('checkout.session.completed', foreign))).toEqual(ignored);
    expect(stripe.requests).toEqual([]);
  });

  test('is forged, where its signature, its age or its form is wrong', async () => {
    const { reference } = await begun();
    stripe.pay(reference);
    stripe.requests = [];
    const rawBody = stripe.event('checkout.session.completed', stripe.session(reference));
    const headers = { 'stripe-signature': stripeSignature(rawBody, webhookSecret, stripe.now) };
    const { now } = stripe;
    const gateway = gatewayWith();
    const forged = [
      read(rawBody, { secret: 'whsec_wrong' }),
      read(rawBody, { now: later(301) }),
      gateway.readEvent({ rawBody: rawBody.replace('acct_1', 'acct_2'), headers, now }),
      gateway.readEvent({ rawBody: `${rawBody} `, headers, now }),
      gateway.readEvent({ rawBody, headers: {}, now }),
      gateway.readEvent({ rawBody, headers: { 'stripe-signature': 't=1,v1=' }, now }),
      gateway.readEvent({ rawBody, headers: { 'stripe-signature': 'nonsense' }, now }),
      read('not JSON'),
      read('null'),
      read(stripe.event('made_up.by_somebody', {})),
      read(JSON.stringify({ object: 'v2.core.event', type: 'checkout.session.completed' })),
    ];
    for (const each of forged) await expect(each).rejects.toBeInstanceOf(ForgedEvent);
    expect(stripe.requests).toEqual([]);
    expect(await thrownBy(read(rawBody, { secret: 'whsec_wrong' }))).not.toContain(webhookSecret);
    expect(await read(rawBody, { now: later(299) })).toMatchObject({ state: { kind: 'paid' } });
  });

  test('is not forged, only to be sent again, where Stripe does not answer', async () => {
    const { reference } = await begun();
    stripe.pay(reference);
    const rawBody = stripe.event('checkout.session.completed', stripe.session(reference));
    stripe.fault(sessions, { status: 503, body: '{"error":{"type":"api_error"}}' });
    const reading = read(rawBody);
    await expect(reading).rejects.toThrow('no certain answer');
    await expect(reading).rejects.not.toBeInstanceOf(ForgedEvent);
    expect(await read(rawBody)).toMatchObject({ state: { kind: 'paid' } });
  });

  test('that the session contradicts is not believed', async () => {
    const { reference } = await begun();
    const rawBody = stripe.event('checkout.session.completed', stripe.session(reference));
    await expect(read(rawBody)).rejects.toThrow('otherwise');
  });
});
