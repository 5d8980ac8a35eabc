import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { deadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { accountsApi } from './api.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, USER_POOL_ID } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'USER_POOL_ID',
);
const table = dynamoTable(TABLE_NAME);

const api = accountsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  directory: cognitoDirectory(USER_POOL_ID),
  deadAddresses: deadAddressStore(table),
  settings: async () => (await readSettings(table)).settings,
});

export const handler = lambdaApi(table, api);
