import { randomUUID } from 'node:crypto';
import {
  DynamoDBClient,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { versioned } from '../table/schema.ts';
import {
  type Action,
  type Condition,
  ConditionsFailed,
  type Item,
  type Key,
  positionOf,
  type Query,
  type Table,
  TableBusy,
} from '../table/table.ts';

const maxTries = 8;
const batchGetLimit = 100;

/** The table in DynamoDB, with one client per function. */
export function dynamoTable(tableName: string, client = new DynamoDBClient({ maxAttempts: 1 })): Table {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const table: Table = {
    async get(key) {
      const answer = await withRetries(() =>
        documents.send(
          new GetCommand({ TableName: tableName, Key: { pk: key.pk, sk: key.sk }, ConsistentRead: true }),
        ),
      );
      return answer.Item as Item | undefined;
    },
    async getMany(keys) {
      const found = new Map<string, Item>();
      const unique = [...new Map(keys.map((key) => [keyText(key), { pk: key.pk, sk: key.sk }])).values()];
      const starts = Array.from(
        { length: Math.ceil(unique.length / batchGetLimit) },
        (_, n) => n * batchGetLimit,
      );
      await Promise.all(
        starts.map((start) =>
          batchGet(documents, tableName, unique.slice(start, start + batchGetLimit), found),
        ),
      );
      return keys.map((key) => found.get(keyText(key)));
    },
    async query(query) {
      const answer = await withRetries(() => documents.send(new QueryCommand(queryInput(tableName, query))));
      const read = (answer.Items ?? []) as Item[];
      const items = read.slice(0, query.limit);
      const last = items.at(-1);
      const more = read.length > query.limit || answer.LastEvaluatedKey !== undefined;
      return { items, next: more && last ? positionOf(last, query.index) : null };
    },
    async transact(actions) {
      const input: TransactWriteCommandInput = {
        TransactItems: actions.map((action) => transactItem(tableName, versioned(action))),
        // One token for all attempts: if an attempt was committed and its answer lost, the next one succeeds.
        ClientRequestToken: randomUUID(),
      };
      await withRetries(() => documents.send(new TransactWriteCommand(input)));
    },
  };
  return table;
}

async function batchGet(
  documents: DynamoDBDocumentClient,
  tableName: string,
  keys: Key[],
  found: Map<string, Item>,
): Promise<void> {
  let rest = keys;
  for (let attempt = 0; rest.length > 0; attempt++) {
    if (attempt === maxTries) throw new TableBusy('keys left over by every batch');
    if (attempt > 0) await backOff(attempt);
    const answer = await withRetries(() =>
      documents.send(
        new BatchGetCommand({ RequestItems: { [tableName]: { Keys: rest, ConsistentRead: true } } }),
      ),
    );
    for (const item of (answer.Responses?.[tableName] ?? []) as Item[]) found.set(keyText(item), item);
    rest = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []) as Key[];
  }
}

function keyText(key: Key): string {
  return `${key.pk}\n${key.sk}`;
}

function queryInput(tableName: string, query: Query) {
  const pkName = query.index ? `${query.index}pk` : 'pk';
  const skName = query.index ? `${query.index}sk` : 'sk';
  const names: Record<string, string> = { '#pk': pkName };
  const values: Record<string, string> = { ':pk': query.pk };
  let condition = '#pk = :pk';
  if (query.prefix !== undefined) {
    condition += ' AND begins_with(#sk, :prefix)';
    names['#sk'] = skName;
    values[':prefix'] = query.prefix;
  } else if (query.from !== undefined && query.to !== undefined) {
    condition += ' AND #sk BETWEEN :from AND :to';
    names['#sk'] = skName;
    values[':from'] = query.from;
    values[':to'] = query.to;
  } else if (query.to !== undefined) {
    condition += ' AND #sk <= :to';
    names['#sk'] = skName;
    values[':to'] = query.to;
  }
  return {
    TableName: tableName,
    IndexName: query.index,
    KeyConditionExpression: condition,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    // One item more than requested shows whether there is a next page.
    Limit: query.limit + 1,
    ScanIndexForward: !query.descending,
    ConsistentRead: query.index === undefined,
    ExclusiveStartKey: startKey(query),
  };
}

function startKey(query: Query): Record<string, string> | undefined {
  if (!query.after) return undefined;
  if (!query.index) return { pk: query.pk, sk: query.after[0] ?? '' };
  const [indexSk = '', pk = '', sk = ''] = query.after;
  return { [`${query.index}pk`]: query.pk, [`${query.index}sk`]: indexSk, pk, sk };
}

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

