import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Authority } from '../../../shared/access/decide.ts';
import { absent, equals, type Item, present, TableBusy } from '../../../shared/table/table.ts';
import { Problem } from '../../../shared/core/problem.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import { loginKey, memberKey, staffKey } from '../../../shared/table/keys.ts';
import {
  AlreadyAnswered,
  type Change,
  commit,
  StaleRead,
  type WriteContext,
  wroteNothing,
} from '../../../shared/write/commit.ts';
import {
  earlierAnswer,
  type IdempotentRequest,
  idempotentRequest,
} from '../../../shared/write/idempotency.ts';
import { outboxKey } from '../../../shared/write/outbox-task.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

const now = new Date('2026-03-01T10:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const actor = { kind: 'contact', id: 'con_1', name: 'Carla' } as const;
const member: Authority = {
  kind: 'member',
  grant: {
    accountId: 'acct_1',
    role: 'sub-account',
    contactId: 'con_1',
    version: 'v1',
    permissions: 1,
    expiresAtSeconds: null,
  },
};
const context = (more: Partial<WriteContext> = {}): WriteContext => ({
  actor,
  grantedBy: { userId: 'usr_1', authority: member },
  now,
  idempotent: null,
  ...more,
});
const mail: MailTask = {
  kind: 'mail',
  template: 'access-given',
  accountId: 'acct_1',
  mailKind: 'general',
  audience: { kind: 'person', email: 'a@b.test', name: 'A', contactId: null },
  data: {},
  thread: null,
  inReplyTo: null,
};
const row: Item = { pk: 'ROW', sk: '1', text: 'written' };
const change: Change = {
  actions: [{ put: row, when: absent }],
  activity: [
    {
      accountId: 'acct_1',
      action: 'contact.created',
      subject: { kind: 'contact', id: 'con_2', name: 'Cora' },
      before: null,
      after: { name: 'Cora' },
    },
  ],
  outbox: [mail, { kind: 'sync-login', userId: 'usr_2' }],
  answer: { body: { told: 'so' }, version: 'v7', location: '/v1/there' },
};
const request = (body = '{}', key = 'key-1', userId = 'usr_1'): IdempotentRequest => ({
  ...idempotentRequest(userId, key, 'POST', '/v1/things', body),
  toStore: (answer) => answer,
});

let table: MemoryTable;
/** What the outbox was told, each time with what the table held then. */
let nudges: { ids: string[]; items: Item[] }[];

beforeEach(async () => {
  table = new MemoryTable();
  nudges = [];
  await table.transact([{ put: { ...memberKey('usr_1', 'acct_1'), version: 'v1' } }]);
  table.calls.transact = 0;
});

const dependencies = () => ({
  table,
  nudgeOutbox: async (ids: string[]) => {
    nudges.push({ ids, items: table.all() });
  },
});
const written = () => table.all().filter((item) => !item.pk.startsWith('USER#'));
const refusedWith = (done: Promise<void>) =>
  done.then(
    () => undefined,
    (error: unknown) => error,
  );

const nothingHappened = () => {
  expect(written()).toEqual([]);
  expect(nudges).toEqual([]);
};

describe('a change', () => {
  test('lands with its activity and its outbox, in one transaction', async () => {
    await commit(dependencies(), context(), change);
    expect(table.calls.transact).toBe(1);
    const items = written();
    expect(items).toHaveLength(4);
    expect(items).toContainEqual(expect.objectContaining(row));
    const entry = items.find((item) => item.sk.startsWith('ACTIVITY#'))!;
    const [{ accountId, ...told }] = change.activity as [(typeof change.activity)[number]];
    expect(entry).toMatchObject({
      pk: `ACCOUNT#${accountId}`,
      at: '2026-03-01T10:00:00.000Z',
      actor,
      ...told,
    });
    const tasks = items.filter((item) => item.pk.startsWith('OUTBOX#')).map((item) => item['task']);
    expect(tasks).toEqual(expect.arrayContaining(change.outbox));
  });

  test('without anything for the outbox tells it nothing', async () => {
    await commit(dependencies(), context(), { ...change, outbox: [] });
    expect(nudges).toEqual([]);
  });

  test('tells the outbox once, by the ids of its tasks, when all is written and not before', async () => {
    await commit(dependencies(), context(), change);
    expect(nudges).toHaveLength(1);
    const [{ ids, items }] = nudges as [(typeof nudges)[number]];
    expect(ids).toHaveLength(2);
    const keys = new Set(items.map((item) => `${item.pk} ${item.sk}`));
    for (const id of ids) expect(keys).toContain(`${outboxKey(id).pk} ${outboxKey(id).sk}`);
    expect(items).toContainEqual(expect.objectContaining(row));
  });

  test('whose outbox could not be told has landed all the same', async () => {
    const deaf = { table, nudgeOutbox: () => Promise.reject(new Error('The queue is away')) };
    await refusedWith(commit(deaf, context(), change));
    expect(written()).toHaveLength(4);
  });

  test('whose outbox could not be told is no failure: the sweep finds its tasks', async () => {
    const deaf = { table, nudgeOutbox: () => Promise.reject(new Error('The queue is away')) };
    await expect(commit(deaf, context(), change)).resolves.toBeUndefined();
  });
});

describe('a change that must not land', () => {
  test.each([
    ['another version', { put: { ...memberKey('usr_1', 'acct_1'), version: 'v2' } }],
    ['gone', { delete: memberKey('usr_1', 'acct_1') }],
  ])('for its grant is %s: access-changed, and nothing is done', async (_, action) => {
    await table.transact([action]);
    const refused = await refusedWith(commit(dependencies(), context(), change));
    expect(refused).toBeInstanceOf(Problem);
    expect((refused as Problem).kind).toBe('access-changed');
    nothingHappened();
  });

  test('for what was read has changed: StaleRead, and nothing is done', async () => {
    const stale = { ...change, actions: [{ put: row, when: present }] };
    expect(await refusedWith(commit(dependencies(), context(), stale))).toBeInstanceOf(StaleRead);
    nothingHappened();
  });

  test('for the table is busy: told as it is, and nothing is done', async () => {
    table.before = () => {
      throw new TableBusy('throttled');
    };
    expect(await refusedWith(commit(dependencies(), context(), change))).toBeInstanceOf(TableBusy);
    nothingHappened();
  });

  test('for several reasons is refused for the grant first, then for the earlier answer, then for what was read', async () => {
    const idempotent = request();
    await commit(dependencies(), context({ idempotent }), change);
    const before = table.all();
    expect(await refusedWith(commit(dependencies(), context({ idempotent }), change))).toBeInstanceOf(
      AlreadyAnswered,
    );
    await table.transact([{ put: { ...memberKey('usr_1', 'acct_1'), version: 'v2' } }]);
    const refused = await refusedWith(commit(dependencies(), context({ idempotent }), change));
    expect((refused as Problem).kind).toBe('access-changed');
    expect(table.all().length).toBe(before.length);
  });
});

describe('a change by a member of staff', () => {
  const staff = { roles: ['support' as const], version: 'v1' };
  const grantedBy = { userId: 'stan', authority: { kind: 'staff' as const, staff, permissions: 0 } };

  test('lands while the roles are those that the request was authorised under', async () => {
    await table.transact([{ put: { ...staffKey('stan'), version: 'v1' } }]);
    await commit(dependencies(), context({ grantedBy }), change);
    expect(table.all()).toContainEqual(expect.objectContaining(row));
  });

  test.each([
    ['changed', { put: { ...staffKey('stan'), version: 'v2' } }],
    ['ended', { delete: staffKey('stan') }],
  ])('is refused from the moment their roles are %s', async (_, action) => {
    await table.transact([action]);
    const refused = await refusedWith(commit(dependencies(), context({ grantedBy }), change));
    expect((refused as Problem).kind).toBe('access-changed');
    nothingHappened();
  });
});

describe('a change by a member of staff who is a client too', () => {
  const staff = { roles: ['administrator' as const], version: 'v1' };
  const authority = { kind: 'staff' as const, staff, permissions: 0 };
  const grantedBy = { userId: 'stan', authority, partsIn: ['acct_own'] };
  const credit = (accountId: string): Change => ({
    actions: [{ update: { pk: `ACCOUNT#${accountId}`, sk: 'CREDIT#GBP' }, add: { balance: 1 } }],
    activity: [],
    outbox: [],
  });

  test('lands in every account but their own', async () => {
    await table.transact([{ put: { ...staffKey('stan'), version: 'v1' } }]);
    const before = table.all();
    const refused = await refusedWith(commit(dependencies(), context({ grantedBy }), credit('acct_own')));
    expect((refused as Problem).kind).toBe('staff-only');
    expect(table.all()).toEqual(before);
    await commit(dependencies(), context({ grantedBy }), credit('acct_2'));
    expect(table.all()).toHaveLength(before.length + 1);
  });

  test('does not land in an account linked to their own where it concerns that one, as the link’s kind does', async () => {
    await table.transact([{ put: { ...staffKey('stan'), version: 'v1' } }]);
    const before = table.all();
    const subject = { kind: 'account', id: 'acct_2', name: 'Linked' };
    const told = { action: 'account.linked', subject, before: null, after: null };
    const relinked: Change = {
      actions: [{ update: { pk: 'ACCOUNT#acct_2', sk: 'ACCOUNT' }, set: { linkKind: 'aggregated' } }],
      activity: ['acct_2', 'acct_own'].map((accountId) => ({ accountId, ...told })),
      outbox: [],
    };
    const refused = await refusedWith(commit(dependencies(), context({ grantedBy }), relinked));
    expect((refused as Problem).kind).toBe('staff-only');
    expect(table.all()).toEqual(before);
  });
});

describe('a change in a session', () => {
  const signedInAtSeconds = 1000;
  const granted = { userId: 'usr_1', authority: member, signedInAtSeconds };
  const login = (notBeforeSeconds: number) => ({
    put: { ...loginKey('usr_1'), version: 'v1', notBeforeSeconds },
  });

  test('lands while the session lasts', async () => {
    await table.transact([login(signedInAtSeconds - 1)]);
    await commit(dependencies(), context({ grantedBy: granted }), change);
    expect(table.all()).toContainEqual(expect.objectContaining(row));
  });

  test.each([
    ['ended in the second in which it began', login(signedInAtSeconds)],
    ['ended later', login(signedInAtSeconds + 60)],
    ['whose login is gone', { delete: loginKey('usr_1') }],
  ])('%s is refused, and nothing is done', async (_, action) => {
    await table.transact([action]);
    for (const authority of [member, { kind: 'signed-in' as const }]) {
      const grantedBy = { ...granted, authority };
      const refused = await refusedWith(commit(dependencies(), context({ grantedBy }), change));
      expect((refused as Problem).kind).toBe('access-changed');
    }
    nothingHappened();
  });

  test('that writes its own login is told apart: ended, or changed by another write', async () => {
    const own = (version: string): Change => ({
      ...change,
      actions: [{ put: { ...loginKey('usr_1'), name: 'New' }, when: equals({ version }) }],
    });
    await table.transact([login(0)]);
    const grantedBy = { ...granted, authority: { kind: 'signed-in' as const } };
    const stale = await refusedWith(commit(dependencies(), context({ grantedBy }), own('v0')));
    expect(stale).toBeInstanceOf(StaleRead);
    await table.transact([login(signedInAtSeconds)]);
    const ended = await refusedWith(commit(dependencies(), context({ grantedBy }), own('v1')));
    expect((ended as Problem).kind).toBe('access-changed');
    await table.transact([login(0)]);
    await commit(dependencies(), context({ grantedBy }), own('v1'));
    expect(await table.get(loginKey('usr_1'))).toMatchObject({ name: 'New' });
  });
});

describe('a change in nobody’s grant', () => {
  test.each([
    [
      'of somebody signed in, outside any account',
      { userId: 'usr_9', authority: { kind: 'signed-in' } as const },
    ],
    ['of the portal itself', null],
  ])('%s asks for no part in the account', async (_, grantedBy) => {
    await commit(dependencies(), context({ grantedBy }), change);
    expect(written()).toHaveLength(4);
  });
});

describe('a request with a key', () => {
  test('is answered anew as it was answered first', async () => {
    const idempotent = request();
    expect(await earlierAnswer(table, idempotent, now)).toBeNull();
    await commit(dependencies(), context({ idempotent }), change);
    expect(await earlierAnswer(table, idempotent, now)).toEqual(change.answer);
  });

  test('is done once, whoever comes second', async () => {
    const idempotent = request();
    const other = { ...change, actions: [{ put: { pk: 'ROW', sk: '2' }, when: absent }] };
    await commit(dependencies(), context({ idempotent }), change);
    const before = table.all();
    expect(await refusedWith(commit(dependencies(), context({ idempotent }), other))).toBeInstanceOf(
      AlreadyAnswered,
    );
    expect(table.all()).toEqual(before);
    expect(nudges).toHaveLength(1);
  });

  test('is refused where the key came with something else', async () => {
    await commit(dependencies(), context({ idempotent: request('{"a":1}') }), change);
    const refused = await earlierAnswer(table, request('{"a":2}'), now).catch((error: unknown) => error);
    expect((refused as Problem).kind).toBe('idempotency-mismatch');
  });

  test('shares its key with nobody: another person’s same key is another key', async () => {
    await commit(dependencies(), context({ idempotent: request() }), change);
    const others = request('{}', 'key-1', 'usr_2');
    expect(await earlierAnswer(table, others, now)).toBeNull();
  });

  test('is remembered for a day', async () => {
    const idempotent = request();
    await commit(dependencies(), context({ idempotent }), change);
    const day = 24 * 60 * 60;
    expect(await earlierAnswer(table, idempotent, later(day))).not.toBeNull();
    expect(await earlierAnswer(table, idempotent, later(day + 1))).toBeNull();
    const again = { ...change, actions: [], answer: { body: { told: 'anew' } } };
    expect(
      await refusedWith(commit(dependencies(), context({ idempotent, now: later(day) }), again)),
    ).toBeInstanceOf(AlreadyAnswered);
    await commit(dependencies(), context({ idempotent, now: later(day + 1) }), again);
    expect(await earlierAnswer(table, idempotent, later(day + 1))).toEqual({ body: { told: 'anew' } });
  });

  test('whose answer is too large to keep is not done again, and is told so', async () => {
    const idempotent = request();
    const noise = Array.from({ length: 60_000 }, (_, n) => ((n * 2_654_435_761) % 2 ** 32).toString(36)).join(
      '',
    );
    await commit(dependencies(), context({ idempotent }), { ...change, answer: { body: noise } });
    const refused = await earlierAnswer(table, idempotent, now).catch((error: unknown) => error);
    expect((refused as Problem).kind).toBe('conflict');
  });

  test('gets back any answer that JSON can tell', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        const idempotent = request('{}', `key-${(count += 1)}`);
        await commit(dependencies(), context({ idempotent }), { ...change, actions: [], answer: { body } });
        const earlier = await earlierAnswer(table, idempotent, now);
        expect(earlier!.body).toEqual(JSON.parse(JSON.stringify(body)));
      }),
    );
  });

  test.each(['', ' ', 'a b', 'a\nb', 'é', 'x'.repeat(256)])('is refused where the key is %j', (key) => {
    expect(() => request('{}', key)).toThrow(Problem);
  });

  test.each(['a', '!~', 'x'.repeat(255)])('is taken where the key is %j', (key) => {
    expect(request('{}', key).key.sk).toBe(key);
  });
});

test('a failure is known to have written nothing only where that is sure', () => {
  const sure = [new Problem('conflict', ''), new StaleRead(), new AlreadyAnswered(), new TableBusy('')];
  expect(sure.map(wroteNothing)).toEqual([true, true, true, true]);
  expect([new Error('socket hang up'), 'text', undefined].map(wroteNothing)).toEqual([false, false, false]);
});
