import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { sesNotification } from './inbound.ts';
import type { InboundMessage } from './smtp.ts';
import type { Templates } from '../template/templates.ts';

interface ReceiptRule {
  Recipients?: string[];
  Actions: { S3Action?: { BucketName: string; ObjectKeyPrefix?: string; TopicArn: string } }[];
}

/** Receives mail by the templates' receipt rules as SES does: it stores the message, then publishes a notification. */
export function mailReceiver(templates: Templates, s3: S3Client, messagingUrl: string) {
  const rules = templates
    .ofType('AWS::SES::ReceiptRule')
    .map((resource) => resource.property('Rule') as ReceiptRule);
  return async ({ envelope, client, raw, messageId, receivedAt }: InboundMessage): Promise<void> => {
    const rule = rules.find(({ Recipients }) => envelope.to.some((address) => accepts(Recipients, address)));
    const action = rule?.Actions.find((each) => each.S3Action)?.S3Action;
    if (!action) throw new Error(`No receipt rule takes mail for ${envelope.to.join(', ')}`);
    const { BucketName: bucket, ObjectKeyPrefix: prefix = '', TopicArn: topicArn } = action;
    const key = `${prefix}${messageId}`;
    const received = sesNotification({
      raw,
      envelope,
      client,
      bucket,
      key,
      topicArn,
      messageId,
      now: receivedAt,
    });
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: received.raw }));
    await publish(messagingUrl, topicArn, JSON.stringify(received.notification));
  };
}

/** A rule names addresses or whole domains; without any it takes everything. */
function accepts(recipients: string[] | undefined, address: string): boolean {
  const wanted = address.toLowerCase();
  return !recipients || recipients.some((each) => wanted === each || wanted.endsWith(`@${each}`));
}

/** Publishes to a topic, as SES does. */
export async function publish(messagingUrl: string, TopicArn: string, Message: string): Promise<void> {
  const form = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', TopicArn, Message });
  const answer = await fetch(messagingUrl, { method: 'POST', body: form });
  if (!answer.ok) throw new Error(`SNS refused the notification: ${await answer.text()}`);
}
