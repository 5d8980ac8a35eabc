import { beforeAll, describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { captures, orders, paypalDesk } from './paypal-desk.ts';
import { thrownBy } from '../thrown-by.ts';
import type { Gateway } from '../../../../../shared/payments/gateways/gateway.ts';

let gateway: Gateway;
const { begun, gatewayWith, paidFor, paypal } = paypalDesk(() => gateway);

beforeAll(() => {
  gateway = gatewayWith();
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
