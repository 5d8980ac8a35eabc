import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  absent,
  type Action,
  all,
  type Condition,
  ConditionsFailed,
  equals,
  free,
  type Index,
  indexes,
  type Item,
  type Key,
  positionOf,
  present,
  type Query,
  type Table,
} from '../../../shared/table/table.ts';

let lastPartition = 0;
/** A partition that no other test knows. */
export const partition = (): string => `P${(lastPartition += 1)}`;

const keyOf = ({ pk, sk }: Key): Key => ({ pk, sk });
const numbered = (pk: string, count: number): Item[] =>
  Array.from({ length: count }, (_, n) => ({ pk, sk: String(n).padStart(4, '0'), n }));

/** Puts items, as many as there are. */
export async function fill(table: Table, items: readonly Item[]): Promise<void> {
  for (let start = 0; start < items.length; start += 100) {
    await table.transact(items.slice(start, start + 100).map((put) => ({ put })));
  }
}

/** What came of a transaction: nothing amiss, or the actions whose condition did not hold. */
export async function outcomeOf(table: Table, actions: readonly Action[]): Promise<readonly number[]> {
  try {
    await table.transact(actions);
    return [];
  } catch (error) {
    if (error instanceof ConditionsFailed) return error.failed;
    throw error;
  }
}

/** All items of a query, page after page, and how many pages it took. */
export async function walk(table: Table, query: Query): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let after = query.after;
  for (let pages = 1; ; pages++) {
    const page = await table.query({ ...query, ...(after ? { after } : {}) });
    items.push(...page.items);
    if (!page.next) return { items, pages };
    after = page.next;
  }
}

/** What a table promises, whatever it lies in. `tableOf` is asked when a test runs. */
export function tablePromises(tableOf: () => Table): void {
  describe('reading one item', () => readingOne(tableOf));
  describe('reading many items', () => readingMany(tableOf));
  describe('a transaction', () => transactions(tableOf));
  describe('a condition', () => conditions(tableOf));
  describe('an update', () => updates(tableOf));
  describe('a query', () => queries(tableOf));
  describe('an index', () => indices(tableOf));
}

