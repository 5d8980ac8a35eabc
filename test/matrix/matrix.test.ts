import { beforeAll, describe, expect, test } from 'vitest';
import { staffRoleKeys } from '../../shared/access/staff.ts';
import { isForStaff } from '../../shared/access/decide.ts';
import { permissionKeys } from '../../shared/access/permissions.ts';
import { cataloguePermission, isAccountRoute, type Route, routeKey } from '../../shared/http/route.ts';
import { everyRoute } from '../../functions/routes.ts';
import { MemoryPortal } from '../support/memory/memory-portal.ts';
import { sellThings, type Things, things } from './resources.ts';

/**
 * The access matrix, generated from the routes: every route × what the caller holds × whose account. The expected
 * status is written down here from the rules, not asked of the code under test.
 */
const holdings = ['none', 'the-needed', 'all-but-the-needed', 'all', 'owner', 'expired', 'staff'] as const;
const places = ['own', 'other-own', 'foreign', 'missing', 'crossed'] as const;
type Holding = (typeof holdings)[number];
type Place = (typeof places)[number];

const accountRoutes = everyRoute.filter(isAccountRoute);
const portal = new MemoryPortal();
const accounts: Record<Place, { accountId: string; things: Things }> = {
  own: { accountId: '', things: {} },
  'other-own': { accountId: '', things: {} },
  foreign: { accountId: '', things: {} },
  missing: { accountId: 'acct_missing', things: {} },
  // The path of the own account with the ids of another one's things.
  crossed: { accountId: '', things: {} },
};
const users = new Map<string, string>();

/** Anything but a refusal by access: what lies behind the door is tested elsewhere. */
const letIn = 'let in';

function expected(route: Route, holding: Holding, place: Place): number | typeof letIn {
  if (holding === 'staff')
    return place === 'missing' || (place === 'crossed' && hasThing(route)) ? 404 : letIn;
  if (place === 'foreign' || place === 'missing' || holding === 'expired') return 404;
  if (place === 'crossed' && !hasThing(route)) return expected(route, holding, 'own');
  if (place === 'crossed') return expected(route, holding, 'own') === letIn ? 404 : 403;
  if (isForStaff(route.permission)) return 403;
  if (route.permission === 'member') return letIn;
  // The second account gives everybody a part without any permission.
  if (place === 'other-own') return 403;
  if (holding === 'owner') return letIn;
  if (holding === 'all-but-the-needed' && route.fields) return letIn;
  return holding === 'all' || holding === 'the-needed' ? letIn : 403;
}

/** A line of a cart is the caller's own: for everybody else there is none, whatever they hold. */
const isOwn = (route: Route) => route.path.includes('{itemId}');
const hasThing = (route: Route) => /\{(?!accountId)/.test(route.path) && !isOwn(route);

beforeAll(async () => {
  const own = await portal.createAccount('Own', 'owner@own.test');
  const other = await portal.createAccount('Other', 'owner@other.test');
  const foreign = await portal.createAccount('Foreign', 'owner@foreign.test');
  users.set('owner', own.ownerId);
  users.set('staff', 'stan');
  const add = async (name: string, permissions: string[], extra = {}) => {
    const email = `${name}@people.test`;
    const { userId } = await portal.createSubAccount(own.ownerId, own.accountId, email, permissions, extra);
    await portal.createSubAccount(other.ownerId, other.accountId, email, [], extra);
    users.set(name, userId);
  };
  await add('none', []);
  await add('all', [...permissionKeys]);
  await add('expired', [...permissionKeys], { expiresAt: '2026-03-01T10:00:10Z' });
  for (const key of permissionKeys) {
    await add(`only-${key}`, [key]);
    await add(
      `without-${key}`,
      permissionKeys.filter((other) => other !== key),
    );
  }
  // The owner of the first account has a part in the second too.
  await portal.createSubAccount(other.ownerId, other.accountId, 'owner@own.test', []);
  await sellThings(portal);
  const asking = await portal.createSubAccount(foreign.ownerId, foreign.accountId, 'a@foreign.test', []);
  const foreignThings = await things(portal, foreign.ownerId, foreign.accountId, asking.userId);
  const none = users.get('none')!;
  accounts.own = { accountId: own.accountId, things: await things(portal, own.ownerId, own.accountId, none) };
  accounts['other-own'] = {
    accountId: other.accountId,
    things: await things(portal, other.ownerId, other.accountId, none),
  };
  accounts.foreign = { accountId: foreign.accountId, things: foreignThings };
  accounts.crossed = { accountId: own.accountId, things: foreignThings };
  portal.advance(10);
});

function userOf(route: Route, holding: Holding): string {
  const key = cataloguePermission(route.permission) ?? 'tickets';
  if (holding === 'the-needed') return users.get(`only-${key}`)!;
  if (holding === 'all-but-the-needed') return users.get(`without-${key}`)!;
  return users.get(holding)!;
}

function pathFor(route: Route, place: Place): string {
  const { accountId, things: ids } = accounts[place];
  return route.path
    .replace('{accountId}', accountId)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'x_missing');
}

async function status(route: Route, holding: Holding, place: Place): Promise<number | typeof letIn> {
  const { method } = route;
  const called = await portal.call(userOf(route, holding), method, pathFor(route, place), {
    // Behind the door nothing shall happen: a field that no schema knows, a version that nothing has.
    body: bodyOf(route, place),
    headers: method === 'GET' ? {} : { 'if-match': '"stale"', ...keyFor(route) },
  });
  const missesOwn = isOwn(route) && called.status === 404 && expected(route, holding, place) === letIn;
  if (missesOwn) return letIn;
  return called.status < 400 || called.status === 400 || called.status === 412 ? letIn : called.status;
}

