import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import {
  type Attributes,
  startDatabase,
  reset,
  partition,
  put,
  remove,
  check,
  update,
  refusal,
} from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { documents, transact, store, item, all, indexed } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

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
