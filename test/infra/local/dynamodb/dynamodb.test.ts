import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  type CancellationReason,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { startDynamoDb } from '../../../../infra/local/dynamodb/server.ts';

type Attributes = Record<string, unknown>;
type Actions = NonNullable<TransactWriteCommandInput['TransactItems']>;

interface Refused extends Error {
  CancellationReasons?: CancellationReason[];
  Item?: Attributes;
  $metadata: { httpStatusCode: number };
}

const controls = new Controls();
let local: Awaited<ReturnType<typeof startDynamoDb>>;
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;

const clientFor = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

const definition = (TableName: string): CreateTableCommandInput => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: ['pk', 'sk', 'gpk', 'gsk'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'everything',
      KeySchema: [
        { AttributeName: 'gpk', KeyType: 'HASH' },
        { AttributeName: 'gsk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'keys-only',
      KeySchema: [{ AttributeName: 'gpk', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
});

beforeAll(async () => {
  local = await startDynamoDb({ controls });
  client = clientFor(local.url);
  documents = DynamoDBDocumentClient.from(client);
  await client.send(new CreateTableCommand(definition('Main')));
  await client.send(new CreateTableCommand(definition('Other')));
});

afterEach(() => {
  Object.assign(controls.faults, { conflicts: 0, throttles: 0 });
  controls.setNow(null);
});

afterAll(async () => {
  client.destroy();
  await local.close();
});

let lastPartition = 0;
/** A partition that no other test knows. */
const partition = (): string => `p${(lastPartition += 1)}`;

const TableName = 'Main';
const put = (Item: Attributes, more: Attributes = {}) => ({ Put: { TableName, Item, ...more } });
const remove = (pk: string, sk: string, more: Attributes = {}) => ({
  Delete: { TableName, Key: { pk, sk }, ...more },
});
const check = (pk: string, sk: string, ConditionExpression: string, more: Attributes = {}) => ({
  ConditionCheck: { TableName, Key: { pk, sk }, ConditionExpression, ...more },
});
const update = (
  pk: string,
  sk: string,
  UpdateExpression: string,
  values?: Attributes,
  more: Attributes = {},
) => ({
  Update: {
    TableName,
    Key: { pk, sk },
    UpdateExpression,
    ...(values && { ExpressionAttributeValues: values }),
    ...more,
  },
});

const transact = (TransactItems: Actions, more: Attributes = {}) =>
  documents.send(new TransactWriteCommand({ TransactItems, ...more }));
const store = (...items: Attributes[]) =>
  Promise.all(items.map((Item) => documents.send(new PutCommand({ TableName, Item }))));
const item = async (pk: string, sk: string, table = TableName): Promise<Attributes | undefined> =>
  (await documents.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }))).Item;
const all = async (pk: string, table = TableName): Promise<Attributes[]> => {
  const values = { ':pk': pk };
  const query = { TableName: table, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: values };
  return (await documents.send(new QueryCommand(query))).Items ?? [];
};
const indexed = async (gpk: string, IndexName = 'everything', table = TableName): Promise<Attributes[]> => {
  const query = { TableName: table, IndexName, KeyConditionExpression: 'gpk = :g' };
  const found = await documents.send(
    new QueryCommand({ ...query, ExpressionAttributeValues: { ':g': gpk } }),
  );
  return found.Items ?? [];
};

async function refusal(call: Promise<unknown>): Promise<Refused> {
  try {
    await call;
  } catch (error) {
    return error as Refused;
  }
  throw new Error('the call went through');
}

const codes = (refused: Refused) => refused.CancellationReasons?.map(({ Code }) => Code);

