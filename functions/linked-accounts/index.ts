import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { orderStore } from '../../shared/orders/order-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay } from '../../shared/settings/settings.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import { linkedAccountsApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
);
const table = dynamoTable(TABLE_NAME);

const api = linkedAccountsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  portalUrl: PORTAL_URL,
  invoices: invoiceStore(table),
  orders: orderStore(table),
  services: serviceStore(table),
  domains: domainStore(table),
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
