import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { invoicesApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, PROVIDER_NAME } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'PROVIDER_NAME',
);
const table = dynamoTable(TABLE_NAME);

const api = invoicesApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  invoices: invoiceStore(table),
  payments: paymentStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
  portalUrl: PORTAL_URL,
  providerName: PROVIDER_NAME,
});

export const handler = lambdaApi(table, api);