describe('TransactWriteItems', () => {
  test('puts, updates, deletes and checks in one go', async () => {
    const pk = partition();
    await store({ pk, sk: 'old', n: 1 }, { pk, sk: 'gone' }, { pk, sk: 'guard', open: true });
    await transact([
      put({ pk, sk: 'new', list: [1, { deep: 'x' }] }),
      update(
        pk,
        'old',
        'SET n = n + :one, #t = :t',
        { ':one': 1, ':t': 'text' },
        { ExpressionAttributeNames: { '#t': 'text' } },
      ),
      remove(pk, 'gone'),
      check(pk, 'guard', '#o = :true', {
        ExpressionAttributeNames: { '#o': 'open' },
        ExpressionAttributeValues: { ':true': true },
      }),
    ]);
    expect(await all(pk)).toEqual([
      { pk, sk: 'guard', open: true },
      { pk, sk: 'new', list: [1, { deep: 'x' }] },
      { pk, sk: 'old', n: 2, text: 'text' },
    ]);
  });

  test('spans tables', async () => {
    const pk = partition();
    await transact([put({ pk, sk: 'a' }), { Put: { TableName: 'Other', Item: { pk, sk: 'b' } } }]);
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a' });
    expect(await item(pk, 'b', 'Other')).toEqual({ pk, sk: 'b' });
  });

  test('changes nothing when one condition fails, and gives the reasons in the order of the actions', async () => {
    const pk = partition();
    await store({ pk, sk: 'taken' });
    const refused = await refusal(
      transact([
        put({ pk, sk: 'a' }),
        put({ pk, sk: 'taken', n: 1 }, { ConditionExpression: 'attribute_not_exists(pk)' }),
      ]),
    );
    expect(refused.name).toBe('TransactionCanceledException');
    expect(refused.$metadata.httpStatusCode).toBe(400);
    expect(refused.message).toBe(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
    );
    expect(refused.CancellationReasons).toEqual([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ]);
    expect(await all(pk)).toEqual([{ pk, sk: 'taken' }]);
  });

  test('honours the condition of each kind of action, and names every one that fails', async () => {
    const pk = partition();
    const failing = { ConditionExpression: 'attribute_exists(pk)' };
    const refused = await refusal(
      transact([
        put({ pk, sk: 'a' }, failing),
        update(pk, 'b', 'SET n = :n', { ':n': 1 }, failing),
        put({ pk, sk: 'c' }, { ConditionExpression: 'attribute_not_exists(pk)' }),
        remove(pk, 'd', failing),
        check(pk, 'e', 'attribute_exists(pk)'),
      ]),
    );
    const failed = 'ConditionalCheckFailed';
    expect(codes(refused)).toEqual([failed, failed, 'None', failed, failed]);
    expect(await all(pk)).toEqual([]);
  });

  test('hands out the item that failed a condition, where ALL_OLD asks for it and there is one', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 }, { pk, sk: 'b', n: 2 }, { pk, sk: 'd', n: 4 }, { pk, sk: 'e', n: 5 });
    const old = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    const failing = { ConditionExpression: 'attribute_exists(absent)' };
    const refused = await refusal(
      transact([
        check(pk, 'a', 'attribute_exists(absent)', old),
        put({ pk, sk: 'b' }, failing),
        update(pk, 'c', 'SET n = :n', { ':n': 1 }, { ...failing, ...old }),
        remove(pk, 'd', { ...failing, ...old }),
        put({ pk, sk: 'e' }, { ConditionExpression: 'attribute_exists(pk)', ...old }),
      ]),
    );
    const wire = (sk: string, n: string) => ({ pk: { S: pk }, sk: { S: sk }, n: { N: n } });
    expect(refused.CancellationReasons?.map(({ Item }) => Item)).toEqual([
      wire('a', '1'),
      undefined,
      undefined,
      wire('d', '4'),
      undefined,
    ]);
  });

  test('creates the item that an Update does not find', async () => {
    const pk = partition();
    await transact([
      update(pk, 'a', 'ADD hits :n SET made = if_not_exists(made, :m)', { ':n': 3, ':m': 'now' }),
    ]);
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a', hits: 3, made: 'now' });
  });

  test('judges the conditions on the state before the transaction', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 });
    const wasOne = { ConditionExpression: 'n = :one' };
    await transact([update(pk, 'a', 'SET n = :two', { ':two': 2, ':one': 1 }, wasOne)]);
    const refused = await refusal(
      transact([update(pk, 'a', 'SET n = :two', { ':two': 2, ':one': 1 }, wasOne)]),
    );
    expect(codes(refused)).toEqual(['ConditionalCheckFailed']);
  });

  test('takes 100 actions', async () => {
    const pk = partition();
    await transact(Array.from({ length: 100 }, (_, n) => put({ pk, sk: `${n}` })));
    expect(await all(pk)).toHaveLength(100);
  });

  test('refuses more than 100 actions, and none', async () => {
    const pk = partition();
    const many = await refusal(transact(Array.from({ length: 101 }, (_, n) => put({ pk, sk: `${n}` }))));
    expect(many.name).toBe('ValidationException');
    expect(many.message).toMatch(
      /^1 validation error detected: Value '\[.+\]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100$/,
    );
    const none = await refusal(transact([]));
    expect(none.name).toBe('ValidationException');
    expect(none.message).toBe(
      "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    expect(await all(pk)).toEqual([]);
  });

  test('refuses two actions on one item, whatever the actions', async () => {
    const pk = partition();
    for (const second of [put({ pk, sk: 'a' }), remove(pk, 'a'), check(pk, 'a', 'attribute_exists(pk)')]) {
      const refused = await refusal(transact([update(pk, 'a', 'SET n = :n', { ':n': 1 }), second]));
      expect(refused.name).toBe('ValidationException');
      expect(refused.message).toBe('Transaction request cannot include multiple operations on one item');
    }
    expect(await all(pk)).toEqual([]);
  });

  test('takes the same key twice if the tables differ', async () => {
    const pk = partition();
    await transact([put({ pk, sk: 'a' }), { Put: { TableName: 'Other', Item: { pk, sk: 'a' } } }]);
    expect(await item(pk, 'a', 'Other')).toBeDefined();
  });

  test('refuses more than 4 MB', async () => {
    const pk = partition();
    const large = (count: number) =>
      Array.from({ length: count }, (_, n) => put({ pk, sk: `${n}`, text: 'x'.repeat(380_000) }));
    const refused = await refusal(transact(large(12)));
    expect(refused.name).toBe('ValidationException');
    expect(await all(pk)).toEqual([]);
    await transact(large(11));
    // What an update leaves untouched counts too.
    const growing = Array.from({ length: 11 }, (_, n) =>
      update(pk, `${n}`, 'SET more = :t', { ':t': 'x'.repeat(20_000) }),
    );
    expect((await refusal(transact(growing))).name).toBe('ValidationException');
  });

  test('refuses an unknown table before it changes the known one', async () => {
    const pk = partition();
    const unknown = { Put: { TableName: 'Nowhere', Item: { pk, sk: 'b' } } };
    const refused = await refusal(transact([put({ pk, sk: 'a' }), unknown]));
    expect(refused.name).toBe('ResourceNotFoundException');
    expect(refused.message).toBe('Requested resource not found');
    expect(await all(pk)).toEqual([]);
  });

  test('refuses to update an attribute of the key', async () => {
    const pk = partition();
    const refused = await refusal(transact([update(pk, 'a', 'SET sk = :b', { ':b': 'b' })]));
    expect(refused.name).toBe('ValidationException');
    expect(refused.message).toBe(
      'One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key',
    );
  });

  test('refuses a malformed request as a whole, before it looks for tables', async () => {
    const pk = partition();
    const unknown = { Put: { TableName: 'Nowhere', Item: { pk, sk: 'b' } } };
    const cases: [Actions[number], string | RegExp][] = [
      [check(pk, 'a', 'attribute_exists('), /^Invalid ConditionExpression: Syntax error/],
      [update(pk, 'a', 'FROB x'), /^Invalid UpdateExpression: Syntax error/],
      [
        check(pk, 'a', 'attribute_exists(pk)', { ExpressionAttributeValues: { ':v': 1 } }),
        'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}',
      ],
      [
        { ...put({ pk, sk: 'a' }), ...remove(pk, 'a') },
        'TransactItems can only contain one of Check, Put, Update or Delete',
      ],
      [{}, 'Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'],
      [put({ pk, sk: 'a', text: 'x'.repeat(410_000) }), 'Item size has exceeded the maximum allowed size'],
      [
        { Put: { TableName: 'bad!name', Item: { pk } } },
        "1 validation error detected: Value 'bad!name' at 'transactItems.2.member.put.tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
      ],
      [
        { ConditionCheck: { TableName, Key: { pk, sk: 'a' }, ConditionExpression: undefined } },
        "1 validation error detected: Value null at 'transactItems.2.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null",
      ],
    ];
    for (const [action, message] of cases) {
      const refused = await refusal(transact([unknown, action]));
      expect(refused.name).toBe('ValidationException');
      if (typeof message === 'string') expect(refused.message).toBe(message);
      else expect(refused.message).toMatch(message);
    }
  });

  test('cancels with ValidationError for what only shows on the item', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', word: 'x' }, { pk, sk: 'large', text: 'x'.repeat(390_000) });
    const refused = await refusal(
      transact([
        put({ pk, sk: 'fine' }),
        update(pk, 'a', 'SET n = word + :one', { ':one': 1 }),
        update(pk, 'b', 'SET n = nothing'),
        update(pk, 'c', 'SET deep.down = :one', { ':one': 1 }),
        update(pk, 'large', 'SET more = :t', { ':t': 'x'.repeat(20_000) }),
      ]),
    );
    expect(refused.name).toBe('TransactionCanceledException');
    const reason = (Message: string) => ({ Code: 'ValidationError', Message });
    expect(refused.CancellationReasons).toEqual([
      { Code: 'None' },
      reason('An operand in the update expression has an incorrect data type'),
      reason('The provided expression refers to an attribute that does not exist in the item'),
      reason('The document path provided in the update expression is invalid for update'),
      reason('Item size to update has exceeded the maximum allowed size'),
    ]);
    expect(await item(pk, 'fine')).toBeUndefined();
  });

  test('cancels with ValidationError for keys that do not fit the table or an index', async () => {
    const pk = partition();
    const refused = await refusal(
      transact([
        { Delete: { TableName, Key: { pk } } },
        put({ pk, sk: 1 }),
        put({ pk, sk: 'a', gpk: 1 }),
        check(pk, 'fine', 'attribute_not_exists(pk)'),
      ]),
    );
    const reason = (Message: string) => ({ Code: 'ValidationError', Message });
    expect(refused.CancellationReasons).toEqual([
      reason('The provided key element does not match the schema'),
      reason('One or more parameter values were invalid: Type mismatch for key sk expected: S actual: N'),
      reason(
        'One or more parameter values were invalid: Type mismatch for Index Key gpk Expected: S Actual: N IndexName: everything',
      ),
      { Code: 'None' },
    ]);
  });

  test('refuses an empty string as a key, of the table or of an index', async () => {
    const pk = partition();
    const empty = 'One or more parameter values are not valid.';
    const rule = 'The AttributeValue for a key attribute cannot contain an empty string value.';
    const cases: [Actions[number], string][] = [
      [put({ pk, sk: '' }), `${empty} ${rule} Key: sk`],
      [remove(pk, ''), `${empty} ${rule} Key: sk`],
      [
        put({ pk, sk: 'a', gpk: '' }),
        `${empty} A value specified for a secondary index key is not supported. ${rule} IndexName: everything, IndexKey: gpk`,
      ],
      [
        update(pk, 'a', 'SET gpk = :e', { ':e': '' }),
        `${empty} The update expression attempted to update a secondary index key to a value that is not supported. ${rule}`,
      ],
    ];
    for (const [action, message] of cases) {
      const refused = await refusal(transact([put({ pk, sk: 'b' }), action]));
      expect([refused.name, refused.message]).toEqual(['ValidationException', message]);
    }
    expect(await all(pk)).toEqual([]);
  });

  test('counts two write units per item and kilobyte, and none without being asked', async () => {
    const pk = partition();
    const actions = [put({ pk, sk: 'a' }), put({ pk, sk: 'b', text: 'x'.repeat(1500) })];
    expect((await transact(actions)).ConsumedCapacity).toBeUndefined();
    const { ConsumedCapacity } = await transact(actions, { ReturnConsumedCapacity: 'TOTAL' });
    expect(ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 6, WriteCapacityUnits: 6 }]);
  });
});

