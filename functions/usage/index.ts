import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay } from '../../shared/settings/settings.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import { usageApi } from './api.ts';
import { usageStore } from './usage-store.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL } = environment('TABLE_NAME', 'OUTBOX_QUEUE_URL');
const table = dynamoTable(TABLE_NAME);

const api = usageApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  usage: usageStore(table),
  services: serviceStore(table),
  people: peopleStore(table),
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
