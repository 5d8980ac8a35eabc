import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AccessClaims,
  authorize,
  type AuthorizeDependencies,
} from '../../../functions/authorizer/authorize.ts';
import { type CallerContext, grantsLeftOut } from '../../../shared/http/authorise.ts';
import { decodeGrants } from '../../../shared/access/caller.ts';
import { permissionKeys, toMask } from '../../../shared/access/permissions.ts';
import type { Login } from '../../../shared/accounts/people.ts';
import { staffRow } from '../../../shared/accounts/staff/staff-store.ts';
import { decodeStaff } from '../../../shared/access/staff.ts';
import { TableBusy } from '../../../shared/table/table.ts';
import { loginRow, memberRow, peopleStore, usedRow } from '../../../shared/accounts/people-store.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

const now = new Date('2026-03-01T10:00:00Z');
const nowSeconds = now.getTime() / 1000;

let table: MemoryTable;
let verified: string[];
let claims: AccessClaims;
let saved: { login: Login; before: Login | undefined }[];
let used: unknown[][];

const login = (more: Partial<Login> = {}): Login => ({
  userId: 'usr_1',
  name: 'Carla',
  email: 'carla@people.test',
  staff: false,
  accounts: 1,
  lastSignInAt: now.toISOString(),
  notBeforeSeconds: 0,
  version: '',
  ...more,
});

const part = (accountId: string, more = {}) => ({
  accountId,
  role: 'sub-account' as const,
  contactId: `con_of_${accountId}`,
  permissions: ['tickets' as const],
  expiresAtSeconds: null as number | null,
  ...more,
});

beforeEach(() => {
  table = new MemoryTable();
  verified = [];
  saved = [];
  used = [];
  claims = { username: 'usr_1', auth_time: nowSeconds };
});

function dependencies(more: Partial<AuthorizeDependencies> = {}): AuthorizeDependencies {
  return {
    verify: async (token) => {
      verified.push(token);
      return claims;
    },
    people: peopleStore(table),
    saveLogin: async (after, before) => {
      saved.push({ login: after, before });
      await table.transact([loginRow(after, before ? { version: before.version } : 'new')]);
    },
    saveUse: async (...use) => {
      used.push(use.slice(0, 3));
      await table.transact([usedRow(...use)]);
    },
    clock: () => now,
    ...more,
  };
}

const decide = (authorization: string | undefined = 'Bearer a.b-c_D.9', more = {}) =>
  authorize(dependencies(more), authorization);

const invalidToken = { refused: 'invalid-token' };

/** The caller of a request that is let in. */
async function ask(authorization?: string): Promise<CallerContext> {
  const context = await decide(authorization);
  if ('refused' in context) throw new Error(context.refused);
  return context;
}

/** The login as it is stored, with these parts; what that cost is forgotten. */
async function store(stored = login(), parts = [part('acct_1')]): Promise<void> {
  await table.transact([loginRow(stored, 'new'), ...parts.map((one) => memberRow(stored.userId, one))]);
  Object.assign(table.calls, { get: 0, getMany: 0, query: 0, transact: 0 });
}

describe('the header', () => {
  test.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c'])('is read where it says %s', async (header) => {
    await store();
    await ask(header);
    expect(verified).toEqual(['a.b.c']);
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer  a.b.c',
    ' Bearer a.b.c',
    'Bearer a.b.c ',
    'Bearer a.b.c, Bearer d.e.f',
    'Bearer a.b.c\n',
    'Bearer a b',
    'Bearer a=b',
    'Bearera.b.c',
    'Basic a.b.c',
    'a.b.c',
  ])('is refused unread where it says %j', async (header) => {
    await store();
    expect(await authorize(dependencies(), header)).toEqual(invalidToken);
    expect(verified).toEqual([]);
    expect(table.calls.query).toBe(0);
  });
});

describe('a token', () => {
  test('that does not verify is refused, whatever is wrong with it, and nothing is read', async () => {
    await store();
    const verify = () => Promise.reject(new TypeError('Token expired at …'));
    expect(await decide('Bearer a.b.c', { verify })).toEqual(invalidToken);
    expect(table.calls.query).toBe(0);
  });

  test('of a user whom the portal does not know is refused', async () => {
    expect(await decide()).toEqual(invalidToken);
    expect(saved).toEqual([]);
  });

  test('of a login without an account is refused: it is disabled', async () => {
    await store(login({ accounts: 0 }), []);
    expect(await decide()).toEqual(invalidToken);
    expect(saved).toEqual([]);
  });

  test('of a sign-in up to the second in which the sessions ended is refused, and of a later one is not', async () => {
    await store(login({ notBeforeSeconds: nowSeconds }));
    claims = { ...claims, auth_time: nowSeconds };
    expect(await decide()).toEqual(invalidToken);
    claims = { ...claims, auth_time: nowSeconds + 1 };
    await expect(ask()).resolves.toMatchObject({ userId: 'usr_1' });
  });
});

