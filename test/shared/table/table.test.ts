import {
  CreateTableCommand,
  DynamoDBClient,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Controls } from '../../../infra/local/controls.ts';
import { startDynamoDb } from '../../../infra/local/dynamodb/server.ts';
import { dynamoTable } from '../../../shared/aws/dynamo-table.ts';
import {
  absent,
  type Action,
  all,
  type Condition,
  equals,
  free,
  indexes,
  present,
  type Table,
  TableBusy,
} from '../../../shared/table/table.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import { fill, outcomeOf, partition, walk, withoutVersions } from '../../support/table/rows.ts';
import { tablePromises } from '../../support/table/table-promises.ts';

describe('the table in memory', () => {
  const table = new MemoryTable();
  tablePromises(() => table);

  test('counts what was asked of it', async () => {
    const counted = new MemoryTable();
    await counted.transact([{ put: { pk: 'P', sk: 'A' } }]);
    await counted.get({ pk: 'P', sk: 'A' });
    await counted.getMany([]);
    await counted.query({ pk: 'P', limit: 1 });
    await counted.query({ pk: 'P', limit: 1 });
    expect(counted.calls).toEqual({ get: 1, getMany: 1, query: 2, transact: 1 });
  });

  test('does nothing where the call is stopped before it', async () => {
    const stopped = new MemoryTable();
    stopped.before = () => {
      throw new Error('Stopped');
    };
    await expect(stopped.transact([{ put: { pk: 'P', sk: 'A' } }])).rejects.toThrow('Stopped');
    expect(stopped.all()).toEqual([]);
  });
});

