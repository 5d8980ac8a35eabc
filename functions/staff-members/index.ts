import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { secondOver } from '../../shared/aws/lambda/second-over.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { systemClock as clock } from '../../shared/core/clock.ts';
import { staffStore } from '../../shared/accounts/staff/staff-store.ts';
import { staffMembersApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, USER_POOL_ID, PORTAL_URL } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'USER_POOL_ID',
  'PORTAL_URL',
);
const table = dynamoTable(TABLE_NAME);

const api = staffMembersApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  staff: staffStore(table),
  directory: cognitoDirectory(USER_POOL_ID),
  portalUrl: PORTAL_URL,
  clock,
  secondOver: (now) => secondOver(clock, now),
});

export const handler = lambdaApi(table, api);
