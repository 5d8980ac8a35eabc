import * as z from 'zod/mini';
import type { Gateway } from './gateway.ts';
import { bankTransferGateway, creditGateway, type Gateways, gatewaysOf } from './gateways.ts';
import { toPayPal } from './paypal/paypal-client.ts';
import { paypalGateway } from './paypal/paypal-gateway.ts';
import { sandboxGateway } from './sandbox-gateway.ts';
import { stripeTakes } from './stripe/stripe-client.ts';
import { stripeGateway } from './stripe/stripe-gateway.ts';

/** The gateways' secret; a gateway that is switched on needs its own part of it. */
const secrets = z.object({
  stripeSecretKey: z.optional(z.string()),
  stripeWebhookSecret: z.optional(z.string()),
  paypalClientId: z.optional(z.string()),
  paypalClientSecret: z.optional(z.string()),
  paypalWebhookId: z.optional(z.string()),
  paypalEnvironment: z._default(z.enum(['live', 'sandbox']), 'live'),
  sandboxWebhookSecret: z.optional(z.string()),
});

export type GatewaySecrets = z.output<typeof secrets>;

export const parseGatewaySecrets = (text: string): GatewaySecrets => secrets.parse(JSON.parse(text));

export interface GatewayConfiguration {
  /** The gateways that are switched on, in the order in which payers see them: `stripe,bank-transfer,credit`. */
  names: string;
  secrets(): Promise<GatewaySecrets>;
  sandboxUrl: string;
  bankInstructions(): Promise<string>;
}

/** @throws Error for an unknown name */
export function configuredGateways(configuration: GatewayConfiguration): Gateways {
  const factories: Record<string, () => Gateway> = {
    stripe: () => ({
      ...fromSecrets('stripe', 'Card', configuration, (values) =>
        stripeGateway({
          secretKey: requireSecret(values, 'stripeSecretKey'),
          webhookSecret: requireSecret(values, 'stripeWebhookSecret'),
        }),
      ),
      takes: stripeTakes,
    }),
    paypal: () => ({
      ...fromSecrets('paypal', 'PayPal', configuration, (values) =>
        paypalGateway({
          clientId: requireSecret(values, 'paypalClientId'),
          clientSecret: requireSecret(values, 'paypalClientSecret'),
          webhookId: requireSecret(values, 'paypalWebhookId'),
          environment: values.paypalEnvironment,
        }),
      ),
      takes: (amount) => toPayPal(amount) !== null,
    }),
    sandbox: () =>
      fromSecrets('sandbox', 'Sandbox (no real money)', configuration, (values) =>
        sandboxGateway({
          url: configuration.sandboxUrl,
          webhookSecret: requireSecret(values, 'sandboxWebhookSecret'),
        }),
      ),
    'bank-transfer': () => bankTransferGateway(configuration.bankInstructions),
    credit: () => creditGateway,
  };
  const names = configuration.names.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !factories[name]);
  if (unknown.length > 0) throw new Error(`Unknown payment gateways: ${unknown.join(', ')}`);
  return gatewaysOf(names.map((name) => factories[name]!()));
}

function requireSecret(values: GatewaySecrets, name: keyof GatewaySecrets): string {
  const value = values[name];
  if (!value) throw new Error(`The payment gateways' secret lacks ${name}`);
  return value;
}

/** A gateway created on first use, and again when its secrets have changed. */
function fromSecrets(
  name: string,
  label: string,
  { secrets: read }: GatewayConfiguration,
  make: (given: GatewaySecrets) => Gateway,
): Gateway {
  let cached: { from: GatewaySecrets; gateway: Gateway } | undefined;
  const current = async (): Promise<Gateway> => {
    const values = await read();
    if (cached?.from !== values) cached = { from: values, gateway: make(values) };
    return cached.gateway;
  };
  return {
    name,
    label,
    start: async (charge) => (await current()).start(charge),
    query: async (charge) => (await current()).query(charge),
    expire: async (charge) => (await current()).expire(charge),
    refund: async (refund) => (await current()).refund(refund),
    queryRefund: async (refund) => (await current()).queryRefund(refund),
    takings: async (charge, ids) => (await current()).takings(charge, ids),
    takenSince: async (since) => (await current()).takenSince(since),
    readEvent: async (event) => (await current()).readEvent(event),
  };
}
