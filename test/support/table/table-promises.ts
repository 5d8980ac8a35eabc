import { describe, expect, test } from 'vitest';
import { schemaVersion } from '../../../shared/table/schema.ts';
import { absent, equals, type Table } from '../../../shared/table/table.ts';
import { partition, withoutVersions } from './rows.ts';
import { indices, queries } from './queries.ts';
import { readingMany, readingOne } from './reading.ts';
import { conditions, transactions, updates } from './writing.ts';

/** What a table promises, whatever it lies in. `tableOf` is asked when a test runs. */
export function tablePromises(ofTest: () => Table): void {
  const tableOf = () => withoutVersions(ofTest());
  describe('the version of a row', () => versions(ofTest));
  describe('reading one item', () => readingOne(tableOf));
  describe('reading many items', () => readingMany(tableOf));
  describe('a transaction', () => transactions(tableOf));
  describe('a condition', () => conditions(tableOf));
  describe('an update', () => updates(tableOf));
  describe('a query', () => queries(tableOf));
  describe('an index', () => indices(tableOf));
}

function versions(tableOf: () => Table): void {
  const versionAfter = async (key: { pk: string; sk: string }) => (await tableOf().get(key))?.['schema'];

  test('is this release’s for a new row, with and without a condition', async () => {
    const pk = partition();
    await tableOf().transact([{ put: { pk, sk: 'A' } }, { put: { pk, sk: 'B' }, when: absent }]);
    expect([await versionAfter({ pk, sk: 'A' }), await versionAfter({ pk, sk: 'B' })]).toEqual([
      schemaVersion,
      schemaVersion,
    ]);
  });

  test('stays with a row that is changed, an older one and a newer one', async () => {
    const pk = partition();
    for (const [sk, schema] of [
      ['A', 0],
      ['B', 9],
    ] as const) {
      await tableOf().transact([{ put: { pk, sk, version: 'a', schema } }]);
      const row = (await tableOf().get({ pk, sk }))!;
      await tableOf().transact([{ put: { ...row, version: 'b' }, when: equals({ version: 'a' }) }]);
      await tableOf().transact([{ update: { pk, sk }, set: { n: 1 } }]);
      expect(await versionAfter({ pk, sk })).toBe(schema);
    }
  });

  test('is none for a row from before there were any, until a migration says so', async () => {
    const pk = partition();
    await tableOf().transact([{ update: { pk, sk: 'A' }, set: { version: 'a' } }]);
    const row = (await tableOf().get({ pk, sk: 'A' }))!;
    await tableOf().transact([{ put: { ...row, n: 1 }, when: equals({ version: 'a' }) }]);
    expect(await versionAfter({ pk, sk: 'A' })).toBeUndefined();
  });
}
