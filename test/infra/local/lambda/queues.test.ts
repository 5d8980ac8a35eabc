import { afterAll, describe, expect, it } from 'vitest';
import { awsJson } from '../../../../infra/local/http/aws-json.ts';
import type { InvokeResult } from '../../../../infra/local/lambda/pool.ts';
import { startQueues, succeeded } from '../../../../infra/local/lambda/queues.ts';
import { createResources, startMessaging } from '../../../../infra/local/resources.ts';
import type { Templates } from '../../../../infra/local/template/templates.ts';
import { getAtt, portalStack } from '../template/cdk-out.ts';

const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:outbox';

const mapping = (queue: string, more: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn: getAtt(queue, 'Arn'), FunctionName: getAtt('Fn', 'Arn'), ...more },
});

interface Call {
  name: string;
  bodies: string[];
  records: Record<string, unknown>[];
  answer: (result: InvokeResult) => void;
}

const messaging = await startMessaging();
afterAll(() => messaging.close());
let stackNumber = 0;
let queueName = '';

/** A fresh queue with a function behind it, whose invocations the test answers one by one. */
async function start(mappingProperties: object = {}, queueProperties: object = {}) {
  queueName = `outbox-${++stackNumber}`;
  const templates: Templates = portalStack({
    Fn: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'outbox' } },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `${queueName}-dead` } },
    Outbox: { Type: 'AWS::SQS::Queue', Properties: { QueueName: queueName, ...queueProperties } },
    Mapping: mapping('Outbox', mappingProperties),
  });
  await createResources({ templates, messaging, dynamoDbUrl: '' });
  const waiting: Call[] = [];
  const takers: ((call: Call) => void)[] = [];
  const queues = startQueues({
    templates,
    invoke: (name, event) =>
      new Promise((answer) => {
        const { Records: records } = event as { Records: Record<string, unknown>[] };
        const call = { name, bodies: records.map(({ body }) => body as string), records, answer };
        const taker = takers.shift();
        if (taker) taker(call);
        else waiting.push(call);
      }),
  });
  const next = () =>
    new Promise<Call>((resolve) => {
      const call = waiting.shift();
      if (call) resolve(call);
      else takers.push(resolve);
    });
  return { queues, next, waiting, url: templates.find('Outbox')?.ref ?? '' };
}

const sqs = (action: string, QueueUrl: string, input: object) =>
  awsJson<Record<string, Record<string, string>>>({
    url: messaging.url,
    target: `AmazonSQS.${action}`,
    input: { QueueUrl, ...input },
  });
const send = (url: string, ...bodies: string[]) =>
  Promise.all(bodies.map((body) => sqs('SendMessage', url, { MessageBody: body })));

async function count(url: string): Promise<string> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const { Attributes = {} } = await sqs('GetQueueAttributes', url, { AttributeNames: names });
  return names.map((name) => Attributes[name]).join('+');
}

describe('a message', () => {
  it('reaches its function as AWS would bring it, and is deleted once it is done', async () => {
    const { queues, next, url } = await start();
    await sqs('SendMessage', url, {
      MessageBody: 'hello',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'mail' } },
    });
    const call = await next();
    expect(call.name).toBe(functionArn);
    expect(call.records).toEqual([
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        receiptHandle: expect.any(String) as string,
        body: 'hello',
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        md5OfMessageAttributes: expect.any(String) as string,
        attributes: expect.objectContaining({
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/) as string,
        }) as object,
        messageAttributes: {
          kind: { dataType: 'String', stringValue: 'mail', stringListValues: [], binaryListValues: [] },
        },
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn(queueName),
        awsRegion: 'eu-west-1',
      },
    ]);
    call.answer({ payload: null });
    await queues.stop();
    expect(await count(url)).toBe('0+0');
  });

  it('stays when its function fails, and comes back after the visibility timeout', async () => {
    const { queues, next, url } = await start({}, { VisibilityTimeout: 0 });
    await send(url, 'hello');
    (await next()).answer({ functionError: { errorType: 'Error', errorMessage: 'no' } });
    const again = await next();
    expect(again.records[0]?.['attributes']).toMatchObject({ ApproximateReceiveCount: '2' });
    again.answer({ payload: null });
    await queues.stop();
  });

  it('that keeps failing ends in the dead-letter queue', async () => {
    const RedrivePolicy = { deadLetterTargetArn: getAtt('Dead', 'Arn'), maxReceiveCount: 1 };
    const { queues, next, url } = await start({}, { VisibilityTimeout: 0, RedrivePolicy });
    await send(url, 'hello');
    (await next()).answer({ functionError: { errorType: 'Error', errorMessage: 'no' } });
    await expect.poll(() => count(`${url}-dead`)).toBe('1+0');
    await queues.stop();
  });
});

