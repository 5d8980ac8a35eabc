import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Hands work on to a queue. Throws where it was not taken: then the work is still the sender's. */
export function workSender(queueUrl: string) {
  const sqs = new SQSClient({});
  return async (work: object): Promise<void> => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(work) }));
  };
}
