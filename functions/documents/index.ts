import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { fileBucket } from '../../shared/aws/s3/files.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { documentsApi } from './api.ts';
import { documentStore } from './document-store.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, FILES_BUCKET } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'FILES_BUCKET',
);
const table = dynamoTable(TABLE_NAME);

const api = documentsApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  documents: documentStore(table),
  files: fileBucket(FILES_BUCKET),
});

export const handler = lambdaApi(table, api);
