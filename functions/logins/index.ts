import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment, optionalEnvironment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { secondOver } from '../../shared/aws/lambda/second-over.ts';
import { secretReader } from '../../shared/aws/secrets.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { staffStore } from '../../shared/accounts/staff/staff-store.ts';
import { systemClock as clock } from '../../shared/core/clock.ts';
import { parseReplyKeys } from '../../shared/mail/reply-token.ts';
import { loginsApi } from './api.ts';

const { TABLE_NAME, USER_POOL_ID, OUTBOX_QUEUE_URL, PORTAL_URL, REPLY_KEYS_SECRET } = environment(
  'TABLE_NAME',
  'USER_POOL_ID',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'REPLY_KEYS_SECRET',
);
const table = dynamoTable(TABLE_NAME);

const api = loginsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  directory: cognitoDirectory(USER_POOL_ID),
  linkKeys: secretReader(REPLY_KEYS_SECRET, parseReplyKeys),
  portalUrl: PORTAL_URL,
  providerName: optionalEnvironment('PROVIDER_NAME'),
  staff: staffStore(table),
  clock,
  secondOver: (now) => secondOver(clock, now),
});

export const handler = lambdaApi(table, api);
