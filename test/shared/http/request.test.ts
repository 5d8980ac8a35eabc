import * as fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { largestBody, respond } from '../../../shared/http/serve.ts';
import type { MemoryTable } from '../../../shared/table/memory-table.ts';
import {
  authorizer,
  deleteThing,
  eventOf,
  getThing,
  postThing,
  servingFrom,
  thingsApi,
  thingsTable,
} from './things-api.ts';
import { memberKey } from '../../../shared/table/keys.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let table: MemoryTable;
const { asked, call } = thingsApi(() => table);

beforeEach(async () => {
  table = await thingsTable();
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
    expect(await errorsOf(body)).toEqual([
      { path, code: 'unknown-field', message: 'is not a field of this request' },
    ]);
  });

  test('with any unknown field is refused', async () => {
    const name = fc.string({ minLength: 1 }).filter((key) => !['name', 'inner', 'list'].includes(key));
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (key, value) => {
        const text = `{"name":"x",${JSON.stringify(key)}:${JSON.stringify(value)}}`;
        expect(await errorsOf(text)).toEqual([
          { path: key, code: 'unknown-field', message: 'is not a field of this request' },
        ]);
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
    expect(await errorsOf(text)).toEqual([
      { path: '', code: 'wrong-format', message: 'The body is not JSON.' },
    ]);
  });

  test.each(['[]', 'null', '1', '"text"', 'true', '[{"name":"x"}]'])(
    'that is no object is refused: %s',
    async (text) => {
      expect(await errorsOf(text)).toHaveLength(1);
    },
  );

  test('that is missing is one without fields', async () => {
    for (const body of [undefined, '', '  ', '{}']) {
      expect(await errorsOf(body)).toEqual([{ path: 'name', code: 'required', message: 'is required' }]);
    }
  });

  test('of a route that takes none is refused', async () => {
    for (const body of [{ name: 'x' }, '[]', 'null', '1']) {
      expect((await call(deleteThing, { body }, async () => ({}))).status).toBe(400);
    }
    expect(asked).toEqual([]);
    expect((await call(deleteThing, { body: '{}' }, async () => ({}))).status).toBe(204);
  });

  test('of a megabyte is read, and one byte more is too large, however it is sent', async () => {
    const bytes = (count: number) => `{"name":"${'é'.repeat((count - 11) / 2)}"}`;
    expect(Buffer.byteLength(bytes(largestBody + 1))).toBe(largestBody + 1);
    const largest = `${bytes(largestBody - 1)} `;
    for (const base64 of [false, true]) {
      expect((await call(postThing, { body: largest, base64 })).status).toBe(201);
      const answer = await call(postThing, { body: bytes(largestBody + 1), base64 });
      expect(answer).toMatchObject({ status: 413, body: { code: 'too-large', status: 413 } });
      expect(answer.headers['content-type']).toBe('application/problem+json');
    }
    expect(asked).toHaveLength(2);
  });

  test('that is too large is not parsed first, and is nothing to those without access', async () => {
    const body = '['.repeat(largestBody + 1);
    expect((await call(postThing, { body })).status).toBe(413);
    await table.transact([{ delete: memberKey('usr_1', 'acct_1') }]);
    expect((await call(postThing, { body, authorizer: authorizer({ grants: '' }) })).status).toBe(404);
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
    expect(answer.body.errors).toEqual([
      { path: 'color', code: 'unknown-field', message: 'is not a field of this request' },
    ]);
  });

  test('of a route that takes none is refused', async () => {
    expect((await call(postThing, { body: { name: 'x' }, query: { dryRun: 'true' } })).status).toBe(400);
  });

  test('makes a list another list by its filters and its caller, and not by its page', async () => {
    const pages: Record<string, string>[] = [
      { colour: 'red' },
      { colour: 'red', limit: '5' },
      { cursor: 'abc', colour: 'red' },
      { colour: 'blue' },
      {},
    ];
    for (const query of pages) await call(getThing, { query });
    await call(getThing, { params: { accountId: 'acct_1', thingId: 'thing_2' } });
    await call(getThing, { authorizer: authorizer({ userId: 'usr_2' }) });
    const scopes = asked.map((request) => request.listScope);
    expect(new Set(scopes.slice(0, 3)).size).toBe(1);
    expect(new Set(scopes).size).toBe(5);
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
    const answer = await respond(servingFrom(table), new Map(), eventOf(getThing));
    expect(answer.statusCode).toBe(404);
  });

  test('into an account that is not the caller’s reads as one that is not there', async () => {
    const foreign = await call(getThing, { params: { accountId: 'acct_2', thingId: 'thing_1' } });
    const nowhere = await call(getThing, { params: { accountId: 'acct_1', thingId: '..' } });
    expect(foreign.status).toBe(404);
    expect(foreign.body).toEqual(nowhere.body);
  });
});
