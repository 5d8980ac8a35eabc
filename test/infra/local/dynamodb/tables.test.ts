import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { TableName, definition, startDatabase, reset, refusal } from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { client } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

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
