import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { notificationsApi } from './api.ts';
import { notificationStore } from '../../shared/notifications/notification-store.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL } = environment('TABLE_NAME', 'OUTBOX_QUEUE_URL');
const table = dynamoTable(TABLE_NAME);

const api = notificationsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  settings: async () => (await readSettings(table)).settings,
  notifications: notificationStore(table),
});

export const handler = lambdaApi(table, api);
