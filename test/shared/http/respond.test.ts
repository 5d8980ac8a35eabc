import * as fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGrants } from '../../../shared/access/caller.ts';
import { present, TableBusy } from '../../../shared/table/table.ts';
import {
  invalid,
  Problem,
  type ProblemKind,
  problemKinds,
  retryAfter,
} from '../../../shared/core/problem.ts';
import { problem as problemSchema } from '../../../shared/http/schemas.ts';
import { type HttpEvent, type respond, serve } from '../../../shared/http/serve.ts';
import { commit, StaleRead } from '../../../shared/write/commit.ts';
import type { MemoryTable } from '../../../shared/table/memory-table.ts';
import {
  aThing,
  authorizer,
  deleteThing,
  eventOf,
  getThing,
  grant,
  servingFrom,
  openDoor,
  postThing,
  thingsApi,
  thingsTable,
  storedGrant,
} from './things-api.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let table: MemoryTable;
const { asked, call, failing, handled } = thingsApi(() => table);

beforeEach(async () => {
  table = await thingsTable();
});

describe('an answer', () => {
  test('carries what the route declares, with its version and its place', async () => {
    const handle = async () => ({ body: aThing, version: 'v7', location: '/v1/there' });
    const answer = await call(postThing, { body: { name: 'x' } }, handle);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual(aThing);
    expect(answer.headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      etag: '"v7"',
      location: '/v1/there',
      'x-request-id': 'req-1',
    });
  });

  test('of a route without content is empty', async () => {
    const answer = await call(deleteThing, {}, async () => ({ body: { secret: 1 } }));
    expect([answer.status, answer.text]).toEqual([204, undefined]);
    expect(answer.headers).toEqual({ 'cache-control': 'no-store', 'x-request-id': 'req-1' });
  });

  test('lets no undeclared field out, however deep', async () => {
    const name = fc
      .string({ minLength: 1 })
      .filter((key) => !['id', 'parts', 'note', 'name', '__proto__'].includes(key));
    const extra = fc.dictionary(name, fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(extra, extra, async (above, below) => {
        const body = { ...above, id: 'thing_1', parts: [{ ...below, name: 'lid' }] };
        expect((await call(getThing, {}, async () => ({ body }))).body).toEqual(aThing);
      }),
    );
  });

  test('that breaks its own promise is not given', async () => {
    const answer = await call(getThing, {}, async () => ({
      body: { ...aThing, id: 17, secret: 'password' },
    }));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/17|secret|password|parts/);
  });

  test('goes out with the headers that keep browsers from guessing', async () => {
    const handler = serve(servingFrom(table), [handled(getThing, async () => ({ body: aThing }))]);
    const answer = await (
      handler as unknown as (
        event: HttpEvent,
        context: object,
      ) => Promise<Awaited<ReturnType<typeof respond>>>
    )(eventOf(getThing), {});
    expect(answer.statusCode).toBe(200);
    const headers = Object.fromEntries(
      Object.entries(answer.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['strict-transport-security']).toContain('max-age');
    // Pages have forms, and no script.
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain('sandbox allow-forms allow-same-origin');
    expect(JSON.parse(answer.body!)).toEqual(aThing);
  });
});

