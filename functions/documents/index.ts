import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/environment.ts';
import { fileBucket } from '../../shared/aws/files.ts';
import { outboxQueue } from '../../shared/aws/outbox-queue.ts';
import { systemClock as clock } from '../../shared/core/clock.ts';
import { serve } from '../../shared/http/serve.ts';
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

export const handler = serve({ table, clock }, api);
