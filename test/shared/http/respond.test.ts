import * as fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { encodeGrants, type Grant } from '../../../shared/access/caller.ts';
import { type Permission, toMask } from '../../../shared/access/permissions.ts';
import { absent, present, TableBusy } from '../../../shared/table/table.ts';
import { invalid, Problem, type ProblemKind, problemKinds } from '../../../shared/core/problem.ts';
import { type Handled, on, type ValidRequest } from '../../../shared/http/request.ts';
import { accountPath, route, type Route, routeKey } from '../../../shared/http/route.ts';
import { plainListQuery, problem as problemSchema } from '../../../shared/http/schemas.ts';
import { type AuthorizerContext, type HttpEvent, respond, serve } from '../../../shared/http/serve.ts';
import { memberKey } from '../../../shared/table/keys.ts';
import { commit, StaleRead } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const now = new Date('2026-03-01T10:00:00Z');
let table: MemoryTable;
/** What the handler was asked, each time it was. */
let asked: ValidRequest<Route>[];

const grant = (permissions: Permission[] = ['tickets']): Grant => ({
  accountId: 'acct_1',
  role: 'sub-account',
  contactId: 'con_1',
  version: 'v1',
  permissions: toMask(permissions),
  expiresAtSeconds: null,
});
const authorizer = (more: Partial<AuthorizerContext> = {}): AuthorizerContext => ({
  userId: 'usr_1',
  name: 'Carla',
  email: 'carla@people.test',
  staff: 'false',
  grants: encodeGrants([grant()]),
  ...more,
});

const thing = z.object({
  id: z.string(),
  parts: z.array(z.object({ name: z.string() })),
  note: z.string().optional(),
});
const getThing = route({
  method: 'GET',
  path: `${accountPath}/things/{thingId}`,
  permission: 'tickets',
  summary: 'A thing',
  query: z.strictObject({ ...plainListQuery.shape, colour: z.enum(['red', 'blue']).optional() }),
  success: 200,
  answer: thing,
});
const postThing = route({
  method: 'POST',
  path: `${accountPath}/things`,
  permission: 'tickets',
  summary: 'Make a thing',
  body: z.strictObject({
    name: z.string().min(1),
    inner: z.strictObject({ size: z.number() }).optional(),
    list: z.array(z.strictObject({ size: z.number() })).optional(),
  }),
  success: 201,
  answer: thing,
});
const deleteThing = route({
  method: 'DELETE',
  path: `${accountPath}/things/{thingId}`,
  permission: 'tickets',
  summary: 'Remove a thing',
  success: 204,
  answer: null,
});
const openDoor = route({
  method: 'POST',
  path: '/v1/hooks',
  permission: 'public',
  summary: 'Called from outside',
  success: 200,
  answer: z.object({ ok: z.boolean() }),
});

const aThing = { id: 'thing_1', parts: [{ name: 'lid' }] };

beforeEach(async () => {
  table = new MemoryTable();
  asked = [];
  await table.transact([{ put: { ...memberKey('usr_1', 'acct_1'), version: 'v1' } }]);
});

interface Asked {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  params?: Record<string, string>;
  authorizer?: AuthorizerContext | null;
  base64?: boolean;
}

function eventOf(asking: Route, how: Asked = {}): HttpEvent {
  const { headers = {}, query, body, params = { accountId: 'acct_1', thingId: 'thing_1' } } = how;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return {
    routeKey: routeKey(asking),
    rawPath: asking.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? ''),
    headers,
    pathParameters: params,
    queryStringParameters: query,
    body: how.base64 && text !== undefined ? Buffer.from(text).toString('base64') : text,
    isBase64Encoded: how.base64 ?? false,
    requestContext: {
      requestId: 'req-1',
      http: { method: asking.method },
      ...(how.authorizer === null ? {} : { authorizer: { lambda: how.authorizer ?? authorizer() } }),
    },
  } as unknown as HttpEvent;
}

type Handle = (request: ValidRequest<Route>) => Promise<Reply>;

const handled = (asking: Route, handle: Handle): Handled =>
  on(asking, async (request) => {
    asked.push(request);
    return handle(request);
  });