describe('ClientRequestToken', () => {
  const add = (pk: string, by: number) => [update(pk, 'a', 'ADD n :by', { ':by': by })];

  test('makes a repeated call succeed without doing it again', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `once-${pk}`, ReturnConsumedCapacity: 'TOTAL' };
    await transact(add(pk, 1), options);
    const again = await transact(add(pk, 1), options);
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a', n: 1 });
    expect(again.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 2, ReadCapacityUnits: 2 }]);
  });

  test('refuses other content under the same token', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `other-${pk}` };
    await transact(add(pk, 1), options);
    const refused = await refusal(transact(add(pk, 2), options));
    expect(refused.name).toBe('IdempotentParameterMismatchException');
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
  });

  test('takes the order of attributes for no difference', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `order-${pk}` };
    await transact([put({ pk, sk: 'a', x: 1, y: 2 })], options);
    await expect(transact([put({ y: 2, x: 1, sk: 'a', pk })], options)).resolves.toBeDefined();
  });

  test('lapses after 10 minutes', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `lapse-${pk}` };
    await transact(add(pk, 1), options);
    controls.setNow(new Date(Date.now() + 9.9 * 60_000));
    await transact(add(pk, 1), options);
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
    controls.setNow(new Date(Date.now() + 10.1 * 60_000));
    await transact(add(pk, 2), options);
    expect(await item(pk, 'a')).toMatchObject({ n: 3 });
  });

  test('of a cancelled call may be used again', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `cancelled-${pk}` };
    const guarded = [...add(pk, 1), check(pk, 'guard', 'attribute_exists(pk)')];
    expect(codes(await refusal(transact(guarded, options)))).toEqual(['None', 'ConditionalCheckFailed']);
    await store({ pk, sk: 'guard' });
    await transact(guarded, options);
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
  });

  test('lets one of several simultaneous calls through', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `race-${pk}` };
    const calls = await Promise.allSettled(Array.from({ length: 8 }, () => transact(add(pk, 1), options)));
    const errors = calls
      .filter((call) => call.status === 'rejected')
      .map(({ reason }) => (reason as Error).name);
    expect(errors.filter((name) => name !== 'TransactionInProgressException')).toEqual([]);
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
  });

  test('has 1 to 36 characters', async () => {
    for (const ClientRequestToken of ['', 'x'.repeat(37)]) {
      const refused = await refusal(transact([put({ pk: partition(), sk: 'a' })], { ClientRequestToken }));
      expect(refused.name).toBe('ValidationException');
      expect(refused.message).toContain("at 'clientRequestToken' failed to satisfy constraint");
    }
  });
});

