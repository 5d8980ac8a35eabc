import { beforeAll, describe, expect, test } from 'vitest';
import { everyRoute } from '../../functions/routes.ts';
import { isForStaff } from '../../shared/access/decide.ts';
import { type Permission, permissionKeys } from '../../shared/access/permissions.ts';
import { isAccountRoute, type Route, routeKey } from '../../shared/http/route.ts';
import { type Called, MemoryPortal } from '../support/memory/memory-portal.ts';
import { sellThings, type Things, things } from './resources.ts';

/**
 * The access matrix of a main account's people in the accounts linked beneath it, generated from the routes: every
 * route × what they hold at home × how the account is linked × what the provider's settings say. What is expected is
 * written down here from the rules, not asked of the code under test.
 */
const portal = new MemoryPortal();
const accountRoutes = everyRoute.filter(isAccountRoute);
const kinds = ['aggregated', 'independent'] as const;
type Kind = (typeof kinds)[number];

const settings = {
  'management off': { management: false, independentAccess: true },
  'management on': { management: true, independentAccess: false },
  'independent access too': { management: true, independentAccess: true },
};
type Setting = keyof typeof settings;

/** What people of the main account can be let into, by kind. */
const opened: Record<Kind, Permission[]> = {
  aggregated: ['products', 'manage-products', 'orders', 'statistics', 'documents', 'tickets'],
  independent: ['products', 'manage-products', 'statistics', 'documents', 'tickets'],
};
/** Theirs alone who belong to the linked account. */
const never = new Set(['POST access-requests', 'POST tickets/{ticketId}/move']);
/** What an independent account keeps to itself though a permission for it is opened. */
const notOfIndependent = new Set([
  'POST services/{serviceId}/change',
  'POST services/{serviceId}/cancel',
  'DELETE tickets/{ticketId}/cc/{address}',
]);

interface Holder {
  name: string;
  holds: readonly Permission[];
}

const everything: readonly Permission[] = permissionKeys;
const holders = (route: Route): Holder[] => {
  const key = permissionKeys.find((each) => each === route.permission) ?? 'tickets';
  return [
    { name: 'owner', holds: everything },
    { name: 'all', holds: everything },
    { name: 'none', holds: [] },
    { name: 'without-linked-accounts', holds: everything.filter((each) => each !== 'linked-accounts') },
    { name: `only-${key}`, holds: [key] },
    { name: `pair-${key}`, holds: [key, 'linked-accounts'] },
    { name: `without-${key}`, holds: everything.filter((each) => each !== key) },
  ];
};

const letIn = 'let in';

function expected(route: Route, holds: readonly Permission[], kind: Kind, setting: Setting) {
  const { permission } = route;
  if (isForStaff(permission)) return '403 staff-only';
  const name = nameOf(route);
  const kept = never.has(name) || (kind === 'independent' && notOfIndependent.has(name));
  const reachable = permission === 'member' || opened[kind].includes(permission as Permission);
  if (kept || !reachable) return '403 account-kind';
  const { management, independentAccess } = settings[setting];
  if (!management || (kind === 'independent' && !independentAccess)) return '403 setting';
  if (!holds.includes('linked-accounts')) return '403 linked-accounts';
  if (permission !== 'member' && !holds.includes(permission as Permission)) return `403 ${permission}`;
  return letIn;
}

/** `POST tickets/{ticketId}/close`: the route below its account. */
const nameOf = ({ method, path }: Route) => `${method} ${path.split('{accountId}')[1]!.slice(1)}`;

function seen({ status, body }: Called): string {
  if (status === 403) {
    if (body.type.endsWith('/staff-only')) return '403 staff-only';
    return `403 ${body.reason ?? body.requiredPermission}`;
  }
  return status < 400 || status === 400 || status === 412 ? letIn : String(status);
}

const users = new Map<string, string>();
const linked = new Map<Kind, { accountId: string; things: Things }>();
let main: { accountId: string; things: Things };

async function change(wanted: Setting): Promise<void> {
  const { management, independentAccess } = settings[wanted];
  await portal.call('stan', 'PUT', '/v1/staff/settings', {
    body: { 'linkedAccounts.management': management, 'linkedAccounts.independentAccess': independentAccess },
  });
}

let keys = 0;

function ask(userId: string, route: Route, accountId: string, ids: Things): Promise<Called> {
  const path = route.path
    .replace('{accountId}', accountId)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'x_missing');
  const reads = route.method === 'GET' || route.method === 'DELETE';
  return portal.call(userId, route.method, path, {
    // Behind the door nothing shall happen: a field that no schema knows, a version that nothing has.
    body: reads ? undefined : { unknownField: true },
    headers: route.method === 'GET' ? {} : { 'if-match': '"stale"', 'idempotency-key': `key-${++keys}` },
  });
}