describe('who asks', () => {
  test('is whom the authoriser found, whatever the headers say', async () => {
    const headers = {
      'x-user-id': 'usr_9',
      'x-staff': 'true',
      authorization: 'Bearer x',
      cookie: 'user=usr_9',
    };
    await call(getThing, { headers });
    expect(asked[0]!.context.caller).toEqual({
      userId: 'usr_1',
      name: 'Carla',
      email: 'carla@people.test',
      staff: null,
      grants: [grant()],
      secondFactor: false,
    });
  });

  test('comes with the session, the time and the second factor of its sign-in', async () => {
    const signIn = { session: 'session-1', authTime: '1772359200', secondFactor: 'true' } as const;
    await call(getThing, { authorizer: { ...authorizer(), ...signIn } });
    expect(asked[0]!.context.caller).toMatchObject({
      sessionId: 'session-1',
      signedInAtSeconds: 1_772_359_200,
      secondFactor: true,
    });
  });

  test('is staff only with roles that there are', async () => {
    for (const staff of ['true', 'v1', 'v1.king', '.support']) {
      expect((await call(getThing, { authorizer: authorizer({ staff }) })).status).toBe(500);
    }
    expect(asked).toEqual([]);
  });

  test('is told to sign in again by a problem, where the authoriser did not accept the token', async () => {
    const refused = await call(getThing, { authorizer: { refused: 'invalid-token' } });
    expect(refused).toMatchObject({ status: 401, body: { status: 401, title: 'Please sign in' } });
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/);
    expect(asked).toEqual([]);
  });

  test('is told to try again, where the authoriser found the table busy', async () => {
    const refused = await call(getThing, { authorizer: { refused: 'too-busy' } });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('3');
  });

  test('is told to try again, while earlier sign-ins are being ended', async () => {
    const refused = await call(getThing, { authorizer: { refused: 'try-again' } });
    expect(refused).toMatchObject({ status: 503, body: { type: expect.stringMatching(/\/try-again$/) } });
    expect(refused.headers['retry-after']).toBe('3');
    expect(asked).toEqual([]);
  });

  test('must have been found: without the authoriser nothing is done', async () => {
    expect((await call(getThing, { authorizer: null })).status).toBe(500);
    expect((await call(getThing, { authorizer: authorizer({ grants: 'rubbish' }) })).status).toBe(500);
    expect(asked).toEqual([]);
  });

  test('is judged before anything is read of the request', async () => {
    await table.transact([storedGrant('v1', ['invoices'])]);
    const answer = await call(postThing, {
      authorizer: authorizer({ grants: encodeGrants([grant(['invoices'])]) }),
      body: '{ this is no JSON',
      headers: { 'idempotency-key': 'not a key' },
    });
    expect(answer.status).toBe(404);
    expect(asked).toEqual([]);
  });

  test('may be anybody at a public route, where no authoriser stands', async () => {
    const answer = await call(openDoor, { authorizer: null, params: {} }, async () => ({
      body: { ok: true },
    }));
    expect(answer.status).toBe(200);
  });
});

describe('a refusal', () => {
  // Changed access is found out again before anybody is told.
  const kinds = (Object.keys(problemKinds) as ProblemKind[]).filter((kind) => kind !== 'access-changed');

  test.each(kinds)('of the kind %s is a problem as every frontend reads it', async (kind) => {
    const answer = await failing(new Problem(kind, 'What a person may read.'));
    const { status, title } = problemKinds[kind];
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      type: `https://portal.test/problems/${kind}`,
      code: kind,
      title,
      status,
      detail: 'What a person may read.',
      requestId: 'req-1',
    });
    expect(problemSchema.safeParse(answer.body).success).toBe(true);
  });

  test('carries what it has to say besides', async () => {
    const answer = await failing(invalid([{ path: 'name', code: 'too-long', message: 'is too long' }]));
    expect(answer.body).toMatchObject({
      detail: 'is too long',
      errors: [{ path: 'name', code: 'too-long', message: 'is too long' }],
    });
    const limited = await failing(new Problem('delegation-limit', 'No.', { exceeds: ['invoices'] }));
    expect(limited.body.exceeds).toEqual(['invoices']);
  });

  test('names its request in a header too, as every answer does', async () => {
    expect((await failing(new Problem('conflict', 'No.'))).headers['x-request-id']).toBe('req-1');
    expect((await failing(new Error('a bug'))).headers['x-request-id']).toBe('req-1');
  });

  test('that passes by itself says when to come back, in whole seconds', async () => {
    const limited = new Problem('invitation-limit', 'Not yet.', { nextAt: 'then' }, retryAfter(86_399.2));
    const answer = await failing(limited);
    expect(answer).toMatchObject({ status: 429, body: { nextAt: 'then' } });
    expect(answer.headers['retry-after']).toBe('86400');
    expect((await failing(new Problem('try-again', 'Later.'))).headers['retry-after']).toBe('1');
    const later = new Problem('try-again', 'Later.', {}, retryAfter(0));
    expect((await failing(later)).headers['retry-after']).toBe('1');
    expect((await failing(new Problem('conflict', 'No.'))).headers['retry-after']).toBeUndefined();
  });

  test('carries its own headers, which do not change what it is', async () => {
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"', 'content-type': 'text/html' };
    const answer = await failing(new Problem('unauthorized', 'Please sign in again.', {}, headers));
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'www-authenticate': 'Bearer error="invalid_token"',
      'content-type': 'application/problem+json',
    });
  });

  test('never says another request’s id', async () => {
    const answer = await failing(new Problem('conflict', 'No.', { requestId: 'req-other' }));
    expect(answer.body.requestId).toBe('req-1');
  });

  test('for want of a permission is for the account’s people alone, and explained to them', async () => {
    await table.transact([
      {
        put: {
          pk: 'ACCOUNT#acct_1',
          sk: 'ACCOUNT',
          id: 'acct_1',
          name: 'Acme',
          owner: { userId: 'usr_o', name: 'Olga', email: 'olga@acme.test', emailPreferences: {} },
        },
      },
    ]);
    await table.transact([storedGrant('v1', ['invoices'])]);
    const answer = await call(getThing, {
      authorizer: authorizer({ grants: encodeGrants([grant(['invoices'])]) }),
    });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({
      title: "You don't have access to support tickets",
      requiredPermission: 'tickets',
      areas: [{ permission: 'invoices', label: 'View & pay invoices', href: '/v1/accounts/acct_1/invoices' }],
      whatToDo: expect.stringContaining('Olga'),
    });
    expect(JSON.stringify(answer.body)).not.toContain('olga@acme.test');
  });
});

