import { beforeEach, describe, expect, test, vi } from 'vitest';
import { disagreements } from '../../support/desks/disagreements.ts';
import type { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { type Place, subAccountDesk, twoAccounts } from './sub-account-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let acme: Place;
const { give, pathOf, read, record } = subAccountDesk(() => ({ portal, acme }));

beforeEach(async () => {
  ({ portal, acme } = await twoAccounts());
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

describe('somebody who manages contacts without being the owner', () => {
  async function manager(permissions: string[], extra = {}) {
    const made = await portal.createSubAccount(
      acme.ownerId,
      acme.accountId,
      'max@acme.test',
      permissions,
      extra,
    );
    const contactId = await record();
    const asManager = (body: object, id = contactId) =>
      portal.call(made.userId, 'PUT', `${pathOf(id)}/sub-account`, { body });
    return { ...made, carla: contactId, asManager };
  }

  test('gives what they hold, and is told what of it they do not', async () => {
    const { asManager } = await manager(['contacts', 'tickets']);
    expect((await asManager({ permissions: ['tickets'] })).status).toBe(200);
    const refused = await asManager({ permissions: ['tickets', 'invoices', 'quotes'] });
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      exceeds: ['invoices', 'quotes'],
      type: expect.stringMatching(/delegation-limit$/),
    });
  });

  test('touches nobody who holds what they lack', async () => {
    const { userId, carla } = await manager(['contacts', 'tickets']);
    await give(carla, { permissions: ['invoices'] });
    const attempts = [
      portal.call(userId, 'PUT', `${pathOf(carla)}/sub-account`, { body: { permissions: [] } }),
      portal.call(userId, 'DELETE', `${pathOf(carla)}/sub-account`),
      portal.call(userId, 'PATCH', pathOf(carla), { body: { phone: '+44 1' } }),
      portal.call(userId, 'DELETE', pathOf(carla)),
    ];
    for (const attempt of attempts) {
      expect((await attempt).body).toMatchObject({ status: 403, exceeds: ['invoices'] });
    }
    expect((await read(carla)).subAccount.permissions).toEqual(['invoices']);
  });

  test('changes nothing of their own access, and may change their own telephone number', async () => {
    const { userId, contactId, asManager } = await manager(['contacts', 'tickets']);
    expect((await asManager({ permissions: ['contacts'] }, contactId)).status).toBe(403);
    expect((await portal.call(userId, 'DELETE', `${pathOf(contactId)}/sub-account`)).status).toBe(403);
    expect((await portal.call(userId, 'DELETE', pathOf(contactId))).status).toBe(403);
    expect((await portal.call(userId, 'PATCH', pathOf(contactId), { body: { phone: '+44 1' } })).status).toBe(
      200,
    );
  });

  test('gives nothing for longer than they have it', async () => {
    const { asManager } = await manager(['contacts', 'tickets'], { expiresAt: '2026-03-02T00:00:00Z' });
    expect((await asManager({ permissions: ['tickets'] })).status).toBe(403);
    expect((await asManager({ permissions: ['tickets'], expiresAt: '2026-03-02T00:00:01Z' })).status).toBe(
      403,
    );
    expect((await asManager({ permissions: ['tickets'], expiresAt: '2026-03-02T00:00:00Z' })).status).toBe(
      200,
    );
  });
});
