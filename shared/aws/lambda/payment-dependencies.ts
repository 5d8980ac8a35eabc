import { Logger } from '@aws-lambda-powertools/logger';
import { environment, optionalEnvironment } from './environment.ts';
import { outboxQueue } from '../sqs/outbox-queue.ts';
import { secretReader } from '../secrets.ts';
import type { Table } from '../../table/table.ts';
import { invoiceStore } from '../../invoices/invoice-store.ts';
import { peopleStore } from '../../accounts/people-store.ts';
import { providerDay, readSettings } from '../../settings/settings.ts';
import type { PaymentDependencies } from '../../payments/begin-mass-payment.ts';
import { configuredGateways, parseGatewaySecrets } from '../../payments/gateways/configured-gateways.ts';
import { paymentStore } from '../../payments/payment-store.ts';

/**
 * The real dependencies of payments, for every entry point that begins, receives or reconciles them.
 * @throws Error naming the missing environment variables
 */
export function paymentDependencies(table: Table): PaymentDependencies {
  const { OUTBOX_QUEUE_URL, PORTAL_URL, PROVIDER_NAME, PAYMENT_GATEWAYS, GATEWAYS_SECRET } = environment(
    'OUTBOX_QUEUE_URL',
    'PORTAL_URL',
    'PROVIDER_NAME',
    'PAYMENT_GATEWAYS',
    'GATEWAYS_SECRET',
  );
  const logger = new Logger();
  return {
    table,
    nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
    people: peopleStore(table),
    invoices: invoiceStore(table),
    payments: paymentStore(table),
    gateways: configuredGateways({
      names: PAYMENT_GATEWAYS,
      secrets: secretReader(GATEWAYS_SECRET, parseGatewaySecrets),
      sandboxUrl: optionalEnvironment('SANDBOX_GATEWAY_URL'),
      bankInstructions: async () => (await readSettings(table)).settings['payments.bankInstructions'],
    }),
    today: (now) => providerDay(table, now),
    portalUrl: PORTAL_URL,
    staffEmail: optionalEnvironment('STAFF_EMAIL'),
    providerName: PROVIDER_NAME,
    warn: (message, details) => logger.warn(message, details),
  };
}
