import { inflateSync } from 'node:zlib';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { absent, TableBusy } from '../../../shared/table/table.ts';
import { memberKey } from '../../../shared/table/keys.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { MemoryTable } from '../../../shared/table/memory-table.ts';
import {
  type Asked,
  aThing,
  authorizer,
  deleteThing,
  openDoor,
  type Handle,
  postThing,
  thingsApi,
  thingsTable,
} from './things-api.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let table: MemoryTable;
const { asked, call } = thingsApi(() => table);

beforeEach(async () => {
  table = await thingsTable();
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
    const record = table.all().find((item) => item.pk.startsWith('IDEMPOTENCY#'));
    const kept = inflateSync(Buffer.from(String(record!['answer']), 'base64')).toString();
    expect(JSON.parse(kept)).toMatchObject({ body: first.body });
    expect(kept).not.toContain('hidden');
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
    await table.transact([{ delete: memberKey('usr_1', 'acct_1') }]);
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

  test('but without a login shares no keys with others who have none', async () => {
    const how = { authorizer: null, params: {}, headers: { 'idempotency-key': 'key-1' } };
    await call(openDoor, how, async () => ({ body: { ok: true } }));
    await call(openDoor, how, async () => ({ body: { ok: true } }));
    expect(asked).toHaveLength(2);
    expect(asked[0]!.context.idempotent).toBeNull();
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
