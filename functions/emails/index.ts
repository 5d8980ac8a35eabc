import { peopleStore } from '../../shared/accounts/people-store.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { secretReader } from '../../shared/aws/secrets.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { parseReplyKeys } from '../../shared/mail/reply-token.ts';
import { emailsApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, REPLY_KEYS_SECRET } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'REPLY_KEYS_SECRET',
);
const table = dynamoTable(TABLE_NAME);

const api = emailsApi({
  table,
  people: peopleStore(table),
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  linkKeys: secretReader(REPLY_KEYS_SECRET, parseReplyKeys),
});

export const handler = lambdaApi(table, api);