function readingOne(tableOf: () => Table): void {
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

function readingMany(tableOf: () => Table): void {
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

function transactions(tableOf: () => Table): void {
  test('puts whole items: what stood there before is gone', async () => {
    const key = { pk: partition(), sk: 'A' };
    await tableOf().transact([{ put: { ...key, old: 1 } }]);
    await tableOf().transact([{ put: { ...key, new: 2 } }]);
    expect(await tableOf().get(key)).toEqual({ ...key, new: 2 });
  });

  test('deletes, and what is not there is as good as deleted', async () => {
    const [item] = numbered(partition(), 1) as [Item];
    await fill(tableOf(), [item]);
    await tableOf().transact([{ delete: keyOf(item) }]);
    expect(await tableOf().get(item)).toBeUndefined();
    await tableOf().transact([{ delete: keyOf(item) }]);
    expect(await tableOf().get(item)).toBeUndefined();
  });

  test('lands whole or not at all, whichever of its actions fails', async () => {
    const pk = partition();
    const before: Item[] = ['put', 'delete', 'update', 'check'].map((sk) => ({ pk, sk, n: 1 }));
    await fill(tableOf(), before);
    const actions = (failing: number): Action[] => {
      const when = (index: number) => (index === failing ? equals({ n: 2 }) : equals({ n: 1 }));
      return [
        { put: { pk, sk: 'put', n: 5 }, when: when(0) },
        { delete: { pk, sk: 'delete' }, when: when(1) },
        { update: { pk, sk: 'update' }, set: { n: 5 }, when: when(2) },
        { check: { pk, sk: 'check' }, when: when(3) },
        { put: { pk, sk: 'another' }, when: absent },
      ];
    };
    for (const failing of [0, 1, 2, 3]) {
      expect(await outcomeOf(tableOf(), actions(failing))).toEqual([failing]);
      expect(await tableOf().getMany(before.map(keyOf))).toEqual(before);
      expect(await tableOf().get({ pk, sk: 'another' })).toBeUndefined();
    }
    expect(await outcomeOf(tableOf(), actions(-1))).toEqual([]);
    expect((await walk(tableOf(), { pk, limit: 10 })).items.map((item) => [item.sk, item['n']])).toEqual([
      ['another', undefined],
      ['check', 1],
      ['put', 5],
      ['update', 5],
    ]);
  });

  test('names every action whose condition did not hold, and no other', async () => {
    const pk = partition();
    const wrong = [2, 3, 7];
    const actions = Array.from({ length: 9 }, (_, n) => ({
      put: { pk, sk: `${n}` },
      when: wrong.includes(n) ? present : absent,
    }));
    const refused = await tableOf()
      .transact(actions)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConditionsFailed);
    expect((refused as ConditionsFailed).failed).toEqual(wrong);
    expect((refused as ConditionsFailed).message).toContain('2, 3, 7');
  });

  test('takes a hundred actions', async () => {
    const items = numbered(partition(), 100);
    await tableOf().transact(items.map((put) => ({ put, when: absent })));
    expect(await tableOf().getMany(items.map(keyOf))).toEqual(items);
  });

  test.each([
    ['no action', 0],
    ['more than a hundred actions', 101],
  ])('refuses %s', async (_, count) => {
    const items = numbered(partition(), count);
    await expect(tableOf().transact(items.map((put) => ({ put })))).rejects.toThrow();
    expect(await tableOf().getMany(items.slice(0, 1).map(keyOf))).toEqual(
      items.slice(0, 1).map(() => undefined),
    );
  });

  test('refuses two actions on one item, and does neither', async () => {
    const key = { pk: partition(), sk: 'A' };
    const twice: Action[][] = [
      [{ put: { ...key, n: 1 } }, { update: key, add: { n: 1 } }],
      [{ check: key, when: absent }, { put: { ...key, n: 1 } }],
      [{ delete: key }, { put: { ...key, n: 1 } }],
    ];
    for (const actions of twice) {
      const refused = await tableOf()
        .transact(actions)
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Error);
      expect(refused).not.toBeInstanceOf(ConditionsFailed);
      expect(await tableOf().get(key)).toBeUndefined();
    }
  });

  test('of two at once on one condition, one lands', async () => {
    const key = { pk: partition(), sk: 'A' };
    const claims = Array.from({ length: 5 }, (_, n) =>
      outcomeOf(tableOf(), [{ put: { ...key, n }, when: absent }]),
    );
    const outcomes = await Promise.all(claims);
    expect(outcomes.filter((failed) => failed.length === 0)).toHaveLength(1);
    expect((await tableOf().get(key))!['n']).toBe(outcomes.findIndex((failed) => failed.length === 0));
  });
}

const stored = { n: 5, text: 'five', yes: true, list: [5], nothing: null };
type Case = [name: string, condition: Condition, onMissing: boolean, onStored: boolean];
const conditionCases: Case[] = [
  ['absent', absent, true, false],
  ['present', present, false, true],
  ['equals, of a text', equals({ text: 'five' }), false, true],
  ['equals, of a number', equals({ n: 5 }), false, true],
  ['equals, of a truth value', equals({ yes: true }), false, true],
  ['equals, of all three', equals({ n: 5, text: 'five', yes: true }), false, true],
  ['equals, with one of several wrong', equals({ n: 5, text: 'six' }), false, false],
  ['equals, of another number', equals({ n: 6 }), false, false],
  ['equals, of the same digits as text', equals({ n: '5' }), false, false],
  ['equals, of a missing attribute', equals({ other: 'x' }), false, false],
  ['free, of a missing attribute', free('lease', 5), true, true],
  ['free, of a lower value', free('n', 6), true, true],
  ['free, of the same value', free('n', 5), true, false],
  ['free, of a higher value', free('n', 4), true, false],
  ['free, of what is no number', free('text', 9), true, false],
  ['free, of null', free('nothing', 9), true, false],
  ['all, of what holds', all(present, equals({ n: 5 }), free('lease', 1)), false, true],
  ['all, with one that does not hold', all(present, free('n', 1)), false, false],
  ['all, of free ones', all(free('lease', 1), free('n', 6)), true, true],
  [
    'all, where a free one stands beside one that fails',
    all(free('lease', 1), equals({ n: 6 })),
    false,
    false,
  ],
  ['all within all', all(all(present, equals({ n: 5 })), all(free('n', 6))), false, true],
  ['all, twice of one attribute', all(equals({ n: 5 }), free('n', 6)), false, true],
];

