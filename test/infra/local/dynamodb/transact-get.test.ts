import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { type Attributes, codes, partition, refusal, reset, startDatabase, TableName } from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { documents, store } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

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
