import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Index,
  indexes,
  type Item,
  positionOf,
  type Query,
  type Table,
} from '../../../shared/table/table.ts';
import { fill, keyOf, numbered, partition, walk } from './rows.ts';

const sortKeys = fc.uniqueArray(fc.stringMatching(/^[ -~]{1,6}$/), { minLength: 1, maxLength: 12 });

export function queries(tableOf: () => Table): void {
  test('gives the items of one partition in the order of their sort keys', async () => {
    const pk = partition();
    await fill(tableOf(), [
      ...numbered(partition(), 3),
      ...['b', 'C', 'a', '~', '0', 'é'].map((sk) => ({ pk, sk })),
    ]);
    const order = ['0', 'C', 'a', 'b', '~', 'é'];
    expect((await tableOf().query({ pk, limit: 10 })).items.map((item) => item.sk)).toEqual(order);
    const backwards = await tableOf().query({ pk, limit: 10, descending: true });
    expect(backwards.items.map((item) => item.sk)).toEqual(order.toReversed());
  });

  test('orders by the bytes of UTF-8', async () => {
    const pk = partition();
    const order = ['a', 'ｚ', '👋'];
    await fill(
      tableOf(),
      order.toReversed().map((sk) => ({ pk, sk })),
    );
    expect((await tableOf().query({ pk, limit: 10 })).items.map((item) => item.sk)).toEqual(order);
  });

  test('gives whole items, and nothing of an empty partition', async () => {
    const item = { pk: partition(), sk: 'A', map: { list: [1, null] } };
    await fill(tableOf(), [item]);
    expect(await tableOf().query({ pk: item.pk, limit: 10 })).toEqual({ items: [item], next: null });
    expect(await tableOf().query({ pk: partition(), limit: 10 })).toEqual({ items: [], next: null });
  });

  test('gives those with a prefix, and no others', async () => {
    const pk = partition();
    await fill(
      tableOf(),
      ['A#', 'A#1', 'A#2', 'A', 'A$', 'B#1', 'a#1'].map((sk) => ({ pk, sk })),
    );
    const { items, next } = await tableOf().query({ pk, prefix: 'A#', limit: 10 });
    expect(items.map((item) => item.sk)).toEqual(['A#', 'A#1', 'A#2']);
    expect(next).toBeNull();
  });

  test('gives those between two sort keys, both included', async () => {
    const items = numbered(partition(), 6);
    await fill(tableOf(), items);
    const between = (from: string, to: string) => tableOf().query({ pk: items[0]!.pk, from, to, limit: 10 });
    expect((await between('0001', '0003')).items).toEqual(items.slice(1, 4));
    expect((await between('0003', '0003')).items).toEqual(items.slice(3, 4));
    expect((await between('00011', '00029')).items).toEqual(items.slice(2, 3));
    expect((await between('7', '8')).items).toEqual([]);
    const upTo = (to: string) => tableOf().query({ pk: items[0]!.pk, to, limit: 10 });
    expect((await upTo('0001')).items).toEqual(items.slice(0, 2));
    expect((await upTo('!')).items).toEqual([]);
  });

  test('gives a limit’s worth, and where to go on', async () => {
    const items = numbered(partition(), 5);
    const { pk } = items[0]!;
    await fill(tableOf(), items);
    const first = await tableOf().query({ pk, limit: 2 });
    expect(first).toEqual({ items: items.slice(0, 2), next: positionOf(items[1]!, undefined) });
    const second = await tableOf().query({ pk, limit: 2, after: first.next! });
    expect(second.items).toEqual(items.slice(2, 4));
    const third = await tableOf().query({ pk, limit: 2, after: second.next! });
    expect(third).toEqual({ items: items.slice(4), next: null });
  });

  test('goes on from a place whose item is gone', async () => {
    const items = numbered(partition(), 5);
    const { pk } = items[0]!;
    await fill(tableOf(), items);
    const { next } = await tableOf().query({ pk, limit: 2 });
    await tableOf().transact([{ delete: keyOf(items[1]!) }]);
    expect((await tableOf().query({ pk, limit: 9, after: next! })).items).toEqual(items.slice(2));
    expect((await tableOf().query({ pk, limit: 9, after: next!, descending: true })).items).toEqual([
      items[0],
    ]);
  });

  test('visits every item once, whatever the sort keys, the page, the part and the direction', async () => {
    await fc.assert(
      fc.asyncProperty(
        sortKeys,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.option(fc.constantFrom('a', '0', ' '), { nil: undefined }),
        async (sks, limit, descending, prefix) => {
          const pk = partition();
          await fill(
            tableOf(),
            sks.map((sk) => ({ pk, sk })),
          );
          const expected = sks
            .filter((sk) => sk.startsWith(prefix ?? ''))
            .toSorted((a, b) => (a < b ? -1 : 1));
          const found = await walk(tableOf(), { pk, limit, descending, ...(prefix ? { prefix } : {}) });
          const order = found.items.map((item) => item.sk);
          expect(order).toEqual(descending ? expected.toReversed() : expected);
          // A page that ends with the last item is the last page.
          expect(found.pages).toBe(Math.max(1, Math.ceil(expected.length / limit)));
        },
      ),
      { numRuns: 25 },
    );
  });
}

