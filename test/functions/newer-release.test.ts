import { beforeEach, describe, expect, test } from 'vitest';
import { everyRoute } from '../../functions/routes.ts';
import { routeKey } from '../../shared/http/route.ts';
import type { Item } from '../../shared/table/table.ts';
import { filledWorld } from '../bench/routes/filled-world.ts';
import { scenarios } from '../bench/routes/route-scenarios.ts';
import { MemoryPortal } from '../support/memory/memory-portal.ts';

/** A table in which a newer release has written: after going back to this one, nothing of it may be lost. */

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
});

const base = () => `/v1/accounts/${accountId}`;
const staffSettings = '/v1/staff/settings';

/** Changes rows as another release would. */
function rewrite(isMeant: (row: Item) => boolean, how: (row: Item) => Item): void {
  portal.table.load(
    portal.table
      .all()
      .filter(isMeant)
      .map((row) => how(structuredClone(row))),
  );
}

describe('settings of a newer release', () => {
  beforeEach(async () => {
    await portal.call('stan', 'PUT', staffSettings, { body: { timeZone: 'Europe/London' } });
    rewrite(
      ({ pk }) => pk === 'SETTINGS',
      (row) => ({
        ...row,
        ofTomorrow: 'kept',
        settings: { ...(row['settings'] as object), 'mail.ofTomorrow': 'x', 'mail.hourlyLimit': 1_000_000 },
      }),
    );
  });

  test('are passed over, and one out of bounds counts as its default', async () => {
    const { status, body } = await portal.call('stan', 'GET', staffSettings);
    expect([status, body.timeZone, body['mail.hourlyLimit']]).toEqual([200, 'Europe/London', 60]);
    expect(body).not.toHaveProperty('mail.ofTomorrow');
  });

  test('stay when others are changed', async () => {
    await portal.call('stan', 'PUT', staffSettings, { body: { timeZone: 'Europe/Berlin' } });
    expect(await portal.table.get({ pk: 'SETTINGS', sk: 'SETTINGS' })).toMatchObject({
      ofTomorrow: 'kept',
      settings: { 'mail.ofTomorrow': 'x', 'mail.hourlyLimit': 1_000_000, timeZone: 'Europe/Berlin' },
    });
  });

  test('are still no settings that anybody can write', async () => {
    const body = { 'mail.ofTomorrow': 'x' };
    expect((await portal.call('stan', 'PUT', staffSettings, { body })).status).toBe(400);
  });
});

test('a status that this release does not know is shown as it is', async () => {
  const opened = await portal.call(ownerId, 'POST', `${base()}/tickets`, {
    body: { subject: 'A', message: 'B' },
  });
  rewrite(
    ({ id }) => id === opened.body.id,
    (row) => ({ ...row, status: 'escalated' }),
  );
  const read = await portal.call(ownerId, 'GET', `${base()}/tickets/${opened.body.id}`);
  expect([read.status, read.body.status]).toEqual([200, 'escalated']);
  const listed = await portal.call(ownerId, 'GET', `${base()}/tickets`);
  expect([listed.status, listed.body.items[0].status]).toEqual([200, 'escalated']);
});

test('a permission that this release does not know opens nothing, and stays when others are given', async () => {
  const { contactId, userId } = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', [
    'tickets',
  ]);
  rewrite(
    (row) => row['contactId'] === contactId || row['id'] === contactId,
    (row) => {
      const of = (row['subAccount'] ?? row) as { permissions?: string[] };
      of.permissions?.push('teleport');
      return row;
    },
  );
  expect((await portal.call(userId, 'GET', '/v1/me')).body.memberships[0].permissions).toEqual(['tickets']);
  expect((await portal.call(ownerId, 'GET', `${base()}/contacts/${contactId}`)).status).toBe(200);
  const asked = await portal.call(userId, 'POST', `${base()}/access-requests`, {
    body: { permissions: ['domains'], message: 'Please' },
  });
  const approve = `${base()}/access-requests/${asked.body.id}/approve`;
  expect((await portal.call(ownerId, 'POST', approve, { body: {} })).status).toBe(200);
  const member = await portal.table.get({ pk: `USER#${userId}`, sk: `MEMBER#${accountId}` });
  const contact = await portal.people.contact(accountId, contactId);
  expect(member!['permissions']).toEqual(['domains', 'tickets', 'teleport']);
  expect(contact!.subAccount!.permissions).toEqual(['domains', 'tickets', 'teleport']);
});

test('no route drops a field that it does not know', async () => {
  const world = await filledWorld(2);
  const { table } = world.portal;
  const dropped = new Set<string>();
  for (const route of everyRoute.filter((each) => routeKey(each) in scenarios)) {
    const { as, path, ...options } = await scenarios[routeKey(route)]!(world);
    table.load(table.all().map((row) => ({ ...row, ofTomorrow: 'kept' })));
    const before = new Set(table.all().map(({ pk, sk }) => `${pk} ${sk}`));
    await world.call(as, route.method, path, options);
    for (const row of table.all()) {
      const isOld = before.has(`${row.pk} ${row.sk}`);
      if (isOld && row['ofTomorrow'] !== 'kept')
        dropped.add(`${routeKey(route)}: ${row.pk.split('#')[0]} ${row.sk.split('#')[0]}`);
    }
  }
  expect([...dropped]).toEqual([]);
});
