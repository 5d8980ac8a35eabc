import { describe, expect, test } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { family, opened } from '../linked-accounts/linked-portal.ts';

describe('an account with others beneath it', () => {
  test('counts them and shows the five that were linked last, each with its status', async () => {
    const { portal, main, ...here } = await family();
    for (const name of ['Five', 'Six', 'Seven']) {
      portal.advance(60);
      await here.link(await here.join(name), main, 'independent');
    }
    await here.service(here.north);
    const { areas: shown, linkedAccounts } = (await main.get('/dashboard')).body;
    expect(shown['linked-accounts']).toEqual({ count: 6 });
    const names = linkedAccounts.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['Seven', 'Six', 'Five', 'North', 'South']);
    expect(linkedAccounts.slice(3)).toEqual([
      {
        id: here.north.id,
        name: 'North',
        status: 'active',
        kind: 'aggregated',
        linkedAt: '2026-03-01T10:00:00.000Z',
        href: here.north.base,
      },
      expect.objectContaining({ name: 'South', status: 'blocked' }),
    ]);
    for (const account of linkedAccounts) {
      const listed = (await here.linked(main)).find(({ id }) => id === account.id);
      expect(account.status).toBe(listed.status);
    }
  });

  test('shows them to those who may see linked accounts alone', async () => {
    const { portal, main, ...here } = await family();
    const seen = async (permissions: string[], email: string) => {
      const { userId } = await here.person(permissions, email);
      return (await portal.call(userId, 'GET', `${main.base}/dashboard`)).body;
    };
    const without = permissionKeys.filter((key) => key !== 'linked-accounts');
    expect(await seen(without, 'without@main.test')).toMatchObject({ linkedAccounts: [] });
    const withThem = await seen(['linked-accounts'], 'with@main.test');
    expect(withThem.areas).toEqual({ 'linked-accounts': { count: 3 } });
    expect(withThem.linkedAccounts).toHaveLength(3);
    expect((await portal.call('stan', 'GET', `${main.base}/dashboard`)).body.linkedAccounts).toHaveLength(3);
  });

  test('sees beneath it what its kind and the caller’s own permissions open there', async () => {
    const { portal, main, north, west, ...here } = await family();
    const open = async (userId: string, base: string) => {
      const { status, body } = await portal.call(userId, 'GET', `${base}/dashboard`);
      if (status !== 200) return status;
      expect(body.linkedAccounts).toEqual([]);
      return Object.keys(body.areas);
    };
    expect(await open(main.ownerId, north.base)).toEqual(['products', 'tickets', 'orders']);
    expect(await open(main.ownerId, west.base)).toEqual(['products', 'tickets']);
    const { userId } = await here.person(['linked-accounts', 'tickets', 'invoices']);
    expect(await open(userId, north.base)).toEqual(['tickets']);
    expect(await open(here.stranger.ownerId, north.base)).toBe(404);
    await here.set({ ...opened, 'linkedAccounts.independentAccess': false });
    expect(await open(main.ownerId, west.base)).toBe(403);
  });

  test('is not told of tickets that are hidden from it', async () => {
    const { portal, main, north } = await family();
    for (const hideFromMainAccount of [true, false, true]) {
      const made = await north.post('/tickets', { subject: 'Help', message: 'Please', hideFromMainAccount });
      expect(made).toMatchObject({ status: 201 });
    }
    const { body } = await portal.call(main.ownerId, 'GET', `${north.base}/dashboard`);
    expect(body.areas.tickets).toEqual({ open: 1, answered: 0 });
    expect((await north.get('/dashboard')).body.areas.tickets).toEqual({ open: 3, answered: 0 });
  });
});
