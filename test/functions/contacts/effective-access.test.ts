import * as fc from 'fast-check';
import { beforeAll, expect, test, vi } from 'vitest';
import { type Permission, permissionKeys, permissions } from '../../../shared/access/permissions.ts';
import { isAccountRoute, type Route, routeKey } from '../../../shared/http/route.ts';
import { mailKinds } from '../../../shared/accounts/people.ts';
import { everyRoute } from '../../../functions/routes.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** What a contact could do is told by the same decision that each of its requests meets: asked here of both. */
const portal = new MemoryPortal();
let accountId: string;
let ownerId: string;
let contactId: string;
let userId: string;
let contact: string;

beforeAll(async () => {
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  ({ contactId, userId } = await portal.createSubAccount(ownerId, accountId, 'carla@people.test', []));
  contact = `/v1/accounts/${accountId}/contacts/${contactId}`;
});

const give = (body: object) => portal.call(ownerId, 'PUT', `${contact}/sub-account`, { body });
const effective = async () => (await portal.call(ownerId, 'GET', `${contact}/effective-access`)).body;
const listed = async () =>
  new Set<string>(
    (await effective()).routes.map((route: { method: string; path: string }) =>
      `${route.method} ${route.path}`.replace(accountId, '{accountId}'),
    ),
  );

/** What the route really answers this person. What it names besides the account is not there. */
async function answer(route: Route): Promise<number> {
  const path = route.path
    .replace('{accountId}', isAccountRoute(route) ? accountId : 'x_missing')
    .replaceAll(/\{\w+\}/g, 'x_missing');
  const writes = route.method !== 'GET';
  const refusable = { body: { unknownField: true }, headers: { 'if-match': '"stale"' } };
  return (await portal.call(userId, route.method, path, writes ? refusable : {})).status;
}

const judged = everyRoute.filter((route) => route.permission !== 'public');

test('is what the requests really answer, for any permissions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...permissionKeys]), async (held) => {
      await give({ permissions: held });
      const open = await listed();
      for (const route of judged) {
        const status = await answer(route);
        expect([routeKey(route), status === 403]).toEqual([routeKey(route), !open.has(routeKey(route))]);
      }
    }),
    { numRuns: 30 },
  );
});

test('names no route that there is not', async () => {
  await give({ permissions: permissionKeys });
  const known = new Set(everyRoute.map(routeKey));
  for (const key of await listed()) expect(known).toContain(key);
});

test('names the areas that are held, as people read them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...permissionKeys]), async (held) => {
      await give({ permissions: held });
      const { areas } = await effective();
      expect(areas).toEqual(
        permissions
          .filter((entry) => held.includes(entry.key))
          .map(({ key, label, list }) => ({
            permission: key satisfies Permission,
            label,
            href: `/v1/accounts/${accountId}${list}`,
          })),
      );
    }),
  );
});

test('names the kinds of mail that are switched on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...mailKinds]), async (kinds) => {
      const emailPreferences = Object.fromEntries(mailKinds.map((kind) => [kind, kinds.includes(kind)]));
      await portal.call(ownerId, 'PATCH', contact, { body: { emailPreferences } });
      expect((await effective()).mail).toEqual(kinds);
    }),
  );
});

test('of access that has run out is nothing in the account', async () => {
  await give({ permissions: permissionKeys, expiresAt: '2026-03-01T11:00:00Z' });
  portal.now = new Date('2026-03-01T11:00:00Z');
  const open = await listed();
  expect((await effective()).areas).toEqual([]);
  for (const route of judged) {
    const status = await answer(route);
    if (isAccountRoute(route)) expect([routeKey(route), status]).toEqual([routeKey(route), 404]);
    expect(open.has(routeKey(route))).toBe(status !== 403 && !isAccountRoute(route));
  }
});

test('of a contact without a login, or with one that was ended, is no route and no area', async () => {
  const body = { name: 'Cora', email: 'cora@people.test', emailPreferences: { domain: true } };
  const made = await portal.call(ownerId, 'POST', `/v1/accounts/${accountId}/contacts`, { body });
  const path = `/v1/accounts/${accountId}/contacts/${made.body.id}`;
  const told = async () => (await portal.call(ownerId, 'GET', `${path}/effective-access`)).body;
  expect(await told()).toEqual({ areas: [], linkedAccounts: [], routes: [], mail: ['domain'] });
  await portal.call(ownerId, 'PUT', `${path}/sub-account`, { body: { permissions: permissionKeys } });
  await portal.call(ownerId, 'DELETE', `${path}/sub-account`);
  expect(await told()).toEqual({ areas: [], linkedAccounts: [], routes: [], mail: ['domain'] });
});