async function call(asking: Route, how: Asked = {}, handle: Handle = async () => ({ body: aThing })) {
  const handlers = new Map([[routeKey(asking), handled(asking, handle)]]);
  const answer = await respond({ table, clock: () => now, providerName: '' }, handlers, eventOf(asking, how));
  const { statusCode: status, headers, body } = answer;
  return {
    status,
    headers: headers as Record<string, string>,
    text: body,
    body: body ? JSON.parse(body) : undefined,
  };
}

const failing = (error: unknown) =>
  call(getThing, {}, async () => {
    throw error;
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
    });
  });

  test('of a route without content is empty', async () => {
    const answer = await call(deleteThing, {}, async () => ({ body: { secret: 1 } }));
    expect([answer.status, answer.text]).toEqual([204, undefined]);
    expect(answer.headers).toEqual({ 'cache-control': 'no-store' });
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
    const handler = serve({ table, clock: () => now, providerName: '' }, [
      handled(getThing, async () => ({ body: aThing })),
    ]);
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
    expect(JSON.parse(answer.body!)).toEqual(aThing);
  });
});

describe('a body', () => {
  const errorsOf = async (body: unknown) => {
    const answer = await call(postThing, { body });
    expect(asked).toEqual([]);
    expect(answer.status).toBe(400);
    return answer.body.errors;
  };

  test('reaches the use case as its schema reads it', async () => {
    const body = { name: 'x', inner: { size: 1 } };
    await call(postThing, { body });
    await call(postThing, { body, base64: true });
    expect(asked.map((request) => request.body)).toEqual([body, body]);
  });

  test.each([
    ['above', { name: 'x', colour: 'red' }, 'colour'],
    ['within', { name: 'x', inner: { size: 1, colour: 'red' } }, 'inner.colour'],
    ['in a list', { name: 'x', list: [{ size: 1 }, { size: 2, colour: 'red' }] }, 'list.1.colour'],
  ])('with an unknown field %s is refused by its name', async (_, body, path) => {
    expect(await errorsOf(body)).toEqual([{ path, message: 'is not a field of this request' }]);
  });

  test('with any unknown field is refused', async () => {
    const name = fc.string({ minLength: 1 }).filter((key) => !['name', 'inner', 'list'].includes(key));
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (key, value) => {
        const text = `{"name":"x",${JSON.stringify(key)}:${JSON.stringify(value)}}`;
        expect(await errorsOf(text)).toEqual([{ path: key, message: 'is not a field of this request' }]);
      }),
    );
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString'])('does not smuggle %s in', async (key) => {
    await call(postThing, { body: `{"name":"x","${key}":{"admin":true}}` });
    for (const request of asked) {
      expect(Object.keys(request.body as object)).toEqual(['name']);
      expect((request.body as Record<string, unknown>)['admin']).toBeUndefined();
    }
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test.each(['{', 'name=x', "{'name':'x'}", '\u0000'])('that is no JSON is refused: %j', async (text) => {
    expect(await errorsOf(text)).toEqual([{ path: '', message: 'The body is not JSON.' }]);
  });

  test.each(['[]', 'null', '1', '"text"', 'true', '[{"name":"x"}]'])(
    'that is no object is refused: %s',
    async (text) => {
      expect(await errorsOf(text)).toHaveLength(1);
    },
  );

  test('that is missing is one without fields', async () => {
    for (const body of [undefined, '', '  ', '{}']) {
      expect(await errorsOf(body)).toEqual([{ path: 'name', message: expect.any(String) }]);
    }
  });

  test('of a route that takes none is refused', async () => {
    for (const body of [{ name: 'x' }, '[]', 'null', '1']) {
      expect((await call(deleteThing, { body }, async () => ({}))).status).toBe(400);
    }
    expect(asked).toEqual([]);
    expect((await call(deleteThing, { body: '{}' }, async () => ({}))).status).toBe(204);
  });

  test('with very many faults is told of twenty', async () => {
    const list = Array.from({ length: 100 }, () => ({ size: 'x' }));
    expect(await errorsOf({ name: 'x', list })).toHaveLength(20);
  });
});

