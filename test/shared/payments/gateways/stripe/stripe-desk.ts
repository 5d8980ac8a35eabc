import { afterAll, beforeAll, beforeEach } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import type { Charge } from '../../../../../shared/payments/gateways/gateway.ts';
import { stripeGateway } from '../../../../../shared/payments/gateways/stripe/stripe-gateway.ts';
import { FakeStripe } from '../../../../support/gateways/fake-stripe.ts';

export const secretKey = 'sk_test_a_key_that_nobody_may_see';
export const webhookSecret = 'whsec_a_secret_that_nobody_may_see';
export const sessions = '/v1/checkout/sessions';

/** A Stripe for the tests of one file, and charges at it. */
export function stripeDesk() {
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

  return { stripe, gatewayWith, begun, paidFor };
}