describe('a batch', () => {
  it('that reports failures keeps those alone', async () => {
    const { queues, next, url } = await start({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
    const bodies = ['a', 'b', 'c'];
    const entries = bodies.map((body) => ({ Id: body, MessageBody: body }));
    await sqs('SendMessageBatch', url, { Entries: entries });
    const received: Call[] = [];
    while (received.flatMap((call) => call.bodies).length < 3) received.push(await next());
    for (const call of received) {
      const failed = call.records.filter(({ body }) => body === 'b');
      call.answer({
        payload: { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) },
      });
    }
    await queues.stop();
    expect(await count(url)).toBe('0+1');
  });

  it('is as large as the mapping says, and four run at once', async () => {
    const { queues, next, waiting, url } = await start({ BatchSize: 1 });
    await send(url, 'a', 'b', 'c', 'd', 'e');
    const four = await Promise.all([next(), next(), next(), next()]);
    expect(four.map(({ bodies }) => bodies.length)).toEqual([1, 1, 1, 1]);
    expect(waiting).toEqual([]);
    expect(await count(url)).toBe('1+4');
    four[0]?.answer({ payload: null });
    const fifth = await next();
    for (const call of [...four, fifth]) call.answer({ payload: null });
    await queues.stop();
    expect(await count(url)).toBe('0+0');
  });
});

describe('the mappings', () => {
  it('wait for what is under way when they stop, and take nothing more', async () => {
    const { queues, next, url } = await start();
    await send(url, 'a');
    const call = await next();
    const stopped = queues.stop();
    await send(url, 'b');
    call.answer({ payload: null });
    await stopped;
    expect(await count(url)).toBe('1+0');
  });

  it('that are disabled do nothing', async () => {
    const { queues, url } = await start({ Enabled: false });
    await send(url, 'a');
    await queues.stop();
    expect(await count(url)).toBe('1+0');
  });

  it('of anything but a queue are refused', () => {
    const templates = portalStack({
      Mapping: {
        ...mapping('Table'),
        Properties: { EventSourceArn: 'arn:aws:dynamodb:x', FunctionName: 'x' },
      },
    });
    expect(() => startQueues({ templates, invoke: async () => ({ payload: null }) })).toThrow('Mapping');
  });
});

describe('what a function says of its batch', () => {
  const messages = [{ MessageId: 'a' }, { MessageId: 'b' }];
  const done = (payload: unknown) =>
    succeeded(messages, { payload }, true)
      .map(({ MessageId }) => MessageId)
      .join('');

  it.each([null, {}, { batchItemFailures: null }, { batchItemFailures: [] }])(
    '%j: all are done',
    (payload) => {
      expect(done(payload)).toBe('ab');
    },
  );

  it.each([
    'fine',
    { batchItemFailures: 'b' },
    { batchItemFailures: [{ itemIdentifier: '' }] },
    { batchItemFailures: [{ itemIdentifier: 'x' }] },
    { batchItemFailures: [{ id: 'a' }] },
    { batchItemFailures: [null] },
  ])('%j makes no sense: none is done', (payload) => {
    expect(done(payload)).toBe('');
  });

  it('counts only if the mapping asks for it', () => {
    const failed = { batchItemFailures: [{ itemIdentifier: 'a' }] };
    expect(done(failed)).toBe('b');
    expect(succeeded(messages, { payload: failed }, false)).toHaveLength(2);
  });
});