describe('TransactGetItems', () => {
  const get = (pk: string, sk: string, more: Attributes = {}) => ({
    Get: { TableName, Key: { pk, sk }, ...more },
  });
  const read = (TransactItems: ReturnType<typeof get>[], more: Attributes = {}) =>
    documents.send(new TransactGetCommand({ TransactItems, ...more }));

  test('answers in the order of the request, with nothing for an item that is not there', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 }, { pk, sk: 'b', n: 2 });
    const { Responses } = await read([get(pk, 'b'), get(pk, 'none'), get(pk, 'a')]);
    expect(Responses).toEqual([{ Item: { pk, sk: 'b', n: 2 } }, {}, { Item: { pk, sk: 'a', n: 1 } }]);
  });

  test('projects', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1, map: { x: 1, y: 2 } });
    const projection = { ProjectionExpression: '#m.x', ExpressionAttributeNames: { '#m': 'map' } };
    expect((await read([get(pk, 'a', projection)])).Responses).toEqual([{ Item: { map: { x: 1 } } }]);
  });

  test('refuses none, more than 100, the same item twice and an unknown table', async () => {
    const pk = partition();
    const gets = (count: number) => Array.from({ length: count }, (_, n) => get(pk, `${n}`));
    expect((await read(gets(100))).Responses).toHaveLength(100);
    for (const wrong of [[], gets(101), [get(pk, 'a'), get(pk, 'a')]]) {
      expect((await refusal(read(wrong))).name).toBe('ValidationException');
    }
    const refused = await refusal(read([get(pk, 'a', { TableName: 'Nowhere' })]));
    expect([refused.name, refused.message]).toEqual([
      'ResourceNotFoundException',
      'Requested resource not found',
    ]);
  });

  test('refuses more than 4 MB', async () => {
    const pk = partition();
    const names = Array.from({ length: 12 }, (_, n) => `${n}`);
    await store(...names.map((sk) => ({ pk, sk, text: 'x'.repeat(380_000) })));
    expect((await refusal(read(names.map((sk) => get(pk, sk))))).name).toBe('ValidationException');
    expect((await read(names.slice(1).map((sk) => get(pk, sk)))).Responses).toHaveLength(11);
  });

  test('cancels for a key that does not fit the table', async () => {
    const pk = partition();
    const refused = await refusal(read([get(pk, 'a'), get(pk, 'b', { Key: { pk } })]));
    expect(codes(refused)).toEqual(['None', 'ValidationError']);
  });

  test('counts two read units per item, there or not', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', text: 'x'.repeat(5000) });
    const { ConsumedCapacity } = await read([get(pk, 'a'), get(pk, 'b')], {
      ReturnConsumedCapacity: 'INDEXES',
    });
    const units = { CapacityUnits: 6, ReadCapacityUnits: 6 };
    expect(ConsumedCapacity).toEqual([{ TableName, ...units, Table: units }]);
  });
});

