import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { workSender } from '../../shared/aws/sqs/work-sender.ts';
import type { Position } from '../../shared/table/table.ts';
import { creditBook } from '../../shared/invoices/ledger/credit.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { readJournal } from '../../shared/invoices/ledger/journal.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { checkAccounts } from './check-accounts.ts';

const { TABLE_NAME, WORK_QUEUE_URL } = environment('TABLE_NAME', 'WORK_QUEUE_URL');
const logger = new Logger();
const table = dynamoTable(TABLE_NAME);
const send = workSender(WORK_QUEUE_URL);

const dependencies = {
  people: peopleStore(table),
  invoices: invoiceStore(table),
  credit: creditBook(table),
  payments: paymentStore(table).payments,
  journal: readJournal.bind(null, table),
  handOn: (after: Position) => send({ after }),
};

/** Every night from the first account on; later pages continue where the run before stopped. */
export const handler = middy<Partial<SQSEvent>>().handler(async (event) => {
  const [record] = event.Records ?? [];
  const { after } = record ? (JSON.parse(record.body) as { after?: Position }) : {};
  const done = await checkAccounts(dependencies, after);
  // The alarm matches this message.
  for (const difference of done.differences) logger.error('The books differ', { ...difference });
  return record ? { batchItemFailures: [] } : done;
});
