import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { pdfFonts } from '../../shared/aws/lambda/pdf-fonts.ts';
import { fileBucket } from '../../shared/aws/s3/files.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { workSender } from '../../shared/aws/sqs/work-sender.ts';
import { creditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { printDocument } from '../../shared/pdf/print-document.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { invoicePdfApi } from './api.ts';

const { TABLE_NAME, FILES_BUCKET, PROVIDER_NAME, OUTBOX_QUEUE_URL, DOCUMENTS_QUEUE_URL } = environment(
  'TABLE_NAME',
  'FILES_BUCKET',
  'PROVIDER_NAME',
  'OUTBOX_QUEUE_URL',
  'DOCUMENTS_QUEUE_URL',
);
const table = dynamoTable(TABLE_NAME);
const fonts = pdfFonts(__dirname);

const api = invoicePdfApi({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  invoices: invoiceStore(table),
  creditNotes: creditNoteStore(table),
  payments: paymentStore(table),
  people: peopleStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
  providerName: PROVIDER_NAME,
  files: fileBucket(FILES_BUCKET),
  print: workSender(DOCUMENTS_QUEUE_URL),
  printDraft: (document) => printDocument(fonts, document),
});

export const handler = lambdaApi(table, api);
