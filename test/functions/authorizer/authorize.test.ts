import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AccessClaims,
  authorize,
  type AuthorizeDependencies,
  Unauthorized,
} from '../../../functions/authorizer/authorize.ts';
import { decodeGrants } from '../../../shared/access/caller.ts';
import { permissionKeys, toMask } from '../../../shared/access/permissions.ts';
import type { Login } from '../../../shared/accounts/people.ts';
import { loginRow, memberRow, peopleStore } from '../../../shared/accounts/people-store.ts';
import { MemoryDirectory } from '../../support/memory/memory-directory.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

const now = new Date('2026-03-01T10:00:00Z');
const nowSeconds = now.getTime() / 1000;

let table: MemoryTable;
let directory: MemoryDirectory;
let verified: string[];
let claims: AccessClaims;
let saved: { login: Login; before: Login | undefined }[];

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
  directory = new MemoryDirectory();
  verified = [];
  saved = [];
  claims = { username: 'usr_1', iat: nowSeconds, auth_time: nowSeconds };
});

function dependencies(more: Partial<AuthorizeDependencies> = {}): AuthorizeDependencies {
  return {
    verify: async (token) => {
      verified.push(token);
      return claims;
    },
    people: peopleStore(table),
    directory,
    saveLogin: async (after, before) => {
      saved.push({ login: after, before });
      await table.transact([loginRow(after, before ? { version: before.version } : 'new')]);
    },
    clock: () => now,
    ...more,
  };
}

const ask = (authorization: string | undefined = 'Bearer a.b-c_D.9', more = {}) =>
  authorize(dependencies(more), authorization);

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
    await expect(authorize(dependencies(), header)).rejects.toThrow(Unauthorized);
    expect(verified).toEqual([]);
    expect(table.calls.query).toBe(0);
  });

  test('is refused in the words that the gateway makes a 401 of', async () => {
    await expect(authorize(dependencies(), undefined)).rejects.toThrow(/^Unauthorized$/);
  });
});

describe('a token', () => {
  test('that does not verify is refused, whatever is wrong with it, and nothing is read', async () => {
    await store();
    const verify = () => Promise.reject(new TypeError('Token expired at …'));
    await expect(ask('Bearer a.b.c', { verify })).rejects.toThrow(Unauthorized);
    expect(table.calls.query).toBe(0);
  });

  test('of a user whom the portal does not know is refused', async () => {
    await expect(ask()).rejects.toThrow(Unauthorized);
    expect(saved).toEqual([]);
  });

  test('of a login without an account is refused: it is disabled', async () => {
    await store(login({ accounts: 0 }), []);
    await expect(ask()).rejects.toThrow(Unauthorized);
    expect(saved).toEqual([]);
  });

  test('of a sign-in up to the second in which the sessions ended is refused, and of a later one is not', async () => {
    await store(login({ notBeforeSeconds: nowSeconds }));
    claims = { ...claims, auth_time: nowSeconds, iat: nowSeconds + 60 };
    await expect(ask()).rejects.toThrow(Unauthorized);
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
      name: 'Carla',
      email: 'carla@people.test',
      staff: 'false',
      grants: expect.any(String),
      authTime: expect.stringMatching(/^\d+$/),
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
    expect(table.calls).toEqual({ get: 0, getMany: 0, query: 1, transact: 1 });
    const noted = '2026-03-01T09:59:30.000Z';
    expect((await peopleStore(table).login('usr_1'))!.lastSignInAt).toBe(noted);
    for (const iat of [nowSeconds, nowSeconds + 3600]) {
      claims = { ...claims, iat };
      await ask();
    }
    expect(saved).toHaveLength(1);
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

  test('before the one noted last does not take its place, though the token says otherwise of staff', async () => {
    await store(login({ staff: true }));
    claims = { ...claims, auth_time: nowSeconds - 3600 };
    await ask();
    expect((await peopleStore(table).login('usr_1'))!.lastSignInAt).toBe(now.toISOString());
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
    await expect(ask()).rejects.toThrow(Unauthorized);
    expect(saved).toEqual([]);
  });
});

describe('staff', () => {
  beforeEach(() => {
    claims = {
      username: 'stan',
      iat: nowSeconds,
      auth_time: nowSeconds,
      'cognito:groups': ['other', 'staff'],
    };
    directory.users.set('stan', {
      email: 'stan@portal.test',
      name: 'Stan',
      password: null,
      verified: true,
      enabled: true,
    });
  });

  test('are known by their group alone, and recorded at their first request', async () => {
    const context = await ask();
    expect(context).toEqual({
      userId: 'stan',
      name: 'Stan',
      email: 'stan@portal.test',
      staff: 'true',
      grants: '',
      authTime: expect.stringMatching(/^\d+$/),
    });
    expect(await peopleStore(table).login('stan')).toMatchObject({
      staff: true,
      accounts: 0,
      email: 'stan@portal.test',
    });
    directory.users.clear();
    expect(await ask()).toEqual(context);
    expect(saved).toHaveLength(1);
  });

  test('whom the user pool no longer has are refused', async () => {
    directory.users.clear();
    await expect(ask()).rejects.toThrow(Unauthorized);
    expect(saved).toEqual([]);
  });

  test('seen first by two requests at once are recorded once, and both are answered', async () => {
    const kept: string[] = [];
    const saveLogin: AuthorizeDependencies['saveLogin'] = async (after, before) => {
      const when = before ? { version: before.version } : 'new';
      await table.transact([loginRow(after, when)]).then(
        () => kept.push(after.userId),
        () => {},
      );
    };
    const both = await Promise.all([ask('Bearer a', { saveLogin }), ask('Bearer b', { saveLogin })]);
    expect(both.map((context) => context.staff)).toEqual(['true', 'true']);
    expect(kept).toEqual(['stan']);
  });

  test('may have parts in accounts like anybody', async () => {
    await store(login({ userId: 'stan', accounts: 1 }));
    const context = await ask();
    expect([context.staff, decodeGrants(context.grants)]).toMatchObject(['true', [{ accountId: 'acct_1' }]]);
    expect((await peopleStore(table).login('stan'))!.staff).toBe(true);
  });

  test('who leave the group are staff no longer, and without an account nobody at all', async () => {
    await ask();
    claims = { ...claims, 'cognito:groups': ['other'] };
    await expect(ask()).rejects.toThrow(Unauthorized);
  });

  test.each([undefined, [], ['Staff'], ['staff2', 'nostaff']])(
    'are not those in the groups %j',
    async (groups) => {
      await store(login({ userId: 'stan' }));
      claims = {
        username: 'stan',
        iat: nowSeconds,
        auth_time: nowSeconds,
        ...(groups ? { 'cognito:groups': groups } : {}),
      };
      expect((await ask()).staff).toBe('false');
    },
  );
});
