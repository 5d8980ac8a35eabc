import { expect, test } from 'vitest';
import { type Item, type Key, type Table } from '../../../shared/table/table.ts';
import { fill, keyOf, numbered, partition } from './rows.ts';

export function readingOne(tableOf: () => Table): void {
  test('gives what was put, nested values and all', async () => {
    const item = {
      pk: partition(),
      sk: 'A',
      text: 'Grüße 👋',
      empty: '',
      number: -1.5,
      yes: true,
      nothing: null,
      list: [1, 'two', { three: [3] }],
      map: { inner: { deep: null } },
    };
    await tableOf().transact([{ put: item }]);
    expect(await tableOf().get(keyOf(item))).toEqual(item);
  });

  test('gives nothing of what was undefined', async () => {
    const key = { pk: partition(), sk: 'A' };
    await tableOf().transact([{ put: { ...key, gone: undefined, map: { gone: undefined, kept: 1 } } }]);
    const read = await tableOf().get(key);
    expect(Object.keys(read!).toSorted()).toEqual(['map', 'pk', 'sk']);
    expect(Object.keys(read!['map'] as object)).toEqual(['kept']);
  });

  test('gives undefined for what is not there', async () => {
    expect(await tableOf().get({ pk: partition(), sk: 'A' })).toBeUndefined();
  });

  test('takes the key out of whatever carries it', async () => {
    const item = { pk: partition(), sk: 'A', n: 1 };
    await tableOf().transact([{ put: item }]);
    expect(await tableOf().get({ ...item, n: 2 } as Key)).toEqual(item);
  });

  test('gives a copy: changing it changes nothing that is stored', async () => {
    const item = { pk: partition(), sk: 'A', list: [1] };
    await tableOf().transact([{ put: item }]);
    item.list.push(2);
    ((await tableOf().get(keyOf(item)))!['list'] as number[]).push(3);
    expect((await tableOf().get(keyOf(item)))!['list']).toEqual([1]);
  });
}

export function readingMany(tableOf: () => Table): void {
  test('answers in the order of the keys, with undefined for what is missing', async () => {
    const items = numbered(partition(), 3);
    await fill(tableOf(), items);
    const [first, second, third] = items as [Item, Item, Item];
    const missing = { pk: first.pk, sk: 'missing' };
    expect(await tableOf().getMany([third, missing, first, second].map(keyOf))).toEqual([
      third,
      undefined,
      first,
      second,
    ]);
  });

  test('answers a key as often as it is asked for', async () => {
    const [item] = numbered(partition(), 1) as [Item];
    await fill(tableOf(), [item]);
    expect(await tableOf().getMany([item, item, item].map(keyOf))).toEqual([item, item, item]);
  });

  test('takes more than a hundred keys, duplicates and all', async () => {
    const items = numbered(partition(), 230);
    await fill(tableOf(), items);
    const asked = [...items.toReversed(), ...items.slice(50, 120)];
    expect(await tableOf().getMany(asked.map(keyOf))).toEqual(asked);
  });

  test('answers no keys with nothing', async () => {
    expect(await tableOf().getMany([])).toEqual([]);
  });
}