describe('secondary indexes', () => {
  test('show at once what a transaction puts, moves, takes out and deletes', async () => {
    const [pk, from, to] = [partition(), partition(), partition()];
    const keyed = (sk: string) => ({ pk, sk, gpk: from, gsk: sk });
    await store(keyed('moved'), keyed('taken-out'), keyed('deleted'));
    await transact([
      put({ pk, sk: 'new', gpk: to, gsk: 'z' }),
      update(pk, 'moved', 'SET gpk = :to, n = :n', { ':to': to, ':n': 1 }),
      update(pk, 'taken-out', 'REMOVE gpk'),
      remove(pk, 'deleted'),
    ]);
    expect(await indexed(from)).toEqual([]);
    expect(await indexed(to)).toEqual([
      { pk, sk: 'moved', gpk: to, gsk: 'moved', n: 1 },
      { pk, sk: 'new', gpk: to, gsk: 'z' },
    ]);
    expect(await indexed(to, 'keys-only')).toEqual(
      expect.arrayContaining([
        { pk, sk: 'moved', gpk: to },
        { pk, sk: 'new', gpk: to },
      ]),
    );
  });

  test('show nothing of a cancelled transaction', async () => {
    const [pk, gpk] = [partition(), partition()];
    await refusal(transact([put({ pk, sk: 'a', gpk, gsk: 'a' }), check(pk, 'b', 'attribute_exists(pk)')]));
    expect(await indexed(gpk)).toEqual([]);
  });

  test('follow single and batch writes', async () => {
    const [pk, gpk] = [partition(), partition()];
    await store({ pk, sk: 'a', gpk, gsk: '1' }, { pk, sk: 'b', gpk, gsk: '2' });
    await documents.send(new UpdateCommand(update(pk, 'a', 'SET gsk = :s', { ':s': '3' }).Update));
    const requests = [
      { DeleteRequest: { Key: { pk, sk: 'b' } } },
      { PutRequest: { Item: { pk, sk: 'c', gpk, gsk: '0' } } },
    ];
    await documents.send(new BatchWriteCommand({ RequestItems: { Main: requests } }));
    expect((await indexed(gpk)).map(({ sk }) => sk)).toEqual(['c', 'a']);
    await documents.send(new DeleteCommand(remove(pk, 'a').Delete));
    expect((await indexed(gpk)).map(({ sk }) => sk)).toEqual(['c']);
  });
});

describe('single writes', () => {
  const failing = { ConditionExpression: 'attribute_exists(absent)' };
  const old = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };
  const writes = (pk: string, more: Attributes): Promise<unknown>[] => [
    documents.send(new PutCommand({ ...put({ pk, sk: 'a' }).Put, ...more })),
    documents.send(new UpdateCommand({ ...update(pk, 'a', 'SET n = :n', { ':n': 9 }).Update, ...more })),
    documents.send(new DeleteCommand({ ...remove(pk, 'a').Delete, ...more })),
  ];

  test('hand out the item that failed their condition, if ALL_OLD asks for it', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 });
    for (const write of writes(pk, { ...failing, ...old })) {
      const refused = await refusal(write);
      expect([refused.name, refused.message]).toEqual([
        'ConditionalCheckFailedException',
        'The conditional request failed',
      ]);
      expect(refused.Item).toEqual({ pk: { S: pk }, sk: { S: 'a' }, n: { N: '1' } });
    }
    for (const write of writes(pk, failing)) expect((await refusal(write)).Item).toBeUndefined();
    for (const write of writes(partition(), { ...failing, ...old })) {
      const refused = await refusal(write);
      expect([refused.name, refused.Item]).toEqual(['ConditionalCheckFailedException', undefined]);
    }
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a', n: 1 });
  });

  test('refuse another value for ReturnValuesOnConditionCheckFailure', async () => {
    const wrong = { ...failing, ReturnValuesOnConditionCheckFailure: 'ALL_NEW' };
    for (const write of writes(partition(), wrong))
      expect((await refusal(write)).name).toBe('ValidationException');
  });

  test('return the values before and after', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 });
    const change = update(pk, 'a', 'ADD n :n', { ':n': 1 }).Update;
    const updated = await documents.send(new UpdateCommand({ ...change, ReturnValues: 'ALL_NEW' }));
    expect(updated.Attributes).toEqual({ pk, sk: 'a', n: 2 });
    const deleted = await documents.send(
      new DeleteCommand({ ...remove(pk, 'a').Delete, ReturnValues: 'ALL_OLD' }),
    );
    expect(deleted.Attributes).toEqual({ pk, sk: 'a', n: 2 });
    expect(await item(pk, 'a')).toBeUndefined();
  });

  test('to an unknown table are refused', async () => {
    for (const write of writes(partition(), { TableName: 'Nowhere' })) {
      expect((await refusal(write)).name).toBe('ResourceNotFoundException');
    }
    const RequestItems = { Nowhere: [{ PutRequest: { Item: { pk: 'a', sk: 'a' } } }] };
    const refused = await refusal(documents.send(new BatchWriteCommand({ RequestItems })));
    expect(refused.name).toBe('ResourceNotFoundException');
  });

  test('refuse an empty string as a key of an index', async () => {
    const refused = await refusal(store({ pk: partition(), sk: 'a', gpk: '' }));
    expect(refused.name).toBe('ValidationException');
    expect(refused.message).toContain('IndexName: everything, IndexKey: gpk');
  });
});

