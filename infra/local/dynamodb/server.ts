import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import db, { type Index, type Item, type Refusal, type Table } from 'dynalite/db/index.js';
import type { Controls } from '../controls.ts';
import { guard } from '../http/guard.ts';
import type { Origins } from '../http/origins.ts';
import {
  DynamoDbError,
  dynaliteOperation,
  isOfType,
  isRefusal,
  ItemStore,
  notFound,
  type Operation,
  type Target,
} from './store.ts';
import { ON_CONDITION_FAILURE, Transactions } from './transactions.ts';
import { report } from '../report.ts';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

type Json = Record<string, unknown>;
type Handler = (body: Json) => Promise<object>;

interface Context {
  store: ItemStore;
  controls: Controls;
}

interface ItemInput {
  TableName: string;
  Key?: Item;
  Item?: Item;
  ConditionExpression?: string;
  Expected?: object;
  ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
}

type WriteRequest = { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } };
type BatchInput = { RequestItems: Record<string, WriteRequest[] | { Keys: Item[] }> };

/** The targets of a call. A missing table gives none, and dynalite's action then refuses the call. */
function targetOf(store: ItemStore, { TableName, Key, Item }: ItemInput): Target[] {
  const table = store.table(TableName);
  return table ? [{ table, key: Item ?? Key ?? {} }] : [];
}

function targetsOfBatch(store: ItemStore, { RequestItems }: BatchInput): Target[] {
  return Object.entries(RequestItems).flatMap(([name, requests]) => {
    const table = store.table(name);
    if (!table) return [];
    const keys = Array.isArray(requests)
      ? requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {})
      : requests.Keys;
    return keys.map((key) => ({ table, key }));
  });
}

/** GetItem and BatchGetItem: dynalite's own work on one snapshot. */
function reading<T>(
  { store }: Context,
  name: string,
  targetsIn: (store: ItemStore, input: T) => Target[],
): Handler {
  const operation = dynaliteOperation(name);
  return async (body) => {
    const input = store.validate<T & object>(operation, body);
    const staging = await store.stage(targetsIn(store, input));
    const { answer, refusal } = staging.run(operation.run, input);
    if (refusal) throw refusal;
    return answer ?? {};
  };
}

/** PutItem, UpdateItem and DeleteItem, with what dynalite lacks: conflicts and the old item on a failed condition. */
function writingItem({ store, controls }: Context, name: string): Handler {
  const operation = dynaliteOperation(name);
  operation.types = { ...operation.types, ReturnValuesOnConditionCheckFailure: ON_CONDITION_FAILURE };
  return async (body) => {
    const input = store.validate<ItemInput>(operation, body);
    const conditional = input.ConditionExpression !== undefined || input.Expected !== undefined;
    if (conditional && controls.strikes(controls.faults.conflicts)) {
      throw new DynamoDbError('TransactionConflictException', 'Transaction is ongoing for the item');
    }
    return store.exclusive(async () => {
      const targets = targetOf(store, input);
      const staging = await store.stage(targets);
      const { answer, refusal } = staging.run(operation.run, input);
      if (refusal) {
        const [target] = targets;
        throw withOldItem(refusal, input, target && staging.existing(target));
      }
      await store.commit(staging);
      return answer ?? {};
    });
  };
}

/** A failed condition, with the item that failed it if the caller asked for that. */
function withOldItem(refusal: Refusal, input: ItemInput, item: Item | undefined): Refusal {
  const asked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  if (asked && item && isOfType(refusal, 'ConditionalCheckFailedException')) refusal.body.Item = item;
  return refusal;
}

function writingBatch({ store }: Context): Handler {
  const operation = dynaliteOperation('batchWriteItem');
  return async (body) => {
    const input = store.validate<BatchInput>(operation, body);
    return store.exclusive(async () => {
      const staging = await store.stage(targetsOfBatch(store, input));
      const { answer, refusal } = staging.run(operation.run, input);
      if (refusal) throw refusal;
      await store.commit(staging);
      return answer ?? {};
    });
  };
}

