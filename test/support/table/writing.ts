import { describe, expect, test } from 'vitest';
import {
  absent,
  type Action,
  all,
  type Condition,
  ConditionsFailed,
  equals,
  free,
  type Item,
  type Key,
  present,
  type Table,
} from '../../../shared/table/table.ts';
import { fill, keyOf, numbered, outcomeOf, partition, walk } from './rows.ts';

export function transactions(tableOf: () => Table): void {
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

export function conditions(tableOf: () => Table): void {
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

export function updates(tableOf: () => Table): void {
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
