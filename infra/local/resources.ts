import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { buildApp } from 'fauxqs';
import { Controls } from './controls.ts';
import { AwsJsonError, awsJson } from './http/aws-json.ts';
import { guard } from './http/guard.ts';
import type { Origins } from './http/origins.ts';
import { checkS3Access } from './s3/access.ts';
import { keepVersions } from './s3/versions.ts';
import { region } from './template/physical.ts';
import type { Resource, Templates } from './template/templates.ts';

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
type QueueStore = Stores['sqsStore'];

export interface Messaging {
  /** The one address of SQS, SNS and S3. */
  url: string;
  stores: Stores;
  /** The names of the buckets that keep versions. */
  versioned: Set<string>;
  close(): Promise<void>;
}

interface Persistence {
  load(sqsStore: Stores['sqsStore'], snsStore: Stores['snsStore'], s3Store: Stores['s3Store']): void;
  close(): void;
}

/** An internal module of fauxqs. Its own start persists data too, but listens on every address of the machine. */
async function fauxqsModule<M>(path: string): Promise<M> {
  const manifest = findPackageJSON('fauxqs', import.meta.url);
  if (!manifest) throw new Error('fauxqs is not installed');
  return (await import(pathToFileURL(join(dirname(manifest), 'dist', path)).href)) as M;
}

async function newStores(): Promise<Stores> {
  const [{ SqsStore }, { SnsStore }, { S3Store }] = await Promise.all([
    fauxqsModule<{ SqsStore: new () => Stores['sqsStore'] }>('sqs/sqsStore.js'),
    fauxqsModule<{ SnsStore: new () => Stores['snsStore'] }>('sns/snsStore.js'),
    fauxqsModule<{ S3Store: new () => Stores['s3Store'] }>('s3/s3Store.js'),
  ]);
  return { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
}

/** Loads the data of an earlier run, and from then on saves every change. */
async function persist(stores: Stores, dataDir: string): Promise<Persistence> {
  const { PersistenceManager } = await fauxqsModule<{
    PersistenceManager: new (dir: string) => Persistence;
  }>('persistence.js');
  const persistence = new PersistenceManager(dataDir);
  const { sqsStore, snsStore, s3Store } = stores;
  // Loading must not write the data again, so the stores get their persistence only afterwards.
  persistence.load(sqsStore, snsStore, s3Store);
  for (const store of [...sqsStore.allQueues(), sqsStore, snsStore, s3Store])
    Object.assign(store, { persistence });
  return persistence;
}

export interface MessagingOptions {
  /** Whose time links hold by. */
  controls?: Controls;
  dataDir?: string;
  port?: number;
  origins?: Origins | undefined;
}

/** Starts SQS, SNS and S3 on 127.0.0.1, empty or with what `dataDir` holds. */
export async function startMessaging(options: MessagingOptions = {}): Promise<Messaging> {
  const { buildApp: build } = await import('fauxqs');
  const stores = await newStores();
  const persistence = options.dataDir ? await persist(stores, options.dataDir) : undefined;
  const app = build({ logger: false, defaultRegion: region, stores });
  const versioned = new Set<string>();
  extendS3(app);
  checkS3Access(app, { objects: stores.s3Store, controls: options.controls ?? new Controls() });
  keepVersions(app, { objects: stores.s3Store, versioned });
  guard(app.server, { origins: options.origins, cors: true });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return {
    url,
    stores,
    versioned,
    close: async () => {
      await app.close();
      persistence?.close();
    },
  };
}

/** Adds what fauxqs lacks of S3: objects larger than 11 MB, and response headers that a signed link asks for. */
function extendS3(app: ReturnType<typeof buildApp>): void {
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 64 * 1024 * 1024 }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onSend', (request, reply, _payload, done) => {
    const query = request.query as Record<string, string | undefined>;
    for (const header of ['content-type', 'content-disposition', 'cache-control']) {
      const asked = query[`response-${header}`];
      if (asked !== undefined && reply.statusCode === 200) void reply.header(header, asked);
    }
    done();
  });
}

const queueAttributes = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
];

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The named properties of a resource that are set, as strings for the query protocols. */
function textProperties(resource: Resource, names: string[]): Record<string, string> {
  const properties = names.map((name) => [name, resource.property(name)] as const);
  return Object.fromEntries(
    properties.filter(([, value]) => value !== undefined).map(([name, value]) => [name, text(value)]),
  );
}

