import {
  CreateTableCommand,
  DynamoDBClient,
  type CancellationReason,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Controls } from '../../../../infra/local/controls.ts';
import { startDynamoDb } from '../../../../infra/local/dynamodb/server.ts';

export type Attributes = Record<string, unknown>;
export type Actions = NonNullable<TransactWriteCommandInput['TransactItems']>;

export interface Refused extends Error {
  CancellationReasons?: CancellationReason[];
  Item?: Attributes;
  $metadata: { httpStatusCode: number };
}

export const TableName = 'Main';

export const clientFor = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

export const definition = (TableName: string): CreateTableCommandInput => ({
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

export type Database = Awaited<ReturnType<typeof startDatabase>>;

/** A DynamoDB with tables of the definition above, and short ways to do with the real SDK what tests do often. */
export async function startDatabase(
  controls: Controls,
  { tables = [TableName, 'Other'], dir }: { tables?: string[]; dir?: string } = {},
) {
  const local = await startDynamoDb({ controls, ...(dir !== undefined && { dir }) });
  const client = clientFor(local.url);
  const documents = DynamoDBDocumentClient.from(client);
  for (const table of tables) await client.send(new CreateTableCommand(definition(table)));
  const query = async (input: QueryCommand['input']): Promise<Attributes[]> =>
    (await documents.send(new QueryCommand(input))).Items ?? [];
  return {
    url: local.url,
    client,
    documents,
    transact: (TransactItems: Actions, more: Attributes = {}) =>
      documents.send(new TransactWriteCommand({ TransactItems, ...more })),
    store: (...items: Attributes[]) =>
      Promise.all(items.map((Item) => documents.send(new PutCommand({ TableName, Item })))),
    item: async (pk: string, sk: string, table = TableName): Promise<Attributes | undefined> => {
      const get = new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true });
      return (await documents.send(get)).Item;
    },
    all: (pk: string, table = TableName) =>
      query({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
      }),
    indexed: (gpk: string, IndexName = 'everything', table = TableName) =>
      query({
        TableName: table,
        IndexName,
        KeyConditionExpression: 'gpk = :g',
        ExpressionAttributeValues: { ':g': gpk },
      }),
    close: async () => {
      client.destroy();
      await local.close();
    },
  };
}

/** Takes faults away and returns the clock to the machine's time. */
export function reset(controls: Controls): void {
  Object.assign(controls.faults, { conflicts: 0, throttles: 0 });
  controls.setNow(null);
}

let lastPartition = 0;
/** A partition that no other test knows. */
export const partition = (): string => `p${(lastPartition += 1)}`;

export const put = (Item: Attributes, more: Attributes = {}) => ({ Put: { TableName, Item, ...more } });
export const remove = (pk: string, sk: string, more: Attributes = {}) => ({
  Delete: { TableName, Key: { pk, sk }, ...more },
});
export const check = (pk: string, sk: string, ConditionExpression: string, more: Attributes = {}) => ({
  ConditionCheck: { TableName, Key: { pk, sk }, ConditionExpression, ...more },
});
export const update = (
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

export async function refusal(call: Promise<unknown>): Promise<Refused> {
  try {
    await call;
  } catch (error) {
    return error as Refused;
  }
  throw new Error('the call went through');
}

export const codes = (refused: Refused) => refused.CancellationReasons?.map(({ Code }) => Code);