describe('the answer', () => {
  test('names the login and its part in every account, and nothing that is not text', async () => {
    const parts = [
      part('acct_1', { permissions: ['tickets', 'invoices'] }),
      part('acct_2', { expiresAtSeconds: nowSeconds + 60 }),
      part('acct_3', { role: 'owner', contactId: null, permissions: [...permissionKeys] }),
    ];
    await store(login({ accounts: 3 }), parts);
    const context = await ask();
    expect(context).toEqual({
      userId: 'usr_1',
      account: '',
      name: 'Carla',
      email: 'carla@people.test',
      staff: '',
      grants: expect.any(String),
      authTime: expect.stringMatching(/^\d+$/),
      secondFactor: 'false',
    });
    expect(decodeGrants(context.grants)).toEqual(
      parts.map(({ permissions, ...grant }) => ({
        ...grant,
        permissions: toMask(permissions),
        version: expect.any(String),
      })),
    );
  });

  test('leaves out what has run out, from the second it does', async () => {
    const ending = (accountId: string, expiresAtSeconds: number) => part(accountId, { expiresAtSeconds });
    const parts = [
      ending('acct_past', nowSeconds - 1),
      ending('acct_now', nowSeconds),
      ending('acct_on', nowSeconds + 1),
    ];
    await store(login({ accounts: 3 }), parts);
    expect(decodeGrants((await ask()).grants).map((grant) => grant.accountId)).toEqual(['acct_on']);
  });

  test('is still one where every part has run out', async () => {
    await store(login(), [part('acct_1', { expiresAtSeconds: nowSeconds - 1 })]);
    expect((await ask()).grants).toBe('');
  });

  test('costs one query, and nothing else', async () => {
    await store(
      login({ accounts: 30 }),
      Array.from({ length: 30 }, (_, n) => part(`acct_${n}`)),
    );
    await ask();
    expect(table.calls).toEqual({ get: 0, getMany: 0, query: 1, transact: 0 });
  });

  test('reads no more of somebody else: a user name that begins like another is another', async () => {
    await store(login({ userId: 'usr_11' }), [part('acct_11')]);
    await store(login({ userId: 'usr_1' }), [part('acct_1')]);
    expect(decodeGrants((await ask()).grants).map((grant) => grant.accountId)).toEqual(['acct_1']);
  });
});

describe('a sign-in', () => {
  test('is noted with its time at its first request, and not again', async () => {
    await store(login({ lastSignInAt: null }));
    claims = { ...claims, auth_time: nowSeconds - 30 };
    await ask();
    expect(table.calls).toEqual({ get: 0, getMany: 0, query: 1, transact: 2 });
    const noted = '2026-03-01T09:59:30.000Z';
    expect((await peopleStore(table).login('usr_1'))!.lastSignInAt).toBe(noted);
    await ask();
    expect(saved).toHaveLength(1);
    expect(used).toEqual([['usr_1', 'acct_1', nowSeconds - 30]]);
  });

  test.each([
    ['acct_2', 'acct_2'],
    [undefined, ''],
    ['jane@people.test', ''],
    ['a'.repeat(65), ''],
  ])('in %s is logged as of the account “%s”, by its id and nothing else', async (accountId, account) => {
    await store(login(), [part('acct_1'), part('acct_2')]);
    expect(await authorize(dependencies(), 'Bearer a', accountId)).toMatchObject({ account });
  });

  test('is noted in the account that is used with it, and in no other', async () => {
    await store(login(), [part('acct_1'), part('acct_2')]);
    await ask();
    expect(used).toEqual([]);
    for (const accountId of ['acct_2', 'acct_2', 'acct_3'])
      await authorize(dependencies(), 'Bearer a', accountId);
    expect(used).toEqual([['usr_1', 'acct_2', nowSeconds]]);
    expect(await peopleStore(table).lastUsed('acct_2', ['usr_1'])).toEqual([now.toISOString()]);
    expect(await peopleStore(table).lastUsed('acct_1', ['usr_1'])).toEqual([null]);
  });

  test('after another one is noted too', async () => {
    await store(login({ lastSignInAt: '2026-02-01T00:00:00.000Z' }));
    await ask();
    expect((await peopleStore(table).login('usr_1'))!.lastSignInAt).toBe('2026-03-01T10:00:00.000Z');
  });

  test('before the one noted last is not noted: it was earlier', async () => {
    await store();
    claims = { ...claims, auth_time: nowSeconds - 3600 };
    await ask();
    expect(saved).toEqual([]);
  });

  test('keeps all else that is known of the login', async () => {
    const before = login({ lastSignInAt: null, accounts: 7, notBeforeSeconds: 5 });
    await store(before);
    await ask();
    const { version, ...after } = (await peopleStore(table).login('usr_1'))!;
    const { version: _, ...kept } = before;
    expect(after).toMatchObject({ ...kept, lastSignInAt: now.toISOString() });
    expect(version).not.toBe('');
  });

  test('of a refused login is not noted', async () => {
    await store(login({ lastSignInAt: null, notBeforeSeconds: nowSeconds + 1 }));
    expect(await decide()).toEqual(invalidToken);
    expect(saved).toEqual([]);
  });
});