let keys = 0;
/** Paying needs a key, and each try one of its own. */
const keyFor = (route: Route): Record<string, string> =>
  route.path.endsWith('/pay') ? { 'idempotency-key': `key-${++keys}` } : {};

/** Across accounts the body is one that would be taken, so that nothing but the foreign id can refuse it. */
function bodyOf(route: Route, place: Place): unknown {
  if (place !== 'crossed' || !hasThing(route))
    return route.method === 'GET' || route.method === 'DELETE' ? undefined : { unknownField: true };
  if (route.method === 'PUT') return route.path.endsWith('/sub-account') ? { permissions: [] } : {};
  if (route.method === 'PATCH') return {};
  const bodies: Record<string, unknown> = {
    replies: { message: 'Hello' },
    assign: { assignee: null },
    move: { accountId: accounts.own.accountId },
    credit: {},
    pay: { method: 'sandbox' },
    payments: {
      amount: { amount: 1, currency: 'GBP' },
      method: 'cash',
      reference: 'R',
      receivedOn: '2026-03-01',
    },
    refunds: { reason: 'Thing' },
    copies: { reason: 'Thing' },
    'credit-notes': { amount: { amount: 1, currency: 'GBP' }, reason: 'Thing' },
  };
  const services: Record<string, unknown> = {
    change: { productId: 'prd_thing', mode: 'request' },
    cancel: { when: 'period-end', reason: 'Thing' },
  };
  const orders: Record<string, unknown> = {
    approve: { paymentMethod: 'sandbox' },
    reject: { reason: 'Thing' },
  };
  const last = route.path.split('/').at(-1)!;
  if (route.path.includes('/orders/')) return orders[last];
  return route.path.includes('/services/') ? (services[last] ?? bodies[last]) : bodies[last];
}

describe.each(accountRoutes.map((route) => ({ name: routeKey(route), route })))('$name', ({ route }) => {
  test.each(holdings.flatMap((holding) => places.map((place) => ({ holding, place }))))(
    '$holding permissions, $place account',
    async ({ holding, place }) => {
      expect(await status(route, holding, place)).toBe(expected(route, holding, place));
    },
  );
});

/** A route that members reach, whose fields are each somebody's: by name, who may change it, with a value that is new. */
const profileFields: [field: string, needed: 'profile' | 'invoices' | 'owner', value: unknown][] = [
  ['name', 'profile', 'Renamed'],
  ['address', 'profile', { city: 'York' }],
  ['taxId', 'profile', 'GB123'],
  ['language', 'profile', 'de'],
  ['autoPayFromCredit', 'invoices', true],
  ['emailPreferences', 'owner', { general: false }],
];

describe.each(profileFields)('PATCH /v1/accounts/{accountId} of %s', (field, needed, value) => {
  const holders = [...permissionKeys.flatMap((key) => [`only-${key}`, `without-${key}`]), 'none', 'all'];

  test.each([...holders, 'owner', 'staff'])('by %s', async (holder) => {
    const { accountId } = accounts.own;
    // Whoever is let in meets a version that nothing has.
    const { status: code, body } = await portal.call(
      users.get(holder)!,
      'PATCH',
      `/v1/accounts/${accountId}`,
      {
        body: { [field]: value },
        headers: { 'if-match': '"stale"' },
      },
    );
    const holds =
      holder === `only-${needed}` ||
      holder === 'all' ||
      (holder.startsWith('without-') && holder !== `without-${needed}`);
    const isIn = holder === 'owner' || holder === 'staff' || (needed !== 'owner' && holds);
    expect(isIn ? code : [code, body.requiredPermission ?? body.reason]).toEqual(isIn ? 412 : [403, needed]);
  });
});

describe('the explained refusal', () => {
  test.each(
    accountRoutes
      .filter((route) => cataloguePermission(route.permission))
      .map((route) => ({ name: routeKey(route), route })),
  )('of $name names what is missing, what is open, and whom to ask', async ({ route }) => {
    const key = cataloguePermission(route.permission)!;
    const path = pathFor(route, 'own');
    const { status: code, body } = await portal.call(users.get(`without-${key}`)!, route.method, path, {
      body: route.method === 'GET' ? undefined : {},
    });
    expect(code).toBe(403);
    expect(body.type).toBe('https://portal.test/problems/permission-required');
    expect(body.requiredPermission).toBe(key);
    expect(body.areas.map((area: { permission: string }) => area.permission)).toEqual(
      permissionKeys.filter((other) => other !== key),
    );
    expect(body.whatToDo).toContain('Owner of Own');
    expect(body.requestAccess).toEqual({
      method: 'POST',
      href: `/v1/accounts/${accounts.own.accountId}/access-requests`,
    });
  });
});

test('every route below an account names a permission, and every permission is of the catalogue', () => {
  for (const route of everyRoute) {
    const roles = staffRoleKeys.map((role) => `staff:${role}`);
    const known = [...permissionKeys, ...roles, 'member', 'signed-in', 'staff', 'public'] as string[];
    expect(known).toContain(route.permission);
  }
});

test('a route without a permission does not compile', () => {
  // @ts-expect-error the permission is a required field
  const route: Route = { method: 'GET', path: '/v1/x', summary: '', success: 200, answer: null };
  expect(route.permission).toBeUndefined();
});
