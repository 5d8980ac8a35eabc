import { afterAll, beforeAll, beforeEach } from 'vitest';
import { newCharge } from '../../../../support/gateways/charges.ts';
import type { Charge, Gateway } from '../../../../../shared/payments/gateways/gateway.ts';
import { paypalGateway } from '../../../../../shared/payments/gateways/paypal/paypal-gateway.ts';
import { FakePayPal } from '../../../../support/gateways/fake-paypal.ts';

export const orders = '/v2/checkout/orders';
export const captures = '/v2/payments/captures';
export const now = new Date('2026-03-01T12:00:00Z');

interface Options {
  timeoutMs?: number;
  clientSecret?: string;
  baseUrl?: string;
}

/** A PayPal for the tests of one file, and charges at it by a gateway that is asked for when a test runs. */
export function paypalDesk(gatewayOf: () => Gateway) {
  const paypal = new FakePayPal();

  beforeAll(() => paypal.open());
  afterAll(() => paypal.close());
  beforeEach(() => {
    paypal.requests = [];
    paypal.capturing = {};
    paypal.patchable = true;
  });

  function gatewayWith(options: Options = {}) {
    const { clientId, clientSecret, webhookId, url: baseUrl } = paypal;
    return paypalGateway({ clientId, clientSecret, webhookId, environment: 'sandbox', baseUrl, ...options });
  }

  async function begun(amount?: Charge['amount']) {
    const charge = newCharge(amount);
    const state = await gatewayOf().start(charge);
    if (state.kind !== 'redirect') throw new Error(`It is ${state.kind}`);
    return { charge, known: { ...charge, reference: state.reference }, ...state };
  }

  async function paidFor(amount?: Charge['amount']) {
    const { charge, known, reference } = await begun(amount);
    paypal.approve(reference);
    const state = await gatewayOf().query(known);
    if (state.kind !== 'paid') throw new Error(`It is ${state.kind}`);
    return { charge, known, order: reference, payment: state.reference };
  }

  return { paypal, gatewayWith, begun, paidFor };
}
