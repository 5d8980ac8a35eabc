import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchGetCommand, ScanCommand, TransactGetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import {
  type Attributes,
  type Refused,
  type Database,
  startDatabase,
  reset,
  partition,
  put,
  update,
  codes,
} from './database.ts';

const controls = new Controls();
afterEach(() => reset(controls));

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

  let database: Database;
  const dir = mkdtempSync(join(tmpdir(), 'dynamodb-'));

  beforeAll(async () => {
    // LevelDB works in threads of its own, which gives mistakes more of a chance than memory does.
    const place = where === 'under a directory' ? { dir } : {};
    database = await startDatabase(controls, { tables: ['Accounts'], ...place });
  });

  afterAll(async () => {
    await database.close();
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
        (await database.documents.send(new TransactGetCommand({ TransactItems }))).Responses?.map(
          ({ Item }) => Item,
        ),
      async () => (await database.documents.send(new BatchGetCommand(batch))).Responses?.Accounts,
      () => database.all(pk, 'Accounts'),
      () => database.indexed(gpk, 'everything', 'Accounts'),
      async () => (await database.documents.send(new ScanCommand(scan))).Items,
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
      await persistently(() => database.transact([change(to, amount), giver]));
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
      index % 2 ? database.transact([change]) : database.documents.send(new UpdateCommand(change.Update)),
    );
    await Promise.all(calls);
    expect(await database.item(pk, 'a', 'Accounts')).toMatchObject({ n: 40 });
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
        await database.transact(NAMES.map((sk) => put({ pk, sk, n: EACH, gpk, gsk: sk }, accounts)));
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
        for (const read of [
          () => database.all(pk, 'Accounts'),
          () => database.indexed(gpk, 'everything', 'Accounts'),
        ]) {
          const items = await persistently(read);
          expect(new Map(items.map(({ sk, n }) => [sk as string, n as number]))).toEqual(balances);
        }
      };
      await fc.assert(fc.asyncProperty(movements, run), { numRuns: 3 });
    });
  }
});
