import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/environment.ts';
import { outboxQueue } from '../../shared/aws/outbox-queue.ts';
import { secretReader } from '../../shared/aws/secrets.ts';
import { invoiceStore } from '../../shared/billing/invoice-store.ts';
import { systemClock } from '../../shared/domain/clock.ts';
import { peopleStore } from '../../shared/people/people-store.ts';
import { providerDay, readSettings } from '../../shared/provider/settings.ts';
import { configuredGateways, parseGatewaySecrets } from '../payments/configured-gateways.ts';
import { paymentStore } from '../payments/payment-store.ts';
import { lookAfterPayments } from './look-after-payments.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, PAYMENT_GATEWAYS, GATEWAYS_SECRET } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'PAYMENT_GATEWAYS',
  'GATEWAYS_SECRET',
);
const logger = new Logger();
const table = dynamoTable(TABLE_NAME);

const dependencies = {
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
  today: (now: Date) => providerDay(table, now),
  portalUrl: PORTAL_URL,
  warn: (message: string, details: Record<string, unknown>) => logger.warn(message, details),
  clock: systemClock,
};

export const handler = middy<ScheduledEvent>().handler(async () => {
  const done = await lookAfterPayments(dependencies);
  // The alarm listens for this message.
  if (done.stuck.length > 0) logger.error('Payments are stuck', { ids: done.stuck });
  return done;
});
