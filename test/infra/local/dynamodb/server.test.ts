import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { startDynamoDb } from '../../../../infra/local/dynamodb/server.ts';
import {
  type Refused,
  TableName,
  clientFor,
  definition,
  startDatabase,
  reset,
  partition,
} from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { url } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

describe('the server', () => {
  const post = async (target: string, body: string) => {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
    const answer = await fetch(url, { method: 'POST', headers, body });
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
    const port = Number(new URL(url).port);
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