describe('a bug', () => {
  test.each([
    ['an error', new Error('Cannot read password of usr_9 at /var/task/index.js:1')],
    ['a type error', new TypeError("Cannot read properties of undefined (reading 'secret')")],
    ['text', 'usr_9 has the password secret'],
    ['nothing', undefined],
    ['null', null],
    [
      'an object that looks like a refusal',
      { kind: 'conflict', message: 'secret', extensions: { a: 'secret' } },
    ],
  ])('that throws %s is told as nothing but the request’s id', async (_, error) => {
    const answer = await failing(error);
    expect(answer.status).toBe(500);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toEqual({
      type: 'https://portal.test/problems/internal-error',
      code: 'internal-error',
      title: problemKinds['internal-error'].title,
      status: 500,
      detail: 'Something went wrong on our side. Please try again.',
      requestId: 'req-1',
    });
  });
});

describe('what changed while it was read', () => {
  test('is read again, until the write lands', async () => {
    let runs = 0;
    const answer = await call(getThing, {}, async () => {
      runs += 1;
      if (runs < 6) throw new StaleRead();
      return { body: aThing };
    });
    expect([answer.status, runs]).toEqual([200, 6]);
  });

  test('again and again is told as too busy, after forty runs', async () => {
    const answer = await call(getThing, {}, () => Promise.reject(new StaleRead()));
    expect(answer.status).toBe(503);
    expect(answer.body.type).toMatch(/\/too-busy$/);
    expect(answer.headers['retry-after']).toBe('1');
    expect(asked).toHaveLength(40);
  });

  test('is not what a busy table is: that is told at once', async () => {
    const answer = await failing(new TableBusy('throttled'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(asked).toHaveLength(1);
  });
});

test('a write is made under the grant that the request came with', async () => {
  await table.transact([storedGrant('v2')]);
  const answer = await call(postThing, { body: { name: 'x' } }, async ({ context }) => {
    const dependencies = { table, nudgeOutbox: async () => {} };
    await commit(dependencies, context, {
      actions: [{ put: { pk: 'THING', sk: '1' }, when: present }],
      activity: [],
      outbox: [],
    });
    return { body: aThing };
  });
  expect([answer.status, answer.body.type]).toEqual([409, expect.stringMatching(/\/access-changed$/)]);
  expect(asked).toHaveLength(1);
});