/** An operation that dynalite's action does on the database itself. */
function direct({ store }: Context, { types, custom, run }: Operation): Handler {
  const act = promisify(run);
  return async (body) => {
    const input = store.validate<object>({ types, custom }, body);
    return (await act(store.dynalite, input as never)) ?? {};
  };
}

/** Query and Scan read with one iterator, so from one snapshot, unless a local index sends them to the items. */
function searching(context: Context, name: string): Handler {
  const search = direct(context, dynaliteOperation(name));
  return (body) => {
    const followsIndex = body.IndexName !== undefined && body.Select === 'ALL_ATTRIBUTES';
    return followsIndex ? context.store.exclusive(() => search(body)) : search(body);
  };
}

/** CreateTable, UpdateTable and DeleteTable answer when they are complete, so that nobody has to poll. */
function changingTable(context: Context, name: string): Handler {
  const change = direct(context, dynaliteOperation(name));
  const { store } = context;
  const settled = (table: Table | undefined): boolean =>
    !table || [table.TableStatus, ...(table.GlobalSecondaryIndexes ?? []).map(status)].every(isActive);
  return (body) => {
    const key = `table~${String(body.TableName)}`;
    return store.exclusive(async () => {
      const answer = await change(body);
      while (!settled(store.dynalite.db.getSync(key) as Table | undefined)) await nextTurn();
      return answer;
    });
  };
}

const status = (index: Index): string => index.IndexStatus ?? 'ACTIVE';
const isActive = (state: string): boolean => state === 'ACTIVE';

/** Settings of expiry and backups. They are stored and described, and otherwise have no effect. */
function settings({ store }: Context): Record<string, Handler> {
  const timeToLive = new Map<string, { AttributeName: string; Enabled: boolean }>();
  const pointInTime = new Map<string, boolean>();
  const nameOf = (body: Json): string => {
    const name = String(body.TableName);
    if (!store.table(name)) throw notFound(`Requested resource not found: Table: ${name} not found`);
    return name;
  };
  const describeBackups: Handler = async (body) => {
    const recovery = pointInTime.get(nameOf(body)) ? 'ENABLED' : 'DISABLED';
    return {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: recovery },
      },
    };
  };
  return {
    UpdateTimeToLive: async (body) => {
      const specification = body.TimeToLiveSpecification as { AttributeName: string; Enabled: boolean };
      timeToLive.set(nameOf(body), specification);
      return { TimeToLiveSpecification: specification };
    },
    DescribeTimeToLive: async (body) => {
      const specification = timeToLive.get(nameOf(body));
      return {
        TimeToLiveDescription: specification?.Enabled
          ? { TimeToLiveStatus: 'ENABLED', AttributeName: specification.AttributeName }
          : { TimeToLiveStatus: 'DISABLED' },
      };
    },
    DescribeContinuousBackups: describeBackups,
    UpdateContinuousBackups: async (body) => {
      const asked = body.PointInTimeRecoverySpecification as
        { PointInTimeRecoveryEnabled?: boolean } | undefined;
      pointInTime.set(nameOf(body), asked?.PointInTimeRecoveryEnabled === true);
      return describeBackups(body);
    },
  };
}

/** A call on data, which the fault `throttles` refuses now and then. */
function throttled({ controls }: Context, handler: Handler): Handler {
  return async (body) => {
    if (controls.strikes(controls.faults.throttles)) {
      throw new DynamoDbError(
        'ProvisionedThroughputExceededException',
        'The level of configured provisioned throughput for the table was exceeded. ' +
          'Consider increasing your provisioning level with the UpdateTable API.',
      );
    }
    return handler(body);
  };
}

