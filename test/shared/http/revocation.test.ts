import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGrants } from '../../../shared/access/caller.ts';
import { loginKey, memberKey, staffKey } from '../../../shared/table/keys.ts';
import type { Action } from '../../../shared/table/table.ts';
import { grantsLeftOut } from '../../../shared/http/authorise.ts';
import { conflict } from '../../../shared/core/problem.ts';
import { aThing, authorizer, getThing, grant, postThing, thingsApi, thingsTable } from './things-api.ts';
import type { MemoryTable } from '../../../shared/table/memory-table.ts';

/** The gateway keeps what the authoriser said: these requests come with what was true before. */
let table: MemoryTable;
const { asked, call } = thingsApi(() => table);

const stored = (version: string, permissions = ['tickets']) => ({
  put: {
    ...memberKey('usr_1', 'acct_1'),
    accountId: 'acct_1',
    role: 'sub-account',
    contactId: 'con_1',
    permissions,
    expiresAtSeconds: null,
    version,
  },
});

beforeEach(async () => {
  table = await thingsTable();
  await table.transact([
    { put: { ...loginKey('usr_1'), userId: 'usr_1', notBeforeSeconds: 0 } },
    {
      put: { pk: 'ACCOUNT#acct_1', sk: 'ACCOUNT', id: 'acct_1', name: 'Acme', owner: { name: 'Jane' } },
    },
  ]);
});

describe('a read', () => {
  test.each<[string, Action, number]>([
    ['was taken away', { delete: memberKey('usr_1', 'acct_1') }, 404],
    ['lost its permission', stored('v2', ['invoices']), 403],
    ['changed and opens it still', stored('v2', ['tickets', 'invoices']), 200],
  ])('under a grant that %s is decided by what holds now', async (_, change, status) => {
    await table.transact([change]);
    const answer = await call(getThing);
    expect(answer.status).toBe(status);
    if (status !== 200) expect(answer.text).not.toContain('thing_1');
  });

  test('lets no refusal out either that was made under a grant that is gone', async () => {
    await table.transact([{ delete: memberKey('usr_1', 'acct_1') }]);
    const answer = await call(getThing, {}, async () => {
      throw conflict('The invoice of thing_1 is open.');
    });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('thing_1');
  });

  test('under way while access is taken away may finish; the next one does not', async () => {
    const answer = await call(getThing, {}, async () => {
      await table.transact([{ delete: memberKey('usr_1', 'acct_1') }]);
      return { body: aThing };
    });
    expect(answer.status).toBe(200);
    expect((await call(getThing)).status).toBe(404);
  });

  test('costs one more read of one row, at the same time', async () => {
    Object.assign(table.calls, { get: 0, getMany: 0, query: 0, transact: 0 });
    let readMeanwhile = 0;
    await call(getThing, {}, async () => {
      readMeanwhile = table.calls.get;
      return { body: aThing };
    });
    expect([readMeanwhile, table.calls]).toEqual([1, { get: 1, getMany: 0, query: 0, transact: 0 }]);
  });

  test('by staff is decided by the roles that they have now', async () => {
    const support = authorizer({ userId: 'stan', grants: '', staff: 'v1.support', secondFactor: 'true' });
    const member = (roles: string[], version: string) => ({
      put: { ...staffKey('stan'), userId: 'stan', roles, version },
    });
    await table.transact([member(['support'], 'v1')]);
    expect((await call(getThing, { authorizer: support })).status).toBe(200);
    await table.transact([member(['billing'], 'v2')]);
    expect((await call(getThing, { authorizer: support })).status).toBe(403);
    await table.transact([{ delete: staffKey('stan') }]);
    expect((await call(getThing, { authorizer: support })).status).toBe(404);
  });
});

describe('a write', () => {
  test('under a grant that changed is told so, whatever its use case would have answered', async () => {
    await table.transact([stored('v2')]);
    const answer = await call(postThing, { body: { name: 'x' } });
    expect(answer).toMatchObject({ status: 409, body: { type: expect.stringContaining('access-changed') } });
    expect(answer.text).not.toContain('thing_1');
  });
});

describe('a person with more grants than the gateway hands on', () => {
  test('is let in by what their rows say', async () => {
    await table.transact([stored('v1')]);
    const leftOut = authorizer({ grants: grantsLeftOut });
    expect((await call(getThing, { authorizer: leftOut })).status).toBe(200);
    expect(asked[0]!.context.caller.grants).toEqual([grant()]);
    const other = { accountId: 'acct_2', thingId: 'thing_1' };
    expect((await call(getThing, { authorizer: leftOut, params: other })).status).toBe(404);
  });

  test('could not have said so themselves: no grant reads like that', () => {
    expect(encodeGrants([grant()])).not.toBe(grantsLeftOut);
  });
});