describe('batches', () => {
  test('write and read many items', async () => {
    const pk = partition();
    const items = Array.from({ length: 25 }, (_, n) => ({ pk, sk: `${n}`, n }));
    const requests = items.map((Item) => ({ PutRequest: { Item } }));
    const written = await documents.send(new BatchWriteCommand({ RequestItems: { Main: requests } }));
    expect(written.UnprocessedItems).toEqual({});
    const Keys = [...items.map(({ sk }) => ({ pk, sk })), { pk, sk: 'none' }];
    const { Responses } = await documents.send(new BatchGetCommand({ RequestItems: { Main: { Keys } } }));
    expect(Responses?.Main?.toSorted((a, b) => a.n - b.n)).toEqual(items);
  });

  test('with a mistake in them do nothing', async () => {
    const pk = partition();
    const write = (Item: Attributes) => ({ PutRequest: { Item } });
    for (const wrong of [write({ pk, sk: 'a' }), write({ pk })]) {
      const RequestItems = { Main: [write({ pk, sk: 'a' }), wrong] };
      expect((await refusal(documents.send(new BatchWriteCommand({ RequestItems })))).name).toBe(
        'ValidationException',
      );
    }
    expect(await all(pk)).toEqual([]);
  });
});

describe.each(['in memory', 'under a directory'])('isolation %s', (where) => {
  // A table of its own, small enough for a Scan to read it in one page.
  const accounts = { TableName: 'Accounts' };
  const NAMES = ['a', 'b', 'c', 'd', 'e'];
  const EACH = 20;

  interface Movement {
    from: string;
    to: string;
    amount: number;
  }
  const movements = fc.array(
    fc
      .record({
        names: fc.shuffledSubarray(NAMES, { minLength: 2, maxLength: 2 }),
        amount: fc.integer({ min: 1, max: 25 }),
      })
      .map(({ names: [from = '', to = ''], amount }): Movement => ({ from, to, amount })),
    { minLength: 4, maxLength: 16 },
  );

  const usual = { local, client, documents };
  const dir = mkdtempSync(join(tmpdir(), 'dynamodb-'));

  beforeAll(async () => {
    Object.assign(usual, { local, client, documents });
    // LevelDB works in threads of its own, which gives mistakes more of a chance than memory does.
    local = await startDynamoDb({ controls, ...(where === 'under a directory' && { dir }) });
    client = clientFor(local.url);
    documents = DynamoDBDocumentClient.from(client);
    await client.send(new CreateTableCommand(definition('Accounts')));
  });

  afterAll(async () => {
    client.destroy();
    await local.close();
    ({ local, client, documents } = usual);
    rmSync(dir, { recursive: true });
  });

  /** Repeats a call that a fault struck. */
  async function persistently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const refused = error as Refused;
        const conflict = codes(refused)?.includes('TransactionConflict') ?? false;
        if (!conflict && refused.name !== 'ProvisionedThroughputExceededException') throw error;
      }
    }
  }

  const readers = (pk: string, gpk: string): (() => Promise<(Attributes | undefined)[] | undefined>)[] => {
    const Keys = NAMES.map((sk) => ({ pk, sk }));
    const TransactItems = Keys.map((Key) => ({ Get: { ...accounts, Key } }));
    const batch = { RequestItems: { Accounts: { Keys } } };
    const scan = { ...accounts, FilterExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } };
    return [
      async () =>
        (await documents.send(new TransactGetCommand({ TransactItems }))).Responses?.map(({ Item }) => Item),
      async () => (await documents.send(new BatchGetCommand(batch))).Responses?.Accounts,
      () => all(pk, 'Accounts'),
      () => indexed(gpk, 'everything', 'Accounts'),
      async () => (await documents.send(new ScanCommand(scan))).Items,
    ];
  };

  const total = (items: (Attributes | undefined)[] | undefined) =>
    (items ?? []).reduce((sum, each) => sum + ((each?.n as number | undefined) ?? 0), 0);

  /** Moves an amount, and both accounts within the index; false if the giver has too little. */
  async function transfer(pk: string, { from, to, amount }: Movement): Promise<boolean> {
    const change = (sk: string, by: number) =>
      update(pk, sk, 'SET n = n + :by, gsk = :key', { ':by': by, ':key': partition() }, accounts);
    const giver = change(from, -amount);
    Object.assign(giver.Update, { ConditionExpression: 'n >= :amount' });
    Object.assign(giver.Update.ExpressionAttributeValues ?? {}, { ':amount': amount });
    try {
      await persistently(() => transact([change(to, amount), giver]));
      return true;
    } catch (error) {
      expect(codes(error as Refused)).toEqual(['None', 'ConditionalCheckFailed']);
      return false;
    }
  }

  test('single writes and transactions on one item lose none of each other', async () => {
    const pk = partition();
    const change = update(pk, 'a', 'ADD n :n', { ':n': 1 }, accounts);
    const calls = Array.from({ length: 40 }, (_, index) =>
      index % 2 ? transact([change]) : documents.send(new UpdateCommand(change.Update)),
    );
    await Promise.all(calls);
    expect(await item(pk, 'a', 'Accounts')).toMatchObject({ n: 40 });
  });

  for (const [name, faults] of [
    ['', { conflicts: 0, throttles: 0 }],
    [', under conflicts', { conflicts: 0.3, throttles: 0 }],
    [', under throttling', { conflicts: 0, throttles: 0.2 }],
    [', under both', { conflicts: 0.3, throttles: 0.2 }],
  ] as const) {
    test(`no reader ever sees half of a concurrent transfer, and none is lost${name}`, async () => {
      const run = async (asked: Movement[]) => {
        Object.assign(controls.faults, { conflicts: 0, throttles: 0 });
        const [pk, gpk] = [partition(), partition()];
        await transact(NAMES.map((sk) => put({ pk, sk, n: EACH, gpk, gsk: sk }, accounts)));
        Object.assign(controls.faults, faults);

        const seen = new Set<number>();
        let busy = true;
        const watching = readers(pk, gpk).map(async (read) => {
          while (busy) seen.add(total(await persistently(read)));
        });
        const balances = new Map(NAMES.map((sk) => [sk, EACH]));
        const moving = asked.map(async (movement) => {
          if (!(await transfer(pk, movement))) return;
          balances.set(movement.from, (balances.get(movement.from) ?? 0) - movement.amount);
          balances.set(movement.to, (balances.get(movement.to) ?? 0) + movement.amount);
        });
        await Promise.all(moving);
        busy = false;
        await Promise.all(watching);

        expect([...seen]).toEqual([NAMES.length * EACH]);
        expect(Math.min(...balances.values())).toBeGreaterThanOrEqual(0);
        for (const read of [() => all(pk, 'Accounts'), () => indexed(gpk, 'everything', 'Accounts')]) {
          const items = await persistently(read);
          expect(new Map(items.map(({ sk, n }) => [sk as string, n as number]))).toEqual(balances);
        }
      };
      await fc.assert(fc.asyncProperty(movements, run), { numRuns: 3 });
    });
  }
});