describe('the table in DynamoDB', () => {
  const controls = new Controls();
  let local: Awaited<ReturnType<typeof startDynamoDb>>;
  let client: DynamoDBClient;
  let stored: Table;
  let table: Table;

  beforeAll(async () => {
    local = await startDynamoDb({ controls });
    // The SDK's own patience is not what is tried here.
    client = clientOf(local.url, 1);
    await createTable(client);
    stored = dynamoTable('Portal', client);
    table = withoutVersions(stored);
  });

  afterEach(() => {
    Object.assign(controls.faults, { conflicts: 0, throttles: 0 });
    vi.restoreAllMocks();
  });

  afterAll(async () => {
    client.destroy();
    await local.close();
  });

  tablePromises(() => stored);

  test('and the one in memory cannot be told apart by any run of transactions and queries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyTransaction, { minLength: 1, maxLength: 8 }), async (transactions) => {
        const pk = partition();
        const memory = withoutVersions(new MemoryTable());
        for (const transaction of transactions) {
          const actions = transaction.map((action) => action(pk));
          expect(await outcomeOf(table, actions)).toEqual(await outcomeOf(memory, actions));
        }
        const queries = [{ pk }, ...indexes.map((index) => ({ index, pk }))];
        for (const query of queries) {
          const found = await walk(table, { ...query, limit: 2 });
          expect(found).toEqual(await walk(memory, { ...query, limit: 2 }));
        }
      }),
      { numRuns: 60 },
    );
  });

  describe('under conflicts and throttles', () => {
    const key = { pk: 'BUSY', sk: 'A' };

    /** The next so many chances of a fault strike, and no more; no waiting in between. */
    function strikeNext(count: number): void {
      let left = count;
      vi.spyOn(Math, 'random').mockReturnValue(0);
      vi.spyOn(controls, 'strikes').mockImplementation((probability) => probability > 0 && left-- > 0);
    }

    test('a transaction that conflicts seven times lands once', async () => {
      const pk = partition();
      strikeNext(7);
      controls.faults.conflicts = 1;
      await table.transact([{ update: { pk, sk: 'A' }, add: { count: 1 } }]);
      expect(await table.get({ pk, sk: 'A' })).toMatchObject({ count: 1 });
    });

    test('a transaction that is throttled seven times lands once', async () => {
      const pk = partition();
      strikeNext(7);
      controls.faults.throttles = 1;
      await table.transact([{ update: { pk, sk: 'A' }, add: { count: 1 } }]);
      expect(await table.get({ pk, sk: 'A' })).toMatchObject({ count: 1 });
    });

    test('every read goes through in the end', async () => {
      const item = { pk: partition(), sk: 'A', gsi1pk: partition(), gsi1sk: 'B' };
      await fill(table, [item]);
      controls.faults.throttles = 1;
      strikeNext(7);
      expect(await table.get(item)).toEqual(item);
      strikeNext(7);
      expect(await table.getMany([item])).toEqual([item]);
      strikeNext(7);
      expect((await table.query({ pk: item.pk, limit: 1 })).items).toEqual([item]);
      strikeNext(7);
      expect((await table.query({ index: 'gsi1', pk: item.gsi1pk, limit: 1 })).items).toEqual([item]);
    });

    test('a condition that does not hold is told as that, whatever came before', async () => {
      strikeNext(5);
      controls.faults.conflicts = 1;
      expect(await outcomeOf(table, [{ check: { pk: partition(), sk: 'A' }, when: present }])).toEqual([0]);
    });

    test('that strike now and then, no change is lost and none is made twice', async () => {
      const pk = partition();
      Object.assign(controls.faults, { conflicts: 0.15, throttles: 0.1 });
      const add = (n: number): Action[] => [
        { update: { pk, sk: 'count' }, add: { count: 1 } },
        { put: { pk, sk: `row ${n}` }, when: absent },
      ];
      const outcomes = await Promise.all(Array.from({ length: 25 }, (_, n) => outcomeOf(table, add(n))));
      Object.assign(controls.faults, { conflicts: 0, throttles: 0 });
      expect(outcomes.flat()).toEqual([]);
      expect(await table.get({ pk, sk: 'count' })).toMatchObject({ count: 25 });
      expect((await walk(table, { pk, prefix: 'row', limit: 50 })).items).toHaveLength(25);
    });

    test.each(['conflicts', 'throttles'] as const)(
      'that never end, a transaction is told the table is busy: %s',
      async (fault) => {
        strikeNext(Number.POSITIVE_INFINITY);
        controls.faults[fault] = 1;
        await expect(table.transact([{ put: key, when: absent }])).rejects.toBeInstanceOf(TableBusy);
        controls.faults[fault] = 0;
        expect(await table.get(key)).toBeUndefined();
      },
    );

    test('that never end, a read is told the table is busy', async () => {
      strikeNext(Number.POSITIVE_INFINITY);
      controls.faults.throttles = 1;
      await expect(table.get(key)).rejects.toBeInstanceOf(TableBusy);
      await expect(table.getMany([key])).rejects.toBeInstanceOf(TableBusy);
      await expect(table.query({ pk: 'BUSY', limit: 1 })).rejects.toBeInstanceOf(TableBusy);
    });

    /** A table whose line ends its first tries so; a try that times out has landed all the same. */
    function behindBadLine(tries: number, ends: Error[]): Table {
      const patient = clientOf(local.url, tries);
      patient.middlewareStack.add(
        (next) => async (args) => {
          const end = ends.shift();
          if (!end) return next(args);
          if (end.name === 'TimeoutError') await next(args);
          throw end;
        },
        { step: 'deserialize', name: 'bad line' },
      );
      vi.spyOn(Math, 'random').mockReturnValue(0);
      return dynamoTable('Portal', patient);
    }
    const timeout = () => Object.assign(new Error('The line broke'), { name: 'TimeoutError' });
    const throttled = () => new ProvisionedThroughputExceededException({ message: 'Busy', $metadata: {} });
    const underWay = () => new TransactionInProgressException({ message: 'Under way', $metadata: {} });

    test('an answer that is lost is never taken for a condition that does not hold', async () => {
      const ends = [timeout(), throttled(), throttled()];
      const item = { pk: partition(), sk: 'A' };
      expect(await outcomeOf(behindBadLine(3, ends), [{ put: item, when: absent }])).toEqual([]);
      expect(ends).toEqual([]);
      expect(await table.get(item)).toEqual(item);
    });

    const cancelled = (...codes: string[]) =>
      new TransactionCanceledException({
        message: 'Cancelled',
        CancellationReasons: codes.map((Code) => ({ Code })),
        $metadata: {},
      });

    test.each([
      ['a conflict', ['None', 'TransactionConflict']],
      ['a throttle', ['ThrottlingError', 'None']],
      ['used up capacity', ['ProvisionedThroughputExceeded', 'TransactionConflict']],
    ])('a transaction cancelled for %s is tried again', async (_, codes) => {
      const ends = [cancelled(...codes), cancelled(...codes)];
      const item = { pk: partition(), sk: 'A' };
      expect(await outcomeOf(behindBadLine(1, ends), [{ put: item, when: absent }])).toEqual([]);
      expect(await table.get(item)).toEqual(item);
    });

    test('a transaction cancelled for a condition and a conflict is not: the condition has the say', async () => {
      const ends = [cancelled('TransactionConflict', 'ConditionalCheckFailed', 'None')];
      const items = ['A', 'B', 'C'].map((sk) => ({ pk: partition(), sk }));
      const actions = items.map((put) => ({ put, when: absent }));
      expect(await outcomeOf(behindBadLine(1, ends), actions)).toEqual([1]);
      expect(await table.getMany(items)).toEqual([undefined, undefined, undefined]);
    });

    test('a transaction cancelled for what it says is told so at once', async () => {
      const ends = [cancelled('ValidationError', 'None'), new Error('Asked again')];
      const item = { pk: partition(), sk: 'A' };
      const refused = behindBadLine(1, ends).transact([{ put: item }]);
      await expect(refused).rejects.toBeInstanceOf(TransactionCanceledException);
      expect(ends).toHaveLength(1);
    });

    test('a first try that is still under way is waited for', async () => {
      const ends = [underWay(), underWay()];
      const item = { pk: partition(), sk: 'A' };
      expect(await outcomeOf(behindBadLine(1, ends), [{ put: item, when: absent }])).toEqual([]);
      expect(ends).toEqual([]);
    });

    test('a transaction whose answer was lost is never told as one that wrote nothing', async () => {
      const ends = [timeout(), ...Array.from({ length: 30 }, throttled)];
      const item = { pk: partition(), sk: 'A' };
      const error = await behindBadLine(3, ends)
        .transact([{ put: item, when: absent }])
        .catch((thrown: unknown) => thrown);
      expect(await table.get(item)).toEqual(item);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(TableBusy);
    });

    test('what no waiting helps against is told at once', async () => {
      let sent = 0;
      const counting = clientOf(local.url, 1);
      counting.middlewareStack.add(
        (next) => (args) => {
          sent += 1;
          return next(args);
        },
        { step: 'deserialize', name: 'count' },
      );
      await expect(dynamoTable('Missing', counting).get(key)).rejects.toThrow(/not found/i);
      expect(sent).toBe(1);
      counting.destroy();
    });
  });
});