export function indices(tableOf: () => Table): void {
  const indexed = (sk: string, gsi1pk: string, gsi1sk: string, more = {}): Item => ({
    pk: partition(),
    sk,
    gsi1pk,
    gsi1sk,
    ...more,
  });
  const query = (index: Index, pk: string, more: Partial<Query> = {}) =>
    tableOf().query({ index, pk, limit: 10, ...more });

  test('gathers items of many partitions, in the order of its own sort keys', async () => {
    const gpk = partition();
    const items = [indexed('Z', gpk, 'a'), indexed('Y', gpk, 'b#1'), indexed('X', gpk, 'b#2')];
    await fill(tableOf(), [...items, indexed('W', partition(), 'a'), { pk: gpk, sk: 'a' }]);
    expect((await query('gsi1', gpk)).items).toEqual(items);
    expect((await query('gsi1', gpk, { descending: true })).items).toEqual(items.toReversed());
    expect((await query('gsi1', gpk, { prefix: 'b' })).items).toEqual(items.slice(1));
    expect((await query('gsi1', gpk, { from: 'a', to: 'b#1' })).items).toEqual(items.slice(0, 2));
  });

  test.each(indexes)('%s knows nothing of the other ones', async (index) => {
    const gpk = partition();
    const within = (...among: Index[]) =>
      Object.fromEntries(
        among.flatMap((each) => [
          [`${each}pk`, gpk],
          [`${each}sk`, `of ${each}`],
        ]),
      );
    const everywhere = { pk: partition(), sk: 'A', ...within(...indexes) };
    const elsewhere = { pk: partition(), sk: 'A', ...within(...indexes.filter((each) => each !== index)) };
    await fill(tableOf(), [everywhere, elsewhere]);
    expect((await query(index, gpk)).items).toEqual([everywhere]);
    await tableOf().transact([{ update: keyOf(elsewhere), set: within(index) }]);
    expect((await query(index, gpk)).items).toHaveLength(2);
  });

  test('leaves out what lacks one of its two attributes', async () => {
    const gpk = partition();
    await fill(tableOf(), [
      { pk: partition(), sk: 'A', gsi1pk: gpk },
      { pk: partition(), sk: 'A', gsi1sk: 'a' },
    ]);
    expect((await query('gsi1', gpk)).items).toEqual([]);
  });

  test('follows what is put, updated and deleted', async () => {
    const gpk = partition();
    const item = indexed('A', gpk, 'a');
    await fill(tableOf(), [item]);
    await tableOf().transact([{ update: keyOf(item), set: { gsi1sk: 'b', n: 1 } }]);
    expect((await query('gsi1', gpk)).items).toEqual([{ ...item, gsi1sk: 'b', n: 1 }]);
    await tableOf().transact([{ update: keyOf(item), remove: ['gsi1pk', 'gsi1sk'] }]);
    expect((await query('gsi1', gpk)).items).toEqual([]);
    await tableOf().transact([{ update: keyOf(item), set: { gsi1pk: gpk, gsi1sk: 'c' } }]);
    expect((await query('gsi1', gpk)).items).toHaveLength(1);
    await tableOf().transact([{ delete: keyOf(item) }]);
    expect((await query('gsi1', gpk)).items).toEqual([]);
  });

  test('goes on at a position of its own: index sort key, then the item’s key', async () => {
    const gpk = partition();
    const items = ['a', 'b', 'c'].map((gsi1sk) => indexed('S', gpk, gsi1sk));
    await fill(tableOf(), items);
    const { next } = await query('gsi1', gpk, { limit: 2 });
    expect(next).toEqual(['b', items[1]!.pk, 'S']);
    expect(next).toEqual(positionOf(items[1]!, 'gsi1'));
    expect((await query('gsi1', gpk, { after: next! })).items).toEqual(items.slice(2));
    expect((await query('gsi1', gpk, { after: next!, descending: true })).items).toEqual(items.slice(0, 1));
  });

  test('visits every item once where many share a sort key', async () => {
    const gpk = partition();
    const items = Array.from({ length: 11 }, (_, n) => indexed(`${n}`, gpk, n < 9 ? 'same' : 'tail'));
    await fill(tableOf(), items);
    for (const descending of [false, true]) {
      const { items: found } = await walk(tableOf(), { index: 'gsi1', pk: gpk, limit: 2, descending });
      expect(found.map((item) => item.pk).toSorted()).toEqual(items.map((item) => item.pk).toSorted());
    }
  });
}