/** The same condition on every kind of action. */
const actionsUnder: [string, (key: Key, when: Condition) => Action][] = [
  ['put', (key, when) => ({ put: { ...key, done: true }, when })],
  ['delete', (key, when) => ({ delete: key, when })],
  ['check', (key, when) => ({ check: key, when })],
  ['update', (key, when) => ({ update: key, set: { done: true }, when })],
];

function conditions(tableOf: () => Table): void {
  describe.each(conditionCases)('%s', (_, condition, onMissing, onStored) => {
    test.each(actionsUnder)('holds as it should for a %s', async (_kind, action) => {
      const pk = partition();
      await tableOf().transact([{ put: { pk, sk: 'stored', ...stored } }]);
      const tried = async (sk: string) =>
        (await outcomeOf(tableOf(), [action({ pk, sk }, condition)])).length === 0;
      expect(await tried('missing')).toBe(onMissing);
      expect(await tried('stored')).toBe(onStored);
    });
  });

  test('speaks of any attribute, whatever DynamoDB reserves', async () => {
    const key = { pk: partition(), sk: 'A' };
    const item = { ...key, status: 'open', name: 'N', data: 1, size: 2, value: 3, version: 'v', ttl: 4 };
    await tableOf().transact([{ put: item }]);
    const { pk, sk, ...values } = item;
    expect(await outcomeOf(tableOf(), [{ check: { pk, sk }, when: equals(values) }])).toEqual([]);
    await tableOf().transact([
      { update: key, set: { status: 'closed' }, add: { size: 1 }, remove: ['data'] },
    ]);
    expect(await tableOf().get(key)).toMatchObject({ status: 'closed', size: 3 });
  });
}

function updates(tableOf: () => Table): void {
  test('sets, adds and removes at once, and leaves the rest', async () => {
    const key = { pk: partition(), sk: 'A' };
    await tableOf().transact([{ put: { ...key, kept: 'as it was', changed: 1, count: 2, gone: 3 } }]);
    const set = { changed: { now: ['a', 'map'] }, fresh: null };
    await tableOf().transact([{ update: key, set, add: { count: 5, other: -1 }, remove: ['gone', 'never'] }]);
    expect(await tableOf().get(key)).toEqual({ ...key, kept: 'as it was', ...set, count: 7, other: -1 });
  });

  test('makes the item where there is none', async () => {
    const key = { pk: partition(), sk: 'A' };
    await tableOf().transact([{ update: key, add: { count: 1 } }]);
    expect(await tableOf().get(key)).toEqual({ ...key, count: 1 });
  });

  test('leaves no item behind where its condition did not hold', async () => {
    const key = { pk: partition(), sk: 'A' };
    expect(await outcomeOf(tableOf(), [{ update: key, set: { n: 1 }, when: present }])).toEqual([0]);
    expect(await tableOf().get(key)).toBeUndefined();
  });

  test('counts without losing one, however many come at once', async () => {
    const key = { pk: partition(), sk: 'A' };
    await Promise.all(
      Array.from({ length: 20 }, () => tableOf().transact([{ update: key, add: { count: 1 } }])),
    );
    expect((await tableOf().get(key))!['count']).toBe(20);
  });

  test('may carry more in its key than the key', async () => {
    const item = { pk: partition(), sk: 'A', n: 1 };
    await tableOf().transact([{ put: item }]);
    await tableOf().transact([{ update: { ...item, n: 9 } as Key, add: { n: 1 } }]);
    expect(await tableOf().get(item)).toEqual({ ...item, n: 2 });
  });
}

const sortKeys = fc.uniqueArray(fc.stringMatching(/^[ -~]{1,6}$/), { minLength: 1, maxLength: 12 });

function queries(tableOf: () => Table): void {
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

function indices(tableOf: () => Table): void {
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
