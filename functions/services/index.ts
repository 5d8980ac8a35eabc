import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import { servicesApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, PROVIDER_NAME } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'PROVIDER_NAME',
);
const table = dynamoTable(TABLE_NAME);

const api = servicesApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  services: serviceStore(table),
  people: peopleStore(table),
  invoices: invoiceStore(table),
  portalUrl: PORTAL_URL,
  providerName: PROVIDER_NAME,
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
