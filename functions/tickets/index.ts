import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { fileBucket } from '../../shared/aws/s3/files.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readDepartments } from '../../shared/settings/departments.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { ticketsApi } from './api.ts';
import { attachmentStore } from '../../shared/tickets/attachment-store.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL, FILES_BUCKET, SUPPORT_ADDRESS } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
  'FILES_BUCKET',
  'SUPPORT_ADDRESS',
);
const table = dynamoTable(TABLE_NAME);

const api = ticketsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  tickets: ticketStore(table),
  attachments: attachmentStore(table),
  files: fileBucket(FILES_BUCKET),
  departments: () => readDepartments(table, SUPPORT_ADDRESS),
  settings: async () => (await readSettings(table)).settings,
  portalUrl: PORTAL_URL,
});

export const handler = lambdaApi(table, api);
