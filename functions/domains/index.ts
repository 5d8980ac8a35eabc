import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { domainsApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
);
const table = dynamoTable(TABLE_NAME);

const api = domainsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  domains: domainStore(table),
  prices: domainPriceStore(table),
  people: peopleStore(table),
  invoices: invoiceStore(table),
  portalUrl: PORTAL_URL,
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