describe('a query', () => {
  test('reaches the use case as its schema reads it', async () => {
    await call(getThing);
    await call(getThing, { query: { limit: '7', colour: 'red', cursor: 'abc' } });
    expect(asked.map((request) => request.query)).toEqual([
      { limit: 25 },
      { limit: 7, colour: 'red', cursor: 'abc' },
    ]);
  });

  test.each(['0', '-1', '101', '1.5', 'x', '', ' ', '1e9', 'NaN'])(
    'asks for 1 to 100 items, not %j',
    async (limit) => {
      expect((await call(getThing, { query: { limit } })).status).toBe(400);
    },
  );

  test('with an unknown parameter is refused by its name', async () => {
    const answer = await call(getThing, { query: { color: 'red' } });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ path: 'color', message: 'is not a field of this request' }]);
  });

  test('of a route that takes none is refused', async () => {
    expect((await call(postThing, { body: { name: 'x' }, query: { dryRun: 'true' } })).status).toBe(400);
  });

  test('makes a list another list by its filters, and not by its page', async () => {
    const pages: Record<string, string>[] = [
      { colour: 'red' },
      { colour: 'red', limit: '5' },
      { cursor: 'abc', colour: 'red' },
      { colour: 'blue' },
      {},
    ];
    for (const query of pages) await call(getThing, { query });
    await call(getThing, { params: { accountId: 'acct_1', thingId: 'thing_2' } });
    const scopes = asked.map((request) => request.listScope);
    expect(new Set(scopes.slice(0, 3)).size).toBe(1);
    expect(new Set(scopes).size).toBe(4);
  });
});

