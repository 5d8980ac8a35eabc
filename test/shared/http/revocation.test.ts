import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGrants } from '../../../shared/access/caller.ts';
import { loginKey, memberKey, staffKey } from '../../../shared/table/keys.ts';
import type { Action } from '../../../shared/table/table.ts';
import { grantsLeftOut } from '../../../shared/http/authorise.ts';
import { accessChanged } from '../../../shared/write/commit.ts';
import { conflict } from '../../../shared/core/problem.ts';
import { route } from '../../../shared/http/route.ts';
import {
  aThing,
  authorizer,
  getThing,
  grant,
  postThing,
  storedGrant,
  thingsApi,
  thingsTable,
} from './things-api.ts';
import type { MemoryTable } from '../../../shared/table/memory-table.ts';

/** The gateway keeps what the authoriser said: these requests come with what was true before. */
let table: MemoryTable;
const { asked, call } = thingsApi(() => table);

beforeEach(async () => {
  table = await thingsTable();
  await table.transact([
    {
      put: { pk: 'ACCOUNT#acct_1', sk: 'ACCOUNT', id: 'acct_1', name: 'Acme', owner: { name: 'Jane' } },
    },
  ]);
});

describe('a read', () => {
  test.each<[string, Action, number]>([
    ['was taken away', { delete: memberKey('usr_1', 'acct_1') }, 404],
    ['lost its permission', storedGrant('v2', ['invoices']), 403],
    ['changed and opens it still', storedGrant('v2', ['tickets', 'invoices']), 200],
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
    const login = { ...loginKey('stan'), userId: 'stan', staff: true, accounts: 0, notBeforeSeconds: 0 };
    await table.transact([{ put: login }, member(['support'], 'v1')]);
    expect((await call(getThing, { authorizer: support })).status).toBe(200);
    await table.transact([member(['billing'], 'v2')]);
    expect((await call(getThing, { authorizer: support })).status).toBe(403);
    await table.transact([{ delete: staffKey('stan') }]);
    expect((await call(getThing, { authorizer: support })).status).toBe(404);
  });
});

describe('what is one’s own', () => {
  const getMine = route({
    method: 'GET',
    path: '/v1/mine',
    permission: 'signed-in',
    summary: 'Mine',
    success: 200,
    answer: getThing.answer,
  });

  test('is read no more in a session that was ended, from its second on', async () => {
    const asking = authorizer({ authTime: '1000' });
    expect((await call(getMine, { authorizer: asking })).status).toBe(200);
    await table.transact([storedGrant('v1'), { update: loginKey('usr_1'), set: { notBeforeSeconds: 1000 } }]);
    const refused = await call(getMine, { authorizer: asking });
    expect(refused.status).toBe(401);
    expect(refused.text).not.toContain('thing_1');
  });
});

test('nobody is refused by what the gateway kept: who was given access a moment ago has it', async () => {
  await table.transact([storedGrant('v2', ['tickets'])]);
  const before = authorizer({ grants: encodeGrants([grant(['invoices'])]) });
  expect((await call(getThing, { authorizer: before })).status).toBe(200);
  expect((await call(postThing, { authorizer: before, body: { name: 'x' } })).status).toBe(201);
});

test('nobody is told why they may not in a session that was ended', async () => {
  await table.transact([{ update: loginKey('usr_1'), set: { notBeforeSeconds: 1000 } }]);
  const asking = authorizer({ authTime: '1000', grants: encodeGrants([grant(['invoices'])]) });
  expect((await call(getThing, { authorizer: asking })).status).toBe(401);
  const unknown = { authorizer: asking, params: { accountId: 'acct_2', thingId: 'thing_1' } };
  expect((await call(getThing, unknown)).status).toBe(401);
});

describe('a write', () => {
  test('under a grant that changed is told so, whatever its use case would have answered', async () => {
    await table.transact([storedGrant('v2')]);
    const answer = await call(postThing, { body: { name: 'x' } });
    expect(answer).toMatchObject({ status: 409, body: { type: expect.stringContaining('access-changed') } });
    expect(answer.text).not.toContain('thing_1');
  });
});

describe('a person with more grants than the gateway hands on', () => {
  test('is let in by what their rows say', async () => {
    await table.transact([storedGrant('v1')]);
    const leftOut = authorizer({ grants: grantsLeftOut });
    expect((await call(getThing, { authorizer: leftOut })).status).toBe(200);
    expect(asked[0]!.context.caller.grants).toMatchObject([grant()]);
    const other = { accountId: 'acct_2', thingId: 'thing_1' };
    expect((await call(getThing, { authorizer: leftOut, params: other })).status).toBe(404);
  });

  test('could not have said so themselves: no grant reads like that', () => {
    expect(encodeGrants([grant()])).not.toBe(grantsLeftOut);
  });
  test.each([
    ['whose grant changed too', 'v2', async () => ({ body: aThing })],
    [
      'as its own transaction finds out',
      'v1',
      async () => {
        throw accessChanged();
      },
    ],
  ])('in a session that was ended is unauthorized, %s', async (_, version, handle) => {
    const ended = { update: loginKey('usr_1'), set: { notBeforeSeconds: 1000 } };
    await table.transact([storedGrant(version), ended]);
    const asking = authorizer({ authTime: '1000', grants: encodeGrants([grant()]) });
    const answer = await call(postThing, { authorizer: asking, body: { name: 'x' } }, handle);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('invalid_token');
  });
});
