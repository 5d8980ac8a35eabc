import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Logger } from '@aws-lambda-powertools/logger';

const logger = new Logger();

/** Notifies the outbox of waiting tasks through its queue; never throws. */
export function outboxQueue(queueUrl: string) {
  const sqs = new SQSClient({});
  return async (ids: string[], delaySeconds = 0): Promise<void> => {
    try {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify({ ids }),
          DelaySeconds: delaySeconds,
        }),
      );
    } catch (error) {
      // The tasks are in the table, where the sweep finds them within a minute or two.
      logger.warn('The outbox was not nudged', { ids, error: error as Error });
    }
  };
}
