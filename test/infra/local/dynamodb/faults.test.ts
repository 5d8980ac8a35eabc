import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  PutCommand,
  ScanCommand,
  TransactGetCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { TableName, definition, startDatabase, reset, partition, put, refusal, codes } from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { client, documents, transact, store, item, all } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

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
