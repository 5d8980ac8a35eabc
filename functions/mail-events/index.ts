import { setTimeout as wait } from 'node:timers/promises';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { SQSEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment, optionalEnvironment } from '../../shared/aws/lambda/environment.ts';
import { sesMessageId } from '../../shared/aws/ses-mailer.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { deadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { sentMessageStore } from '../../shared/mail/delivery/sent-messages.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';
import { handleMailEvent, type MailEventDependencies } from './handle-mail-event.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, AWS_REGION } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'AWS_REGION',
);
const table = dynamoTable(TABLE_NAME);

const dependencies: MailEventDependencies = {
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  tickets: ticketStore(table),
  deadAddresses: deadAddressStore(table),
  sentMessages: sentMessageStore(table),
  messageIdOf: (id) => sesMessageId(id, AWS_REGION),
  staffEmail: optionalEnvironment('STAFF_EMAIL'),
  pause: () => wait(500),
};

/** Handles what SES says of mail that went out: which addresses are dead, who complained, what did not arrive. */
export const handler = middy<SQSEvent>()
  .use(sqsPartialBatchFailure())
  .handler((event) =>
    Promise.allSettled(event.Records.map(({ body }) => handleMailEvent(dependencies, body, systemClock()))),
  );