function createQueue(sqsStore: QueueStore, resource: Resource): void {
  const attributes = textProperties(resource, queueAttributes);
  const existing = sqsStore.getQueueByArn(resource.att('Arn'));
  if (!existing) {
    sqsStore.createQueue(resource.att('QueueName'), resource.ref, resource.att('Arn'), attributes);
    return;
  }
  existing.setAttributes(attributes);
  // A queue from an earlier run still has that run's address.
  Object.assign(existing, { url: resource.ref });
}

function createTopic(snsStore: Stores['snsStore'], resource: Resource): void {
  const attributes = textProperties(resource, ['FifoTopic', 'ContentBasedDeduplication']);
  snsStore.createTopic(resource.att('TopicName'), attributes, undefined, region);
}

interface SubscriptionProperties {
  TopicArn: string;
  Protocol: string;
  Endpoint: string;
}

function subscribe(snsStore: Stores['snsStore'], resource: Resource): void {
  const { TopicArn, Protocol, Endpoint } = resource.properties<SubscriptionProperties>();
  // Alarms by e-mail have no recipient here.
  if (Protocol.startsWith('email')) return;
  if (Protocol !== 'sqs')
    throw new Error(`${resource.id}: the local cloud subscribes queues only, not ${Protocol}`);
  for (const kept of snsStore.listSubscriptionsByTopic(TopicArn).subscriptions) {
    if (kept.endpoint === Endpoint) snsStore.unsubscribe(kept.arn);
  }
  const attributes = textProperties(resource, ['RawMessageDelivery', 'FilterPolicy', 'FilterPolicyScope']);
  if (!snsStore.subscribe(TopicArn, 'sqs', Endpoint, attributes)) {
    throw new Error(`${resource.id} subscribes to ${TopicArn}, which no template declares`);
  }
}

function createBucket({ stores, versioned }: Messaging, resource: Resource): void {
  stores.s3Store.createBucket(resource.ref);
  const versioning = resource.property('VersioningConfiguration') as { Status?: string } | undefined;
  if (versioning?.Status === 'Enabled') versioned.add(resource.ref);
}

interface IndexProperties {
  IndexName: string;
  KeySchema: object[];
  Projection: object;
}

interface TableProperties {
  AttributeDefinitions: object[];
  KeySchema: object[];
  GlobalSecondaryIndexes?: IndexProperties[];
  LocalSecondaryIndexes?: IndexProperties[];
}

function indexes(given: IndexProperties[]): IndexProperties[] {
  return given.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
}

async function createTable(url: string, resource: Resource): Promise<void> {
  const TableName = resource.ref;
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } =
    resource.properties<TableProperties>();
  const input = {
    TableName,
    AttributeDefinitions,
    KeySchema,
    BillingMode: 'PAY_PER_REQUEST',
    ...(GlobalSecondaryIndexes?.length && { GlobalSecondaryIndexes: indexes(GlobalSecondaryIndexes) }),
    ...(LocalSecondaryIndexes?.length && { LocalSecondaryIndexes: indexes(LocalSecondaryIndexes) }),
  };
  try {
    await awsJson({ url, target: 'DynamoDB_20120810.CreateTable', input });
  } catch (error) {
    const exists = error instanceof AwsJsonError && error.name === 'ResourceInUseException';
    if (!exists) throw error;
  }
  for (;;) {
    const { Table } = await awsJson<{ Table: { TableStatus: string } }>({
      url,
      target: 'DynamoDB_20120810.DescribeTable',
      input: { TableName },
    });
    if (Table.TableStatus === 'ACTIVE') return;
    await wait(5);
  }
}

export interface ResourcesOptions {
  templates: Templates;
  messaging: Messaging;
  dynamoDbUrl: string;
}

/**
 * Creates the tables, queues, topics, subscriptions and buckets that the templates declare, and sets the queues'
 * address in the templates. What exists from an earlier run stays, with the attributes of queues and subscriptions
 * brought up to date.
 */
export async function createResources({
  templates,
  messaging,
  dynamoDbUrl,
}: ResourcesOptions): Promise<void> {
  const { sqsStore, snsStore } = messaging.stores;
  templates.addresses.sqs = messaging.url;
  for (const queue of templates.ofType('AWS::SQS::Queue')) createQueue(sqsStore, queue);
  for (const topic of templates.ofType('AWS::SNS::Topic')) createTopic(snsStore, topic);
  for (const subscription of templates.ofType('AWS::SNS::Subscription')) subscribe(snsStore, subscription);
  for (const bucket of templates.ofType('AWS::S3::Bucket')) createBucket(messaging, bucket);
  const tables = templates.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable');
  await Promise.all(tables.map((table) => createTable(dynamoDbUrl, table)));
}
