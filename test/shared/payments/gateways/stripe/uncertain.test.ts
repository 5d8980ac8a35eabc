import { describe, expect, test } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import { secretKey, sessions, stripeDesk } from './stripe-desk.ts';
import { thrownBy } from '../thrown-by.ts';

const { gatewayWith, paidFor, stripe } = stripeDesk();

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
