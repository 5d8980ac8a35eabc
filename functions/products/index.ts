import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { providerDay } from '../../shared/settings/settings.ts';
import { domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { productsApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL } = environment('TABLE_NAME', 'OUTBOX_QUEUE_URL');
const table = dynamoTable(TABLE_NAME);

const api = productsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  prices: domainPriceStore(table),
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
