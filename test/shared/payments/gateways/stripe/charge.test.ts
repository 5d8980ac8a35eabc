import { describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { stripeGateway } from '../../../../../shared/payments/gateways/stripe/stripe-gateway.ts';
import { FakeStripe } from '../../../../support/gateways/fake-stripe.ts';
import { secretKey, sessions, stripeDesk, webhookSecret } from './stripe-desk.ts';

const { begun, gatewayWith, stripe } = stripeDesk();

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
