import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/environment.ts';
import { objectReader } from '../../shared/aws/objects.ts';
import { outboxQueue } from '../../shared/aws/outbox-queue.ts';
import { ConditionsFailed } from '../../shared/aws/table.ts';
import { systemClock } from '../../shared/domain/clock.ts';
import { threadStore } from '../../shared/mail/threads.ts';
import { peopleStore } from '../../shared/people/people-store.ts';
import { ticketStore } from '../tickets/ticket-store.ts';
import { handleMail, type InboundDependencies, quarantine } from './handle-mail.ts';
import { inboundMailStore } from './inbound-mail-store.ts';
import { readNotification } from './notification.ts';

const { TABLE_NAME, MAIL_BUCKET, OUTBOX_QUEUE_URL, SUPPORT_ADDRESS, PORTAL_URL } = environment(
  'TABLE_NAME',
  'MAIL_BUCKET',
  'OUTBOX_QUEUE_URL',
  'SUPPORT_ADDRESS',
  'PORTAL_URL',
);
const logger = new Logger();
const table = dynamoTable(TABLE_NAME);

const dependencies: InboundDependencies = {
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  mails: inboundMailStore(table),
  people: peopleStore(table),
  tickets: ticketStore(table),
  threads: threadStore(table),
  readObject: objectReader(MAIL_BUCKET),
  ownAddresses: new Set([SUPPORT_ADDRESS.toLowerCase()]),
  portalUrl: PORTAL_URL,
  clock: systemClock,
};

/** After so many tries a message is kept back instead of being tried again. */
const mostReceives = 3;

async function receive(record: SQSRecord): Promise<void> {
  const received = readNotification(record.body);
  try {
    await handleMail(dependencies, received);
  } catch (error) {
    logger.error('A message could not be handled', { objectKey: received.objectKey, error: error as Error });
    if (Number(record.attributes.ApproximateReceiveCount) < mostReceives) throw error;
    await quarantine(dependencies, received, `could not be handled: ${(error as Error).name}`).catch(
      ignoreKept,
    );
  }
}

function ignoreKept(error: unknown): void {
  if (!(error instanceof ConditionsFailed)) throw error;
}

export const handler = middy<SQSEvent>()
  .use(sqsPartialBatchFailure())
  .handler((event) => Promise.allSettled(event.Records.map(receive)));
