import { beforeEach, describe, expect, test } from 'vitest';
import { migrate, tableVersion } from '../../../shared/migrations/migrate.ts';
import type { Migration } from '../../../shared/migrations/migration.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import { schemaVersion } from '../../../shared/table/schema.ts';
import { equals, type Item, TableBusy } from '../../../shared/table/table.ts';

let table: MemoryTable;
let pauses: number;

/** Counts a row up once. */
const counted: Migration = {
  version: 1,
  name: 'counted',
  async row(_, { pk, sk, n, version }) {
    if (typeof n !== 'number') return [];
    return [
      {
        update: { pk, sk },
        set: { n: n + 1, schema: 1, version: `${String(version)}'` },
        when: equals({ version: String(version) }),
      },
    ];
  },
};

const rows = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({
    pk: `P${String(index).padStart(4, '0')}`,
    sk: 'A',
    n: 0,
    version: 'a',
  }));
const run = (steps: readonly Migration[] = [counted]) =>
  migrate({
    table,
    rows: table,
    migrations: steps,
    providerName: 'Annex',
    staffGroup: async () => [],
    pause: async () => void pauses++,
  });
const counts = () => table.all().flatMap(({ n }) => (typeof n === 'number' ? [n] : []));

beforeEach(() => {
  table = new MemoryTable();
  pauses = 0;
});

describe('a migration', () => {
  test('looks at every row, changes each once, and pauses after every page', async () => {
    table.load(rows(250));
    expect(await run()).toEqual({ rows: 250, changed: 250 });
    expect(new Set(counts())).toEqual(new Set([1]));
    expect(pauses).toBe(3);
    expect(await tableVersion({ table })).toBe(schemaVersion);
  });

  test('leaves rows of its version and later as they are', async () => {
    table.load(rows(2).map((row, index) => ({ ...row, schema: index + 1 })));
    expect((await run()).changed).toBe(0);
  });

  test.each([1, 50, 101, 180])('goes on where it died, after %s writes', async (writes) => {
    table.load(rows(250));
    let left = writes;
    table.before = (call) => {
      if (call === 'transact' && left-- === 0) throw new TableBusy('died');
    };
    await expect(run()).rejects.toThrow(TableBusy);
    expect(await tableVersion({ table })).toBe(0);
    table.before = () => {};
    const { rows: looked } = await run();
    expect(new Set(counts())).toEqual(new Set([1]));
    expect(looked).toBe(writes > 100 ? 150 : 250);
  });

  test('lets whoever writes at the same time win, and looks at the row again', async () => {
    table.load(rows(1));
    let others = 3;
    table.before = (call) => {
      if (call !== 'transact' || others-- <= 0) return;
      const [row] = table.all();
      table.load([{ ...row!, n: Number(row!['n']) + 10, version: `b${others}` }]);
    };
    expect((await run()).changed).toBe(1);
    expect(counts()).toEqual([31]);
  });

  test('leaves a row alone that is gone meanwhile', async () => {
    table.load(rows(1));
    let isFirst = true;
    table.before = async (call) => {
      if (call !== 'transact' || !isFirst) return;
      isFirst = false;
      await table.transact([{ delete: { pk: 'P0000', sk: 'A' } }]);
    };
    expect((await run()).changed).toBe(0);
    expect(counts()).toEqual([]);
  });

  test('runs what is not about rows once, and again where it failed', async () => {
    let runs = 0;
    const once: Migration = {
      version: 1,
      name: 'once',
      async once() {
        runs++;
        if (runs === 1) throw new Error('Away');
      },
    };
    await expect(run([once])).rejects.toThrow('Away');
    await run([once]);
    await run([once]);
    expect(runs).toBe(2);
  });

  test('says in an empty table that there is nothing to do', async () => {
    expect(await run()).toEqual({ rows: 0, changed: 0 });
    expect(await tableVersion({ table })).toBe(schemaVersion);
  });
});

test('new rows have the version of the last migration, and names are told apart', () => {
  expect(Math.max(...migrations.map(({ version }) => version))).toBe(schemaVersion);
  expect(migrations.map(({ version }) => version)).toEqual(
    migrations.map(({ version }) => version).toSorted((a, b) => a - b),
  );
  expect(new Set(migrations.map(({ name }) => name)).size).toBe(migrations.length);
});