describe('a path', () => {
  test.each(['', '..', 'a/b', 'a b', 'é', '%2e', 'x'.repeat(65), 'acct_1\n', "'"])(
    'with an id that is none leads nowhere: %j',
    async (thingId) => {
      const answer = await call(getThing, { params: { accountId: 'acct_1', thingId } });
      expect(answer.status).toBe(404);
      expect(asked).toEqual([]);
    },
  );

  test('of no route leads nowhere', async () => {
    const answer = await respond({ table, clock: () => now, providerName: '' }, new Map(), eventOf(getThing));
    expect(answer.statusCode).toBe(404);
  });

  test('into an account that is not the caller’s reads as one that is not there', async () => {
    const foreign = await call(getThing, { params: { accountId: 'acct_2', thingId: 'thing_1' } });
    const nowhere = await call(getThing, { params: { accountId: 'acct_1', thingId: '..' } });
    expect(foreign.status).toBe(404);
    expect(foreign.body).toEqual(nowhere.body);
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
      staff: false,
      grants: [grant()],
    });
  });

  test.each(['TRUE', 'yes', '1', ''])(
    'is staff only where the authoriser says true, not %j',
    async (staff) => {
      await call(getThing, { authorizer: { ...authorizer(), staff: staff as 'true' } });
      expect(asked[0]!.context.caller.staff).toBe(false);
    },
  );

  test('must have been found: without the authoriser nothing is done', async () => {
    expect((await call(getThing, { authorizer: null })).status).toBe(500);
    expect((await call(getThing, { authorizer: authorizer({ grants: 'rubbish' }) })).status).toBe(500);
    expect(asked).toEqual([]);
  });

  test('is judged before anything is read of the request', async () => {
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
  const kinds = Object.keys(problemKinds) as ProblemKind[];

  test.each(kinds)('of the kind %s is a problem as every frontend reads it', async (kind) => {
    const answer = await failing(new Problem(kind, 'What a person may read.'));
    const { status, title } = problemKinds[kind];
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      type: `https://portal.example/problems/${kind}`,
      title,
      status,
      detail: 'What a person may read.',
      requestId: 'req-1',
    });
    expect(problemSchema.safeParse(answer.body).success).toBe(true);
  });

  test('carries what it has to say besides', async () => {
    const answer = await failing(invalid([{ path: 'name', message: 'is too long' }]));
    expect(answer.body).toMatchObject({
      detail: 'is too long',
      errors: [{ path: 'name', message: 'is too long' }],
    });
    const limited = await failing(new Problem('delegation-limit', 'No.', { exceeds: ['invoices'] }));
    expect(limited.body.exceeds).toEqual(['invoices']);
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
      type: 'https://portal.example/problems/internal-error',
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

describe('a request with an Idempotency-Key', () => {
  let made: number;
  const make: Handle = async ({ context }) => {
    made += 1;
    const body = { ...aThing, id: `thing_${made}`, secret: 'hidden' };
    const actions = [{ put: { pk: 'THING', sk: body.id }, when: absent }];
    const dependencies = { table, nudgeOutbox: async () => {} };
    const reply = { body, version: `v${made}`, location: `/v1/things/${body.id}` };
    await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
    return reply;
  };
  const ask = (key: string | undefined, body: object = { name: 'x' }, more: Asked = {}) =>
    call(postThing, { body, headers: key === undefined ? {} : { 'idempotency-key': key }, ...more }, make);

  beforeEach(() => {
    made = 0;
  });

  test('is done once, and answered the same each time', async () => {
    const first = await ask('key-1');
    const again = await ask('key-1');
    expect([first.status, again.status, made]).toEqual([201, 201, 1]);
    expect(again.body).toEqual(first.body);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.text).not.toContain('hidden');
  });

  test('is answered with the same version and place each time', async () => {
    const first = await ask('key-1');
    const again = await ask('key-1');
    expect([again.headers['etag'], again.headers['location']]).toEqual([
      first.headers['etag'],
      first.headers['location'],
    ]);
  });

  test('is done anew under another key, and without one each time', async () => {
    await ask('key-1');
    await ask('key-2');
    await ask(undefined);
    await ask(undefined);
    expect(made).toBe(4);
  });

  test('that came with something else before is refused', async () => {
    await ask('key-1');
    expect((await ask('key-1', { name: 'y' })).body).toMatchObject({ status: 422 });
    expect(made).toBe(1);
  });

  test('that failed may be tried again', async () => {
    table.before = (kind) => {
      if (kind === 'transact') throw new TableBusy('throttled');
    };
    expect((await ask('key-1')).status).toBe(503);
    table.before = () => {};
    expect((await ask('key-1', { wrong: true })).status).toBe(400);
    expect((await ask('key-1')).status).toBe(201);
  });

  test('twice at once is done once, whatever comes first', async () => {
    for (let nth = 1, met = true; met; nth++) {
      const before = made;
      const key = `twins-${nth}`;
      let left = nth;
      let other: Awaited<ReturnType<typeof ask>> | undefined;
      table.before = async () => {
        left -= 1;
        if (left !== 0) return;
        table.before = () => {};
        other = await ask(key);
      };
      const one = await ask(key);
      table.before = () => {};
      met = other !== undefined;
      if (!met) continue;
      expect([one.status, other!.status]).toEqual([201, 201]);
      expect(other!.body).toEqual(one.body);
      const rows = table.all().filter((item) => item.pk === 'THING' && Number(item.sk.slice(6)) > before);
      expect(rows).toHaveLength(1);
    }
  });

  test('is still judged: who lost access gets no earlier answer', async () => {
    const first = await ask('key-1');
    const again = await ask('key-1', { name: 'x' }, { authorizer: authorizer({ grants: '' }) });
    expect(again.status).toBe(404);
    expect(again.text).not.toContain(first.body.id);
  });

  test('shares its key with nobody else', async () => {
    await ask('key-1');
    await table.transact([{ put: { ...memberKey('usr_2', 'acct_1'), version: 'v1' } }]);
    const other = await ask('key-1', { name: 'other' }, { authorizer: authorizer({ userId: 'usr_2' }) });
    expect([other.status, made]).toEqual([201, 2]);
  });

  test.each(['', 'two words', 'é', 'x'.repeat(256)])('that is none is refused: %j', async (key) => {
    expect((await ask(key)).status).toBe(400);
    expect(made).toBe(0);
  });

  test('that is no POST runs as if it had none', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    await call(deleteThing, { headers }, async () => ({}));
    await call(deleteThing, { headers }, async () => ({}));
    expect(asked).toHaveLength(2);
    expect(asked[0]!.context.idempotent).toBeNull();
    expect(table.all().filter((item) => item.pk.startsWith('IDEMPOTENCY#'))).toEqual([]);
  });
});

test('a write is made under the grant that the request came with', async () => {
  await table.transact([{ put: { ...memberKey('usr_1', 'acct_1'), version: 'v2' } }]);
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