describe('the second factor and the session', () => {
  const secondFactor = { sinceSeconds: nowSeconds };

  test.each([
    ['after the portal knew the factor', { secondFactor }, nowSeconds + 1, 'true'],
    ['in the second in which it was set up', { secondFactor }, nowSeconds, 'false'],
    ['before it was set up', { secondFactor }, nowSeconds - 60, 'false'],
    ['with a factor that the portal does not know', {}, nowSeconds + 1, 'false'],
  ])('a sign-in %s', async (_, more, signedInAt, used) => {
    await store(login(more));
    claims = { ...claims, auth_time: signedInAt };
    expect((await ask()).secondFactor).toBe(used);
  });

  test('a refreshed token is as old as its sign-in, and of the same session', async () => {
    await store(login({ secondFactor }));
    claims = { ...claims, auth_time: nowSeconds - 60, origin_jti: 'session-1' };
    expect(await ask()).toMatchObject({ secondFactor: 'false', session: 'session-1' });
  });
});

describe('staff', () => {
  const stan = {
    userId: 'stan',
    email: 'stan@portal.test',
    roles: ['support' as const],
    version: '',
    addedAt: '',
  };

  beforeEach(() => {
    claims = { username: 'stan', auth_time: nowSeconds };
  });

  test('are those whose own row says so, with the roles that it says', async () => {
    await store(login({ userId: 'stan', staff: true, accounts: 0 }), []);
    await table.transact([staffRow(stan, 'new')]);
    expect(decodeStaff((await ask()).staff)).toMatchObject({ roles: ['support'] });
  });

  test('who have not accepted their invitation are nobody of staff yet', async () => {
    await store(login({ userId: 'stan', staff: true }));
    await table.transact([staffRow({ ...stan, invitation: 'waits' }, 'new')]);
    expect((await ask()).staff).toBe('');
  });

  test('are nobody by a group of the user pool', async () => {
    await store(login({ userId: 'stan' }));
    claims = { ...claims, 'cognito:groups': ['staff'] } as AccessClaims;
    expect((await ask()).staff).toBe('');
  });

  test('may have parts in accounts like anybody', async () => {
    await store(login({ userId: 'stan', staff: true }));
    await table.transact([staffRow(stan, 'new')]);
    const context = await ask();
    expect(decodeGrants(context.grants)).toMatchObject([{ accountId: 'acct_1' }]);
    expect(decodeStaff(context.staff)).toMatchObject({ roles: ['support'] });
  });
});

describe('what the gateway hands on', () => {
  test('stays below its 8 KB, however many accounts a login is in: those who answer read the grants then', async () => {
    for (const accounts of [1, 50, 500]) {
      const userId = `usr_${accounts}`;
      const parts = Array.from({ length: accounts }, (_, n) => part(`acct_${String(n).padStart(26, '0')}`));
      await table.transact([loginRow(login({ userId, accounts }), 'new')]);
      for (let start = 0; start < accounts; start += 100) {
        await table.transact(parts.slice(start, start + 100).map((one) => memberRow(userId, one)));
      }
      claims = { username: userId, auth_time: nowSeconds };
      const context = await ask();
      expect(JSON.stringify({ isAuthorized: true, context }).length).toBeLessThan(8 * 1024);
      if (context.grants === grantsLeftOut) expect(accounts).toBe(500);
      else expect(decodeGrants(context.grants)).toHaveLength(accounts);
    }
  });

  test('says that the table is busy, and not that the token is bad', async () => {
    await store();
    table.before = () => {
      throw new TableBusy('throttled');
    };
    expect(await decide()).toEqual({ refused: 'too-busy' });
  });
});
