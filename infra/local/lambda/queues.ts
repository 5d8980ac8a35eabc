import { setTimeout as wait } from 'node:timers/promises';
import { awsJson } from '../http/aws-json.ts';
import type { Invoke } from './functions.ts';
import type { InvokeResult } from './pool.ts';
import { region } from '../template/physical.ts';
import { report } from '../report.ts';
import type { Resource, Templates } from '../template/templates.ts';

interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

interface Message {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  MD5OfBody: string;
  MD5OfMessageAttributes?: string;
  Attributes?: Record<string, string>;
  MessageAttributes?: Record<string, MessageAttribute>;
}

interface MappingProperties {
  EventSourceArn: string;
  FunctionName: string;
  Enabled?: boolean;
  BatchSize?: number;
  FunctionResponseTypes?: string[];
  ScalingConfig?: { MaximumConcurrency?: number };
}

export interface QueuesOptions {
  templates: Templates;
  invoke: Invoke;
}

const maxReceived = 10;
const maxConcurrentBatches = 4;
const longPollSeconds = 20;
const retryAfterErrorMs = 1_000;
const maxDrainMs = 5_000;

function toRecord(message: Message, queueArn: string): object {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [
    name,
    {
      dataType: attribute.DataType,
      stringListValues: [],
      binaryListValues: [],
      ...(attribute.StringValue !== undefined && { stringValue: attribute.StringValue }),
      ...(attribute.BinaryValue !== undefined && { binaryValue: attribute.BinaryValue }),
    },
  ]);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes) as object,
    md5OfBody: message.MD5OfBody,
    ...(message.MD5OfMessageAttributes && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

/** The messages that the function handled. A malformed answer counts as none handled, as in AWS. */
export function succeeded<M extends { MessageId: string }>(
  messages: M[],
  result: InvokeResult,
  reportsFailures: boolean,
): M[] {
  if ('functionError' in result) return [];
  if (!reportsFailures || result.payload === null) return messages;
  if (typeof result.payload !== 'object') return [];
  const { batchItemFailures } = result.payload as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return messages;
  if (!Array.isArray(batchItemFailures)) return [];
  const failed = batchItemFailures.map(
    (failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier,
  );
  const known = new Set<unknown>(messages.map(({ MessageId }) => MessageId));
  if (failed.some((id) => !known.has(id))) return [];
  return messages.filter(({ MessageId }) => !failed.includes(MessageId));
}

/** Moves the messages of one queue to one function until it is stopped. */
class EventSource {
  readonly #invoke: Invoke;
  readonly #properties: MappingProperties;
  readonly #queueUrl: string;
  readonly #concurrency: number;
  readonly #stop = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  readonly #polling: Promise<void>;

  constructor(properties: MappingProperties, queueUrl: string, invoke: Invoke) {
    this.#invoke = invoke;
    this.#properties = properties;
    this.#queueUrl = queueUrl;
    const limit = properties.ScalingConfig?.MaximumConcurrency ?? maxConcurrentBatches;
    this.#concurrency = Math.min(limit, maxConcurrentBatches);
    this.#polling = this.#poll();
  }

  /** Stops polling and waits a while for the batches under way. Unfinished messages are delivered again later. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const drained = this.#polling.then(() => Promise.all(this.#batches));
    await Promise.race([drained, wait(maxDrainMs, undefined, { ref: false })]);
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (this.#batches.size >= this.#concurrency) await Promise.race(this.#batches);
      try {
        const messages = await this.#receive();
        if (messages.length > 0) this.#dispatch(messages);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        report(`${this.#queueUrl} cannot be polled`, error);
        await wait(retryAfterErrorMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  async #receive(): Promise<Message[]> {
    const { Messages } = await this.#call<{ Messages?: Message[] }>(
      'ReceiveMessage',
      {
        MaxNumberOfMessages: Math.min(this.#properties.BatchSize ?? maxReceived, maxReceived),
        WaitTimeSeconds: longPollSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
      this.#stop.signal,
    );
    return Messages ?? [];
  }

  #dispatch(messages: Message[]): void {
    const batch = this.#handle(messages).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) report(`A batch of ${this.#queueUrl} was not handled`, error);
    });
    this.#batches.add(batch);
    void batch.finally(() => this.#batches.delete(batch));
  }

  /** Whatever is not deleted here comes back after the queue's visibility timeout. */
  async #handle(messages: Message[]): Promise<void> {
    const { EventSourceArn, FunctionName, FunctionResponseTypes } = this.#properties;
    const records = messages.map((message) => toRecord(message, EventSourceArn));
    const result = await this.#invoke(FunctionName, { Records: records });
    const reportsFailures = FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false;
    const done = succeeded(messages, result, reportsFailures);
    if (done.length === 0) return;
    await this.#call('DeleteMessageBatch', {
      Entries: done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    });
  }

  #call<Output>(action: string, input: object, signal?: AbortSignal): Promise<Output> {
    const { origin } = new URL(this.#queueUrl);
    return awsJson<Output>({
      url: `${origin}/`,
      target: `AmazonSQS.${action}`,
      input: { QueueUrl: this.#queueUrl, ...input },
      ...(signal && { signal }),
    });
  }
}

function queueOf(templates: Templates, mapping: Resource, arn: string): Resource | undefined {
  if (!arn.startsWith('arn:aws:sqs:')) {
    throw new Error(`The local cloud has no event source for ${mapping.id}: ${arn}`);
  }
  return templates.ofType('AWS::SQS::Queue').find((queue) => queue.att('Arn') === arn);
}

/** Starts every event source mapping of the templates from a queue to a function. */
export function startQueues({ templates, invoke }: QueuesOptions): { stop(): Promise<void> } {
  const sources = templates.ofType('AWS::Lambda::EventSourceMapping').flatMap((mapping) => {
    const properties = mapping.properties<MappingProperties>();
    const queue = queueOf(templates, mapping, properties.EventSourceArn);
    if (!queue) throw new Error(`${mapping.id} names a queue that no template declares`);
    return properties.Enabled === false ? [] : [new EventSource(properties, queue.ref, invoke)];
  });
  return {
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()));
    },
  };
}
