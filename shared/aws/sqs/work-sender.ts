import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Sends work to a queue. Throws if the queue did not accept it; the sender must then keep the work. */
export function workSender(queueUrl: string) {
  const sqs = new SQSClient({});
  return async (work: object): Promise<void> => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(work) }));
  };
}
