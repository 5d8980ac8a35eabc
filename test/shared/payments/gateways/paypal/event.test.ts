import { beforeAll, describe, expect, test } from 'vitest';
import { ForgedEvent, type Gateway } from '../../../../../shared/payments/gateways/gateway.ts';
import { paypalGateway } from '../../../../../shared/payments/gateways/paypal/paypal-gateway.ts';
import { FakePayPal } from '../../../../support/gateways/fake-paypal.ts';
import { now, orders, paypalDesk } from './paypal-desk.ts';

let gateway: Gateway;
const { begun, gatewayWith, paidFor, paypal } = paypalDesk(() => gateway);

beforeAll(() => {
  gateway = gatewayWith();
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
