import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment, optionalEnvironment } from '../../shared/aws/lambda/environment.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { checkDomains } from './check-domains.ts';
import { submitRenewal } from './submit-renewal.ts';
import type { Registrar } from '../../shared/domains/registrar.ts';
import { type RenewalName, renewalStore } from '../../shared/renewals/renewal-store.ts';
import { route53Registrar } from '../../shared/aws/route53-registrar.ts';
import { manualRegistrar, sandboxRegistrar } from './sandbox-registrar.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, REGISTRAR } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'REGISTRAR',
);
const logger = new Logger();
const table = dynamoTable(TABLE_NAME);
const domains = domainStore(table);

const registrars: Record<string, () => Registrar> = {
  sandbox: () => sandboxRegistrar(optionalEnvironment('SANDBOX_REGISTRAR_URL')),
  route53: () => route53Registrar(),
  manual: () => manualRegistrar((name) => domains.expiryOf(name)),
};
const registrar = registrars[REGISTRAR]?.();
if (!registrar) throw new Error(`Unknown registrar ${REGISTRAR}`);

const dependencies = {
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  registrar,
  renewals: renewalStore(table),
  domains,
  invoices: invoiceStore(table),
  people: peopleStore(table),
  settings: async () => (await readSettings(table)).settings,
  portalUrl: PORTAL_URL,
  staffEmail: optionalEnvironment('STAFF_EMAIL'),
  warn: (message: string, details: Record<string, unknown>) => logger.warn(message, details),
};

const batchSize = 25;

/**
 * From the queue: the renewals it names. From the schedule: renewals due for a retry, and a batch of domains to check.
 */
export const handler = middy<Partial<SQSEvent>>().handler(async (event) => {
  if (event.Records) {
    for (const { body } of event.Records) {
      await submitRenewal(dependencies, JSON.parse(body) as RenewalName, systemClock());
    }
    return { batchItemFailures: [] };
  }
  const open = await dependencies.renewals.open(systemClock(), batchSize);
  for (const name of open) await submitRenewal(dependencies, name, systemClock());
  const checked = registrar.name === 'manual' ? 0 : await checkDomains(dependencies, systemClock());
  return { passed: open.length, checked };
});
