import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { SQSEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { mailEventRows } from './note-mail-event.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

/** Handles delivery events of sent mail: marks addresses that bounced permanently or complained. */
export const handler = middy<SQSEvent>()
  .use(sqsPartialBatchFailure())
  .handler((event) =>
    Promise.allSettled(
      event.Records.map(async ({ body }) => {
        const rows = mailEventRows(body, systemClock());
        if (rows.length > 0) await table.transact(rows);
      }),
    ),
  );
