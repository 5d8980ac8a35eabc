import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { configurationApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, SUPPORT_ADDRESS } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'SUPPORT_ADDRESS',
);
const table = dynamoTable(TABLE_NAME);

const api = configurationApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  supportAddress: SUPPORT_ADDRESS,
});

export const handler = lambdaApi(table, api);