function transactItem(TableName: string, action: Action): TransactItem {
  const expression = new Expression();
  const condition = action.when && expression.condition(action.when);
  if ('put' in action) {
    return {
      Put: { TableName, Item: action.put, ConditionExpression: condition, ...expression.attributes() },
    };
  }
  if ('delete' in action) {
    return {
      Delete: {
        TableName,
        Key: { pk: action.delete.pk, sk: action.delete.sk },
        ConditionExpression: condition,
        ...expression.attributes(),
      },
    };
  }
  if ('check' in action) {
    return {
      ConditionCheck: {
        TableName,
        Key: { pk: action.check.pk, sk: action.check.sk },
        ConditionExpression: condition ?? '',
        ...expression.attributes(),
      },
    };
  }
  const UpdateExpression = expression.update(action);
  return {
    Update: {
      TableName,
      Key: { pk: action.update.pk, sk: action.update.sk },
      UpdateExpression,
      ConditionExpression: condition,
      ...expression.attributes(),
    },
  };
}

/** Builds the text of an expression and collects its names and values. */
class Expression {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, unknown> = {};

  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'absent':
        return `attribute_not_exists(${this.#name('pk')})`;
      case 'present':
        return `attribute_exists(${this.#name('pk')})`;
      case 'equals':
        return Object.entries(condition.values)
          .map(([name, value]) => `${this.#name(name)} = ${this.#value(value)}`)
          .join(' AND ');
      case 'free': {
        const name = this.#name(condition.attribute);
        return `(attribute_not_exists(${name}) OR ${name} < ${this.#value(condition.below)})`;
      }
      case 'all':
        return condition.of.map((part) => this.condition(part)).join(' AND ');
    }
  }

  update(action: Extract<Action, { update: Key }>): string {
    const set = Object.entries(action.set ?? {}).map(
      ([name, value]) => `${this.#name(name)} = ${this.#value(value)}`,
    );
    const add = Object.entries(action.add ?? {}).map(
      ([name, value]) => `${this.#name(name)} ${this.#value(value)}`,
    );
    const remove = (action.remove ?? []).map((name) => this.#name(name));
    return [
      set.length > 0 ? `SET ${set.join(', ')}` : '',
      add.length > 0 ? `ADD ${add.join(', ')}` : '',
      remove.length > 0 ? `REMOVE ${remove.join(', ')}` : '',
    ]
      .filter((part) => part !== '')
      .join(' ');
  }

  attributes() {
    return {
      ExpressionAttributeNames: Object.keys(this.#names).length > 0 ? this.#names : undefined,
      ExpressionAttributeValues: Object.keys(this.#values).length > 0 ? this.#values : undefined,
    };
  }

  #name(name: string): string {
    this.#names[`#${name}`] = name;
    return `#${name}`;
  }

  #value(value: unknown): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }
}

/**
 * Retries while the table is busy or the connection fails. The SDK's own retries are off, because they would hide that
 * an answer was lost. Safe for writes: all attempts of a transaction have the same token.
 * @throws ConditionsFailed when conditions of a transaction did not hold
 * @throws TableBusy when all attempts failed and none of them can have been committed
 */
async function withRetries<T>(send: () => Promise<T>): Promise<T> {
  let mayHaveLanded = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const failed = failedConditions(error);
      if (failed.length > 0) throw new ConditionsFailed(failed);
      const lost = isLost(error);
      if (!lost && !isBusy(error)) throw error;
      mayHaveLanded ||= lost;
      if (attempt === maxTries) throw mayHaveLanded ? error : new TableBusy(error);
    }
    await backOff(attempt);
  }
}

/** Whether the outcome of the call is unknown: no answer, a server error, or more than one attempt by the SDK. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number; attempts?: number } };
  if (($metadata?.attempts ?? 1) > 1) return true;
  if ($metadata?.httpStatusCode !== undefined) return $metadata.httpStatusCode >= 500;
  return /^(TimeoutError|NetworkingError|RequestTimeout|AbortError)$/.test(error.name) || 'errno' in error;
}

function failedConditions(error: unknown): number[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).flatMap((reason, index) =>
    reason.Code === 'ConditionalCheckFailed' ? [index] : [],
  );
}

const busyReasons = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'None',
]);

function isBusy(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    return (error.CancellationReasons ?? []).every((reason) => busyReasons.has(reason.Code ?? 'None'));
  }
  return (
    error instanceof TransactionConflictException ||
    error instanceof TransactionInProgressException ||
    error instanceof ProvisionedThroughputExceededException ||
    error instanceof RequestLimitExceeded ||
    error instanceof ThrottlingException
  );
}

/** Exponential backoff with full jitter, from 20 ms to a second, so that colliding writers do not collide again. */
function backOff(attempt: number): Promise<void> {
  const ceilingMs = Math.min(1000, 20 * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * ceilingMs));
}