describe('injected faults', () => {
  test('cancel a transaction for a conflict on one of its items, from one call to the next', async () => {
    const pk = partition();
    const actions = [put({ pk, sk: 'a' }), put({ pk, sk: 'b' }), put({ pk, sk: 'c' })];
    controls.faults.conflicts = 1;
    const refused = await refusal(transact(actions));
    expect(refused.name).toBe('TransactionCanceledException');
    expect(codes(refused)?.toSorted()).toEqual(['None', 'None', 'TransactionConflict']);
    expect(refused.message).toBe(
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes(refused)?.join(', ')}]`,
    );
    expect(await all(pk)).toEqual([]);
    controls.faults.conflicts = 0;
    await transact(actions);
    expect(await all(pk)).toHaveLength(3);
  });

  test('refuse a conditional single write with TransactionConflictException, and let others pass', async () => {
    const pk = partition();
    const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
    const key = { TableName, Key: { pk, sk: 'a' } };
    controls.faults.conflicts = 1;
    for (const write of [
      documents.send(new PutCommand({ ...put({ pk, sk: 'a' }, condition).Put })),
      documents.send(new UpdateCommand({ ...key, UpdateExpression: 'REMOVE n', ...condition })),
      documents.send(new DeleteCommand({ ...key, ...condition })),
    ]) {
      expect((await refusal(write)).name).toBe('TransactionConflictException');
    }
    expect(await item(pk, 'a')).toBeUndefined();
    await store({ pk, sk: 'a' });
    expect(await item(pk, 'a')).toBeDefined();
  });

  test('throttle every call on data and none on tables', async () => {
    const [pk, key] = [partition(), { pk: 'x', sk: 'y' }];
    controls.faults.throttles = 1;
    const calls: Promise<unknown>[] = [
      item(pk, 'a'),
      ...[put({ pk, sk: 'a' })].map(({ Put }) => documents.send(new PutCommand(Put))),
      documents.send(new UpdateCommand({ TableName, Key: key, UpdateExpression: 'REMOVE n' })),
      documents.send(new DeleteCommand({ TableName, Key: key })),
      documents.send(new BatchGetCommand({ RequestItems: { Main: { Keys: [key] } } })),
      documents.send(new BatchWriteCommand({ RequestItems: { Main: [{ DeleteRequest: { Key: key } }] } })),
      all(pk),
      documents.send(new ScanCommand({ TableName })),
      transact([put({ pk, sk: 'a' })]),
      documents.send(new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key: key } }] })),
    ];
    for (const call of calls)
      expect((await refusal(call)).name).toBe('ProvisionedThroughputExceededException');
    await client.send(new CreateTableCommand(definition('Unthrottled')));
    await client.send(new DescribeTableCommand({ TableName: 'Unthrottled' }));
    await client.send(new DeleteTableCommand({ TableName: 'Unthrottled' }));
    controls.faults.throttles = 0;
    expect(await all(pk)).toEqual([]);
  });

  test('strike about as often as asked', async () => {
    const pk = partition();
    controls.faults.throttles = 0.5;
    const calls = await Promise.allSettled(Array.from({ length: 100 }, () => item(pk, 'a')));
    const struck = calls.filter(({ status }) => status === 'rejected').length;
    expect(struck).toBeGreaterThan(20);
    expect(struck).toBeLessThan(80);
  });
});

describe('tables', () => {
  test('are usable once they are created, and gone once they are deleted', async () => {
    const create = new CreateTableCommand(definition('Passing'));
    expect((await client.send(create)).TableDescription?.TableStatus).toBe('ACTIVE');
    const Item = { pk: { S: 'a' }, sk: { S: 'a' } };
    await client.send(new PutItemCommand({ TableName: 'Passing', Item }));
    await client.send(new DeleteTableCommand({ TableName: 'Passing' }));
    expect((await client.send(new ListTablesCommand({}))).TableNames).not.toContain('Passing');
    expect((await refusal(client.send(new DescribeTableCommand({ TableName: 'Passing' })))).name).toBe(
      'ResourceNotFoundException',
    );
    await client.send(create);
    const found = await client.send(new GetItemCommand({ TableName: 'Passing', Key: Item }));
    expect(found.Item).toBeUndefined();
    await client.send(new DeleteTableCommand({ TableName: 'Passing' }));
  });

  test('tell back their time to live', async () => {
    const describeIt = new DescribeTimeToLiveCommand({ TableName });
    expect((await client.send(describeIt)).TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    expect((await client.send(describeIt)).TimeToLiveDescription).toEqual({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: 'expires',
    });
    const unknown = new UpdateTimeToLiveCommand({ TableName: 'Nowhere', TimeToLiveSpecification });
    expect((await refusal(client.send(unknown))).name).toBe('ResourceNotFoundException');
  });

  test('tell back their backups', async () => {
    const statusOf = async () => {
      const answer = await client.send(new DescribeContinuousBackupsCommand({ TableName }));
      const { PointInTimeRecoveryDescription } = answer.ContinuousBackupsDescription ?? {};
      return PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    };
    expect(await statusOf()).toBe('DISABLED');
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
    await client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
    expect(await statusOf()).toBe('ENABLED');
  });
});

describe('the server', () => {
  const post = async (target: string, body: string) => {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
    const answer = await fetch(local.url, { method: 'POST', headers, body });
    return [answer.status, await answer.json()];
  };

  test('refuses what it does not know and what is no JSON', async () => {
    const coral = (type: string) => expect.objectContaining({ __type: `com.amazon.coral.service#${type}` });
    expect(await post('DynamoDB_20120810.Frob', '{}')).toEqual([400, coral('UnknownOperationException')]);
    expect(await post('Other_20120810.GetItem', '{}')).toEqual([400, coral('UnknownOperationException')]);
    for (const body of ['{', '', 'null', '[]', '1']) {
      expect(await post('DynamoDB_20120810.GetItem', body)).toEqual([400, coral('SerializationException')]);
    }
  });

  test('answers a cancelled transaction as DynamoDB writes it', async () => {
    const Key = { pk: { S: partition() }, sk: { S: 'a' } };
    const ConditionCheck = { TableName, Key, ConditionExpression: 'attribute_exists(pk)' };
    const answer = await post(
      'DynamoDB_20120810.TransactWriteItems',
      JSON.stringify({ TransactItems: [{ ConditionCheck }] }),
    );
    expect(answer).toEqual([
      400,
      {
        __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        Message:
          'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]',
        CancellationReasons: [{ Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' }],
      },
    ]);
  });

  test('refuses a port that is taken', async () => {
    const port = Number(new URL(local.url).port);
    await expect(startDynamoDb({ controls, port })).rejects.toThrow('EADDRINUSE');
  });

  test('keeps what it has under its directory, transactions and indexes too', async () => {
    const home = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    const dir = join(home, 'new');
    const Item = { pk: { S: 'a' }, sk: { S: 'b' }, gpk: { S: 'g' }, gsk: { S: 'h' } };
    const first = await startDynamoDb({ controls, dir });
    const writer = clientFor(first.url);
    await writer.send(new CreateTableCommand(definition('Main')));
    await writer.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item } }] }));
    writer.destroy();
    await first.close();

    const second = await startDynamoDb({ controls, dir });
    const reader = clientFor(second.url);
    const query = { TableName, IndexName: 'everything', KeyConditionExpression: 'gpk = :g' };
    const found = await DynamoDBDocumentClient.from(reader).send(
      new QueryCommand({ ...query, ExpressionAttributeValues: { ':g': 'g' } }),
    );
    expect(found.Items).toEqual([{ pk: 'a', sk: 'b', gpk: 'g', gsk: 'h' }]);
    reader.destroy();
    await second.close();
    rmSync(home, { recursive: true });
  });

  test('finishes the calls under way when it closes', async () => {
    const other = await startDynamoDb({ controls });
    const patient = clientFor(other.url);
    await patient.send(new CreateTableCommand(definition('Main')));
    const write = (sk: string) =>
      patient.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName, Item: { pk: { S: 'a' }, sk: { S: sk } } } }],
        }),
      );
    const calls = Array.from({ length: 20 }, (_, n) => write(`${n}`));
    await Promise.race(calls);
    const [answers] = await Promise.all([Promise.allSettled(calls), other.close()]);
    // Whom the server had not heard yet, it hangs up on; whom it had, it does not answer with an error.
    const errors = answers
      .filter((answer) => answer.status === 'rejected')
      .map(({ reason }) => reason as Refused);
    expect(errors.filter(({ name }) => name === 'InternalServerError')).toEqual([]);
    expect(errors.length).toBeLessThan(20);
    patient.destroy();
  });
});
