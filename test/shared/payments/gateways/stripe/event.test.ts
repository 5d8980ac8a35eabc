import { describe, expect, test } from 'vitest';
import { ForgedEvent } from '../../../../../shared/payments/gateways/gateway.ts';
import { stripeSignature } from '../../../../support/gateways/fake-stripe.ts';
import { sessions, stripeDesk, webhookSecret } from './stripe-desk.ts';
import { thrownBy } from '../thrown-by.ts';

const { begun, gatewayWith, stripe } = stripeDesk();

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
