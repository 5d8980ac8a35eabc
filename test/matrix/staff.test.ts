import { beforeAll, describe, expect, test } from 'vitest';
import { isForStaff } from '../../shared/access/decide.ts';
import { type Permission, permissionKeys } from '../../shared/access/permissions.ts';
import { type StaffRole, staffRoleKeys } from '../../shared/access/staff.ts';
import { everyRoute } from '../../functions/routes.ts';
import { isAccountRoute, type Route, routeKey } from '../../shared/http/route.ts';
import { MemoryPortal } from '../support/memory/memory-portal.ts';
import { sellThings, type Things, things } from './resources.ts';

/**
 * The access matrix of staff, generated from the routes: every route × every role. The expected status is written down
 * here from the rules, not asked of the code under test.
 */
const opens: Record<StaffRole, readonly Permission[]> = {
  support: ['tickets', 'emails', 'documents', 'statistics'],
  billing: ['invoices', 'quotes', 'statistics'],
  sales: ['products', 'manage-products', 'domains', 'manage-domains', 'orders'],
  accounts: ['profile', 'contacts', 'linked-accounts'],
  settings: [],
  administrator: permissionKeys,
};

const portal = new MemoryPortal();
let accountId = '';
let ids: Things = {};

beforeAll(async () => {
  const made = await portal.createAccount('Acme', 'owner@acme.test');
  accountId = made.accountId;
  await sellThings(portal);
  const asking = await portal.createSubAccount(made.ownerId, accountId, 'a@acme.test', []);
  ids = await things(portal, made.ownerId, accountId, asking.userId);
  for (const role of staffRoleKeys) portal.addStaff(`has-${role}`, [role]);
  // A client of one account who works for the provider as well.
  portal.addStaff('both', ['administrator']);
  portal.advance(10);
});

const routes = everyRoute.filter((route) => route.permission !== 'public');

function isOpen({ permission, ...route }: Route, role: StaffRole): boolean {
  // Fields with permissions of their own: one of them lets in, and each is refused by itself.
  const ofFields = Object.values(route.fields ?? {}).filter((each) => each !== 'member');
  if (ofFields.some((each) => opens[role].includes(each))) return true;
  if (permission === 'staff' || permission === 'member' || permission === 'signed-in') return true;
  if (isForStaff(permission)) return role === 'administrator' || permission === `staff:${role}`;
  return !isAccountRoute({ ...route, permission }) || opens[role].includes(permission as Permission);
}

async function status(userId: string, route: Route): Promise<number> {
  const path = route.path
    .replace('{accountId}', accountId)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'x_missing');
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE';
  const called = await portal.call(userId, route.method, path, {
    // Behind the door nothing shall happen: a field that no schema knows, a version that nothing has.
    ...(hasBody ? { body: { unknownField: true } } : {}),
    headers: route.method === 'GET' ? {} : { 'if-match': '"stale"', 'idempotency-key': `key-${++keys}` },
  });
  return called.status;
}
let keys = 0;

/** What removes or ends something has no body to refuse: it is tried where it is closed alone. */
const actsAtOnce = ({ body, method }: Route) => method !== 'GET' && body === undefined;

describe.each(staffRoleKeys)('a member of staff with the role %s', (role) => {
  test.each(routes.map((route) => [routeKey(route), route] as const))('%s', async (_, route) => {
    if (isOpen(route, role)) {
      if (!actsAtOnce(route)) expect(await status(`has-${role}`, route)).not.toBe(403);
    } else {
      expect(await status(`has-${role}`, route)).toBe(403);
    }
  });
});

describe('a member of staff in an account of which they are a client', () => {
  test('acts as a client there, on no route as staff', async () => {
    await portal.table.transact([
      {
        put: {
          pk: 'USER#both',
          sk: `MEMBER#${accountId}`,
          accountId,
          role: 'sub-account',
          contactId: 'con_both',
          permissions: [],
          expiresAtSeconds: null,
          version: 'v1',
        },
      },
    ]);
    for (const route of routes.filter((each) => each.path.includes('{accountId}'))) {
      const { permission } = route;
      if (permission === 'member' || permission === 'signed-in') continue;
      expect(await status('both', route), routeKey(route)).toBe(403);
    }
  });
});