const small = fc.integer({ min: 0, max: 3 });
const attribute = fc.constantFrom('a', 'b', 'version');
const leafCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.constant(absent),
  fc.constant(present),
  fc.tuple(attribute, small).map(([name, value]) => equals({ [name]: value })),
  fc.tuple(attribute, small).map(([name, below]) => free(name, below)),
);
const anyCondition = fc.oneof(
  leafCondition,
  fc.array(leafCondition, { minLength: 1, maxLength: 3 }).map((of) => all(...of)),
);
const someIndexes = fc.dictionary(fc.constantFrom(...indexes), fc.constantFrom('x', 'y'));
const someNumbers = fc.record({ a: small, b: small, version: small }, { requiredKeys: [] });

type ActionIn = (pk: string) => Action;

/** Actions on a handful of items, so that they meet; each still to be told its partition. */
const anyTransaction = fc
  .uniqueArray(fc.constantFrom('1', '2', '3', '4'), { minLength: 1 })
  .chain((sks) => fc.tuple(...sks.map(anyAction)));

function anyAction(sk: string): fc.Arbitrary<ActionIn> {
  const key = (pk: string) => ({ pk, sk });
  // Sort keys of an index that differ from item to item: only their order is promised.
  const placed = (pk: string, places: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(places).flatMap(([index, place]) => [
        [`${index}pk`, pk],
        [`${index}sk`, `${place}${sk}`],
      ]),
    );
  const action = fc.oneof(
    fc.tuple(someIndexes, someNumbers).map(([places, numbers]) => (pk: string) => ({
      put: { ...key(pk), ...placed(pk, places), ...numbers },
    })),
    fc.constant((pk: string) => ({ delete: key(pk) })),
    fc.tuple(someIndexes, small, fc.integer({ min: -3, max: 3 })).map(([places, a, b]) => (pk: string) => ({
      update: key(pk),
      set: { ...placed(pk, places), a },
      add: { b },
      remove: ['version'],
    })),
  );
  return fc.oneof(
    action,
    fc.tuple(action, anyCondition).map(([of, when]): ActionIn => (pk) => ({ ...of(pk), when })),
    anyCondition.map((when): ActionIn => (pk) => ({ check: key(pk), when })),
  );
}

function clientOf(endpoint: string, maxAttempts: number): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts });
}

async function createTable(client: DynamoDBClient): Promise<void> {
  const names = ['pk', 'sk', ...indexes.flatMap((index) => [`${index}pk`, `${index}sk`])];
  const schema = (prefix: string) => [
    { AttributeName: `${prefix}pk`, KeyType: 'HASH' as const },
    { AttributeName: `${prefix}sk`, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: 'Portal',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: schema(''),
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index,
        KeySchema: schema(index),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
}
