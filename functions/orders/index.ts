import { Logger } from '@aws-lambda-powertools/logger';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/environment.ts';
import { outboxQueue } from '../../shared/aws/outbox-queue.ts';
import { secretReader } from '../../shared/aws/secrets.ts';
import { invoiceStore } from '../../shared/billing/invoice-store.ts';
import { systemClock as clock } from '../../shared/domain/clock.ts';
import { serve } from '../../shared/http/serve.ts';
import { peopleStore } from '../../shared/people/people-store.ts';
import { providerDay, readSettings } from '../../shared/provider/settings.ts';
import { domainPriceStore } from '../../shared/registry/domain-price-store.ts';
import { domainStore } from '../../shared/registry/domain-store.ts';
import { orderStore } from '../../shared/ordering/order-store.ts';
import { configuredGateways, parseGatewaySecrets } from '../payments/configured-gateways.ts';
import { paymentStore } from '../payments/payment-store.ts';
import { ordersApi } from './api.ts';
import { cartStore } from './cart-store.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, PAYMENT_GATEWAYS, GATEWAYS_SECRET } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'PAYMENT_GATEWAYS',
  'GATEWAYS_SECRET',
);
const logger = new Logger();
const table = dynamoTable(TABLE_NAME);

const api = ordersApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  invoices: invoiceStore(table),
  payments: paymentStore(table),
  gateways: configuredGateways({
    names: PAYMENT_GATEWAYS,
    secrets: secretReader(GATEWAYS_SECRET, parseGatewaySecrets),
    sandboxUrl: process.env['SANDBOX_GATEWAY_URL'] ?? '',
    bankInstructions: async () => (await readSettings(table)).settings['payments.bankInstructions'],
  }),
  orders: orderStore(table),
  carts: cartStore(table),
  domains: domainStore(table),
  prices: domainPriceStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
  portalUrl: PORTAL_URL,
  warn: (message, details) => logger.warn(message, details),
});

export const handler = serve({ table, clock }, api);
