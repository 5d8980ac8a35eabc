import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { interleave } from '../../support/faults/stoppages.ts';
import { type Family, family } from '../linked-accounts/linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const close = (body: object = {}) => here.staff('POST', `/v1/staff/accounts/${here.stranger.id}/close`, body);
const status = async () => (await here.account(here.stranger)).status;
const me = (userId: string) => here.portal.call(userId, 'GET', '/v1/me');

describe('an account that staff close', () => {
  test('is inactive; nobody has a part in it, and who has no other account cannot sign in', async () => {
    const { ownerId, id } = here.stranger;
    const only = await here.portal.createSubAccount(ownerId, id, 'only@stranger.test', ['tickets']);
    const invited = await here.stranger.post('/contacts', { name: 'Later', email: 'later@stranger.test' });
    const path = `${here.stranger.base}/contacts/${invited.body.id}/sub-account`;
    await here.portal.call(ownerId, 'PUT', path, { body: { permissions: ['tickets'] } });
    await here.portal.createSubAccount(ownerId, id, 'owner@west.test', ['tickets']);
    expect(await close({ reason: 'They left' })).toMatchObject({ status: 200, body: { status: 'inactive' } });
    expect((await me(ownerId)).status).toBe(401);
    expect((await me(only.userId)).status).toBe(401);
    const west = (await me(here.west.ownerId)).body.memberships.map((each: any) => each.accountId);
    expect(west).toEqual([here.west.id]);
    const { userId } = await here.portal.people.byAddress('later@stranger.test');
    expect(await here.portal.invitationToken(userId!, id)).toBeNull();
    const { items } = (await here.staff('GET', `${here.stranger.base}/activity`)).body;
    expect(items).toContainEqual(
      expect.objectContaining({ action: 'account.closed', after: { reason: 'They left' } }),
    );
  });

  test('lets nobody in again, at whatever moment that began', async () => {
    const body = { name: 'Late', email: 'late@stranger.test', subAccount: { permissions: ['tickets'] } };
    const give = () => here.staff('POST', `${here.stranger.base}/contacts`, body);
    let nth = 1;
    for (; ; nth++) {
      here = await family();
      const came = await interleave(here.portal, nth, give, () => close());
      if (!came) break;
      expect(came[1].status).toBe(200);
      expect((await give()).status).toBe(409);
      const { userId } = await here.portal.people.byAddress('late@stranger.test');
      const part =
        userId === null ? undefined : await here.portal.people.membership(userId, here.stranger.id);
      expect([nth, part]).toEqual([nth, undefined]);
    }
    expect(nth).toBeGreaterThan(10);
  });

  test('is closed once: its owner is told, and told once', async () => {
    await close();
    expect((await close()).status).toBe(200);
    await here.portal.deliver();
    const told = here.portal.mails.filter(({ subject }) => String(subject).includes('was closed'));
    expect(told.map(({ destinations }) => destinations)).toEqual([['owner@stranger.test']]);
  });

  test('is finished by the same request where the function stopped at any step', async () => {
    const { ownerId, id } = here.stranger;
    await here.portal.createSubAccount(ownerId, id, 'only@stranger.test', ['tickets']);
    await here.portal.createSubAccount(ownerId, id, 'other@stranger.test', ['tickets']);
    for (let tries = 0; tries < 4; tries++) {
      const transact = here.portal.table.transact.bind(here.portal.table);
      let writes = 0;
      here.portal.table.transact = async (actions) => {
        if (++writes === 2) throw new Error('Stopped');
        return transact(actions);
      };
      await close();
      here.portal.table.transact = transact;
    }
    expect((await close()).status).toBe(200);
    expect(await status()).toBe('inactive');
    expect((await me(ownerId)).status).toBe(401);
    expect(here.rows('MEMBER#').filter(({ sk }) => sk === `MEMBER#${id}`)).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'unpaid invoices',
      () =>
        here.staff('POST', `${here.stranger.base}/invoices`, {
          lines: [{ description: 'Work', quantity: 1, unitPrice: gbp(100) }],
          dueOn: '2026-04-01',
        }),
    ],
    ['credit', () => here.give(here.stranger, 100)],
    ['services', () => here.service(here.stranger)],
    ['domains', () => here.domain(here.stranger, 'strange', '2026-09-01')],
    ['a main account', () => here.link(here.stranger, here.main, 'independent')],
    ['linked accounts', async () => here.link(await here.join('Beneath'), here.stranger, 'independent')],
  ])('stays as it is while there are %s', async (open, have) => {
    await have();
    const before = await status();
    const refused = await close();
    expect(refused).toMatchObject({ status: 409, body: { open: [open] } });
    expect(await status()).toBe(before);
    const parts = (await me(here.stranger.ownerId)).body.memberships;
    expect(parts).toContainEqual(expect.objectContaining({ accountId: here.stranger.id, role: 'owner' }));
  });

  test('stays as it was where its people ordered while it was being closed', async () => {
    const before = await status();
    await here.add(here.stranger.ownerId, here.stranger);
    const transact = here.portal.table.transact.bind(here.portal.table);
    let first = true;
    here.portal.table.transact = async (actions) => {
      const closing =
        first && actions.some((action) => 'put' in action && action.put['status'] === 'inactive');
      // The order is made just before: it leaves the account's row as it was.
      if (closing) {
        first = false;
        await here.checkout(here.stranger.ownerId, here.stranger);
      }
      return transact(actions);
    };
    const refused = await close();
    here.portal.table.transact = transact;
    expect(refused).toMatchObject({ status: 409, body: { open: ['unpaid invoices', 'waiting orders'] } });
    expect(await status()).toBe(before);
    expect(await here.orders(here.stranger)).toHaveLength(1);
  });
});