beforeAll(async () => {
  const own = await portal.createAccount('Main', 'owner@main.test');
  users.set('owner', own.ownerId);
  await sellThings(portal);
  const add = async (name: string, permissions: readonly Permission[]) => {
    const email = `${name}@people.test`;
    const { userId } = await portal.createSubAccount(own.ownerId, own.accountId, email, [...permissions]);
    users.set(name, userId);
  };
  await add('none', []);
  await add('all', everything);
  for (const key of permissionKeys) {
    await add(`only-${key}`, [key]);
    await add(`pair-${key}`, [...new Set<Permission>([key, 'linked-accounts'])]);
    await add(
      `without-${key}`,
      everything.filter((other) => other !== key),
    );
  }
  for (const kind of kinds) {
    const made = await portal.createAccount(kind, `owner@${kind}.test`);
    const asking = await portal.createSubAccount(made.ownerId, made.accountId, `a@${kind}.test`, []);
    linked.set(kind, {
      accountId: made.accountId,
      things: await things(portal, made.ownerId, made.accountId, asking.userId),
    });
  }
  main = {
    accountId: own.accountId,
    things: await things(portal, own.ownerId, own.accountId, users.get('none')!),
  };
  for (const [kind, { accountId }] of linked) {
    await portal.call('stan', 'PUT', `/v1/staff/accounts/${accountId}/main-account`, {
      body: { mainAccountId: own.accountId, kind },
    });
  }
});

describe.each(Object.keys(settings) as Setting[])('%s', (setting) => {
  beforeAll(() => change(setting));

  describe.each(kinds)('in an %s account', (kind) => {
    test.each(accountRoutes.map((route) => ({ name: routeKey(route), route })))(
      '$name',
      async ({ route }) => {
        const { accountId, things: ids } = linked.get(kind)!;
        for (const { name, holds } of holders(route)) {
          const found = seen(await ask(users.get(name)!, route, accountId, ids));
          const wanted = expected(route, holds, kind, setting);
          // A line of a cart is the caller's own: for everybody else there is none.
          const misses = route.path.includes('{itemId}') && found === '404' && wanted === letIn;
          expect(`${name}: ${misses ? letIn : found}`).toBe(`${name}: ${wanted}`);
        }
      },
    );
  });
});

describe('with everything switched on', () => {
  beforeAll(() => change('independent access too'));
  const named = accountRoutes.filter(
    (route) => /\{(?!accountId|itemId)/.test(route.path) && !isForStaff(route.permission),
  );

  test.each(named.map((route) => ({ name: routeKey(route), route })))(
    'ids of the other account read as if they were not there: $name',
    async ({ route }) => {
      for (const { accountId, things: ids } of linked.values()) {
        const reached = seen(await ask(users.get('owner')!, route, main.accountId, ids));
        const back = seen(await ask(users.get('owner')!, route, accountId, main.things));
        // What validation refuses first would have been refused for an id of nothing too.
        const nothing = seen(await ask(users.get('owner')!, route, main.accountId, {}));
        expect(reached).toBe(nothing);
        expect([nothing === letIn ? letIn : '404', '403 account-kind']).toContain(back);
        if (route.method === 'GET') expect(reached).toBe('404');
      }
    },
  );

  test('the refusal by kind or setting names the provider and nothing that could be asked for', async () => {
    const { accountId } = linked.get('independent')!;
    const { body } = await portal.call(users.get('owner')!, 'GET', `/v1/accounts/${accountId}/orders`);
    expect(body).toMatchObject({ status: 403, reason: 'account-kind' });
    expect(body.whatToDo).toContain('provider');
    expect(body).not.toHaveProperty('requiredPermission');
    expect(body).not.toHaveProperty('requestAccess');
    expect(body.areas.map((area: { permission: string }) => area.permission)).toEqual([
      'products',
      'manage-products',
      'tickets',
      'documents',
      'statistics',
    ]);
  });

  test('what is lacking at home can be asked for at home', async () => {
    const { accountId } = linked.get('aggregated')!;
    const { body } = await portal.call(
      users.get('without-tickets')!,
      'GET',
      `/v1/accounts/${accountId}/tickets`,
    );
    expect(body).toMatchObject({
      requiredPermission: 'tickets',
      requestAccess: { href: `/v1/accounts/${main.accountId}/access-requests` },
    });
    expect(body.whatToDo).toContain('Owner of Main');
  });

  test('strangers see neither the main account nor what is beneath it', async () => {
    const stranger = await portal.createAccount('Stranger', 'owner@stranger.test');
    for (const route of accountRoutes) {
      const { accountId, things: ids } = linked.get('aggregated')!;
      expect((await ask(stranger.ownerId, route, accountId, ids)).status).toBe(404);
    }
  });
});