function handlersOf(context: Context): Map<string, Handler> {
  const transactions = new Transactions(context.store, context.controls);
  const onData: Record<string, Handler> = {
    GetItem: reading(context, 'getItem', targetOf),
    BatchGetItem: reading(context, 'batchGetItem', targetsOfBatch),
    PutItem: writingItem(context, 'putItem'),
    UpdateItem: writingItem(context, 'updateItem'),
    DeleteItem: writingItem(context, 'deleteItem'),
    BatchWriteItem: writingBatch(context),
    Query: searching(context, 'query'),
    Scan: searching(context, 'scan'),
    TransactWriteItems: (body) => transactions.write(body),
    TransactGetItems: (body) => transactions.get(body),
  };
  const onTables: Record<string, Handler> = {
    CreateTable: changingTable(context, 'createTable'),
    UpdateTable: changingTable(context, 'updateTable'),
    DeleteTable: changingTable(context, 'deleteTable'),
    ...settings(context),
  };
  for (const name of ['DescribeTable', 'ListTables', 'TagResource', 'UntagResource', 'ListTagsOfResource']) {
    onTables[name] = direct(context, dynaliteOperation(name.charAt(0).toLowerCase() + name.slice(1)));
  }
  return new Map([
    ...Object.entries(onData).map(([name, handler]) => [name, throttled(context, handler)] as const),
    ...Object.entries(onTables),
  ]);
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  if (size > MAX_REQUEST_BYTES) throw db.validationError('The request is larger than 16 MB');
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body as Json;
  } catch {
    // Refused like what is JSON, but no object.
  }
  throw coralError('SerializationException');
}

/** A refusal by the protocol, before any operation. */
function coralError(type: string): DynamoDbError {
  const error = new DynamoDbError(type, type);
  error.body.__type = `com.amazon.coral.service#${type}`;
  return error;
}

async function answerTo(handlers: Map<string, Handler>, request: IncomingMessage): Promise<[number, object]> {
  try {
    const [version, name] = String(request.headers['x-amz-target']).split('.');
    const handler = version === 'DynamoDB_20120810' ? handlers.get(name ?? '') : undefined;
    const body = await bodyOf(request);
    if (!handler) throw coralError('UnknownOperationException');
    return [200, await handler(body)];
  } catch (error) {
    if (isRefusal(error)) return [error.statusCode, error.body];
    // A client that hung up in the middle of its request is no defect.
    if (request.complete) report('The local DynamoDB failed', error);
    const body = { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: String(error) };
    return [500, body];
  }
}

function send(response: ServerResponse, [statusCode, body]: [number, object]): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(statusCode, {
    'Content-Type': 'application/x-amz-json-1.0',
    'Content-Length': text.length,
    'x-amzn-RequestId': randomUUID(),
  });
  response.end(text);
}

/**
 * DynamoDB on 127.0.0.1 (at any free port unless one is given), by its JSON protocol: dynalite's items, queries and
 * expressions, and what dynalite lacks, transactions above all. Data is in memory, or under `dir`. The faults of the
 * controls strike calls on data only. `close` lets the calls under way finish. Rejects if the port is taken or another
 * process uses the directory.
 */
export async function startDynamoDb(options: {
  controls: Controls;
  dir?: string;
  port?: number;
  origins?: Origins | undefined;
}): Promise<{ url: string; close(): Promise<void> }> {
  const store = await ItemStore.open(options.dir);
  const handlers = handlersOf({ store, controls: options.controls });
  const underWay = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    void answerTo(handlers, request).then((answer) => {
      // A kept-alive connection would keep a closing server from ending.
      if (!server.listening) response.setHeader('Connection', 'close');
      return send(response, answer);
    });
  });
  guard(server, { origins: options.origins });
  // Clients reuse connections, and one that the server closes meanwhile costs them a retry.
  server.keepAliveTimeout = 0;
  try {
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    await store.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    while (underWay.size > 0) await Promise.all([...underWay].map((response) => once(response, 'close')));
    server.closeAllConnections();
    await closed;
    await store.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
