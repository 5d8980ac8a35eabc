import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { everyRoute } from '../../functions/routes.ts';
import { isForStaff } from '../../shared/access/decide.ts';
import { encodeCursor, listScope } from '../../shared/http/cursor.ts';
import { type Route, routeKey } from '../../shared/http/route.ts';
import { cursorKey } from '../support/memory/memory-dependencies.ts';
import { type Called, MemoryPortal } from '../support/memory/memory-portal.ts';
import { sellThings, type Things, things } from './resources.ts';

/** Every list, found by its declared query: a cursor is good only for that caller, list and filter. */
const portal = new MemoryPortal();
let own: Things = {};
let other: Things = {};
/** The owner of the account, and somebody else who sees the same lists. */
let ownerId = '';
let colleagueId = '';

const queryOf = (route: Route): Record<string, { enum?: string[]; type?: string }> => {
  if (!route.query) return {};
  const { properties } = z.toJSONSchema(route.query, { io: 'input', unrepresentable: 'any' });
  return (properties ?? {}) as ReturnType<typeof queryOf>;
};
const lists = everyRoute.filter((route) => 'cursor' in queryOf(route));

beforeAll(async () => {
  const account = await portal.createAccount('Own', 'owner@own.test');
  ownerId = account.ownerId;
  const { userId } = await portal.createSubAccount(ownerId, account.accountId, 'all@own.test', [
    'contacts',
    'tickets',
  ]);
  colleagueId = userId;
  portal.addStaff('sue');
  await sellThings(portal);
  own = { accountId: account.accountId, ...(await things(portal, ownerId, account.accountId, userId)) };
  const second = await portal.createAccount('Other', 'owner@other.test');
  const asking = await portal.createSubAccount(second.ownerId, second.accountId, 'all@other.test', []);
  other = {
    accountId: second.accountId,
    ...(await things(portal, second.ownerId, second.accountId, asking.userId)),
  };
});

const pathOf = (route: Route, ids: Things) =>
  route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'x_missing');
const callerOf = ({ permission }: Route) => (isForStaff(permission) ? 'stan' : ownerId);
const othersOf = ({ permission }: Route) =>
  isForStaff(permission) ? ['sue', ownerId] : [colleagueId, 'stan'];

/** A filter that the list knows, with a value that it takes. */
function filterOf(route: Route): Record<string, string> {
  const [name, schema] =
    Object.entries(queryOf(route)).find(([key]) => key !== 'limit' && key !== 'cursor') ?? [];
  if (name === undefined) return {};
  const values: Record<string, string> = {
    status: 'active',
    address: 'somebody@own.test',
    from: '2026-03-01',
  };
  return { [name]: schema?.enum?.[0] ?? values[name] ?? 'x' };
}

/** A filter that the list is not read without. */
const needed = (route: Route): Record<string, string> =>
  'address' in queryOf(route) ? { address: 'owner@own.test' } : {};

type Place = string[];

/** Positions of every kind that lists have, of places where nothing is. */
const positions: Place[] = [
  ['TICKET#tkt_0'],
  ['active', 'ACCOUNT#acct_0', 'X'],
  ['open', 'a', 'ACCOUNT#acct_0', 'X'],
];

interface Origin {
  userId: string;
  path: string;
  filters: Record<string, string>;
}

const originOf = (route: Route, filters = {}): Origin => ({
  userId: callerOf(route),
  path: pathOf(route, own),
  filters: { ...needed(route), ...filters },
});
const signed = ({ userId, path, filters }: Origin, place: Place, key = cursorKey): string =>
  encodeCursor(listScope(key, userId, path, filters), place);

const read = (route: Route, cursor: string, filters: Record<string, string> = {}): Promise<Called> =>
  portal.call(callerOf(route), 'GET', pathOf(route, own), {
    query: { ...needed(route), ...filters, cursor },
  });

async function expectRefused(route: Route, cursor: string, filters: Record<string, string> = {}) {
  const { status, body } = await read(route, cursor, filters);
  expect(status, cursor).toBe(400);
  expect(body).toMatchObject({
    code: 'invalid-request',
    errors: [{ path: 'cursor', code: 'not-allowed', message: expect.any(String) }],
  });
}

/** The cursor with one character changed: in the signature, where the place begins, in it, at the end. */
function changed(cursor: string): string[] {
  const at = [0, 10, 20, 21, 22, 24, Math.floor(cursor.length / 2), cursor.length - 2, cursor.length - 1];
  return at.flatMap((index) =>
    ['A', 'z', '7', '-', '_', '=', '+', ' ', '\u0000', '🦊']
      .filter((other) => other !== cursor[index])
      .map((other) => cursor.slice(0, index) + other + cursor.slice(index + 1)),
  );
}

const noCursors = ['', ' ', '2', 'garbage', '../../etc', '%00', 'null', '[]', '{}', 'AAAA'.repeat(200)];

/** What somebody makes up who knows how a cursor is written, and has not the key. */
function madeUp(route: Route, place: Place): string[] {
  const { userId, path, filters } = originOf(route);
  const text = JSON.stringify(place);
  const digest = createHash('sha256').update(text).digest().subarray(0, 16);
  return [
    ...noCursors,
    signed({ userId, path, filters }, place, 'a guessed key'),
    signed({ userId, path, filters }, place, ''),
    encodeCursor('', place),
    encodeCursor(JSON.stringify([userId, path, []]), place),
    Buffer.from(text).toString('base64url'),
    Buffer.concat([digest, Buffer.from(text)]).toString('base64url'),
    Buffer.from(JSON.stringify({ pk: `ACCOUNT#${other['accountId']}`, sk: 'X' })).toString('base64url'),
  ];
}

test('lists are found by their queries', () => {
  expect(lists.length).toBeGreaterThan(15);
  for (const route of lists) expect(route.method).toBe('GET');
});

describe.each(lists.map((route) => ({ name: routeKey(route), route })))(
  'the cursor of $name',
  ({ route }) => {
    test('is good for its caller, list and filter, wherever it leads', async () => {
      const filters = filterOf(route);
      for (const place of positions) {
        expect((await read(route, signed(originOf(route), place))).status).toBe(200);
        const filtered = await read(route, signed(originOf(route, filters), place), filters);
        expect(filtered.status, JSON.stringify(filters)).toBe(200);
      }
    });

    test('is refused once it was changed, cut or lengthened', async () => {
      const cursor = signed(originOf(route), positions[0]!);
      const cut = [cursor.slice(1), cursor.slice(0, -1), cursor.slice(0, 20), `${cursor}A`, `A${cursor}`];
      for (const bad of [...changed(cursor), ...cut]) await expectRefused(route, bad);
    });

    test('is refused when it was made up', async () => {
      for (const place of positions) {
        for (const bad of madeUp(route, place)) await expectRefused(route, bad);
      }
    });

    test('is refused from everybody else’s', async () => {
      for (const userId of [...othersOf(route), 'public', '']) {
        await expectRefused(route, signed({ ...originOf(route), userId }, positions[0]!));
      }
    });

    test('is refused from every other list, that of another account too', async () => {
      const paths = [...lists.map((each) => pathOf(each, own)), pathOf(route, other)];
      for (const path of new Set(paths)) {
        if (path === pathOf(route, own)) continue;
        await expectRefused(route, signed({ ...originOf(route), path }, positions[0]!));
      }
    });

    test('is refused under other filters', async () => {
      const filters = filterOf(route);
      if (Object.keys(filters).length === 0) return;
      await expectRefused(route, signed(originOf(route), positions[0]!), filters);
      await expectRefused(route, signed(originOf(route, filters), positions[0]!));
    });
  },
);
