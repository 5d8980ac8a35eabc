import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { SQSEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { pdfFonts } from '../../shared/aws/lambda/pdf-fonts.ts';
import { fileBucket } from '../../shared/aws/s3/files.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { creditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import type { DocumentRef } from '../../shared/invoices/documents/document-task.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { printDocument } from '../../shared/pdf/print-document.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { makeDocument } from './make-document.ts';

const { TABLE_NAME, FILES_BUCKET, PROVIDER_NAME, OUTBOX_QUEUE_URL } = environment(
  'TABLE_NAME',
  'FILES_BUCKET',
  'PROVIDER_NAME',
  'OUTBOX_QUEUE_URL',
);
const table = dynamoTable(TABLE_NAME);
const fonts = pdfFonts(__dirname);

const dependencies = {
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  invoices: invoiceStore(table),
  creditNotes: creditNoteStore(table),
  payments: paymentStore(table),
  people: peopleStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now: Date) => providerDay(table, now),
  providerName: PROVIDER_NAME,
  files: fileBucket(FILES_BUCKET),
  print: printDocument.bind(null, fonts),
};

/** Prints the documents that the queue names, one after the other: receipts take their numbers here. */
export const handler = middy<SQSEvent>()
  .use(sqsPartialBatchFailure())
  .handler(async (event) => {
    const results: PromiseSettledResult<void>[] = [];
    for (const { body } of event.Records) {
      const made = makeDocument(dependencies, JSON.parse(body) as DocumentRef, systemClock());
      results.push(...(await Promise.allSettled([made])));
    }
    return results;
  });
