import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { ScheduledEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { inboundDependencies, inboundVariables } from '../../shared/aws/lambda/inbound-mail-dependencies.ts';
import { handleMail, quarantine } from '../../shared/inbound-mail/handle-mail.ts';
import { settleWaiting } from '../../shared/inbound-mail/settle.ts';
import { readNotification } from './notification.ts';
import { UnreadableMessage } from '../../shared/mail/message/read-message.ts';

const logger = new Logger();
const dependencies = inboundDependencies(environment(...inboundVariables));

/** After this many attempts a message is quarantined instead of retried. */
const mostReceives = 3;

async function receive(record: SQSRecord): Promise<void> {
  const received = readNotification(record.body);
  try {
    await handleMail(dependencies, received);
  } catch (error) {
    const reason = `could not be handled: ${(error as Error).message.slice(0, 200)}`;
    // An unreadable message stays unreadable, so it is not retried.
    if (error instanceof UnreadableMessage) return quarantine(dependencies, received, reason);
    logger.error('A message could not be handled', { objectKey: received.objectKey, error: error as Error });
    if (Number(record.attributes.ApproximateReceiveCount) < mostReceives) throw error;
    await quarantine(dependencies, received, reason);
  }
}

const fromQueue = middy<SQSEvent>()
  .use(sqsPartialBatchFailure())
  .handler((event) => Promise.allSettled(event.Records.map(receive)));

const onSchedule = middy<ScheduledEvent>().handler(() => settleWaiting(dependencies));

/** Handles messages from the queue, and every hour what waited for an answer that did not come. */
export const handler: typeof fromQueue | typeof onSchedule = ((
  event: SQSEvent & ScheduledEvent,
  context: never,
) => ('Records' in event ? fromQueue(event, context) : onSchedule(event, context))) as typeof fromQueue;
