import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { workSender } from '../../shared/aws/sqs/work-sender.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import { applyPlannedChange } from '../../shared/services/apply-product-change.ts';
import { payFromCredit } from '../../shared/payments/pay-from-credit.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import {
  type JobPart,
  jobTime,
  planRenewals,
  runPart,
  runRenewals,
} from '../../shared/renewals/run-renewals.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, PROVIDER_NAME, WORK_QUEUE_URL } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'PROVIDER_NAME',
  'WORK_QUEUE_URL',
);
const logger = new Logger();
const table = dynamoTable(TABLE_NAME);

const basis = {
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  invoices: invoiceStore(table),
  portalUrl: PORTAL_URL,
  providerName: PROVIDER_NAME,
};
const manage = {
  ...basis,
  services: serviceStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now: Date) => providerDay(table, now),
};
const dependencies = {
  ...manage,
  domains: domainStore(table),
  prices: domainPriceStore(table),
  changeAsPlanned: applyPlannedChange.bind(null, manage),
  payFromCredit: payFromCredit.bind(null, { ...basis, payments: paymentStore(table) }),
  handOn: workSender(WORK_QUEUE_URL),
  warn: (message: string, details: Record<string, unknown>) => logger.error(message, details),
};

/** Runs on schedule, or for the time that an event names; the queue holds parts that earlier runs handed on. */
export const handler = middy<Partial<SQSEvent> & { time?: unknown; dryRun?: unknown }>().handler(
  async (event) => {
    const [record] = event.Records ?? [];
    if (record) {
      await runPart(dependencies, JSON.parse(record.body) as JobPart);
      return { batchItemFailures: [] };
    }
    const now = jobTime(event, systemClock());
    return event.dryRun === true ? planRenewals(dependencies, now, 0) : runRenewals(dependencies, now);
  },
);
