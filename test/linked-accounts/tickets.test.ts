import { beforeEach, describe, expect, test } from 'vitest';
import { type Family, family, type Member, refusedBy } from './family.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const ticket = { subject: 'The line is down', message: 'Since noon.' };
const openFor = (account: { id: string }, userId = here.main.ownerId) =>
  here.portal.call(userId, 'POST', `${here.main.base}/tickets`, {
    body: { ...ticket, linkedAccountId: account.id },
  });
const ticketsOf = async (account: Member): Promise<any[]> => (await account.get('/tickets')).body.items;

describe('a ticket that the main account opens for a linked one', () => {
  test.each(['north', 'west', 'south'] as const)(
    'is made in %s, and the answer says its path',
    async (name) => {
      const account = here[name];
      const { status, body, headers } = await openFor(account);
      expect([status, body.accountId]).toEqual([201, account.id]);
      expect(body.openedBy).toMatchObject({ kind: 'main-account', name: 'Owner of Main' });
      expect(headers['location']).toBe(`${account.base}/tickets/${body.id}`);
      expect(await ticketsOf(account)).toMatchObject([{ id: body.id }]);
      expect((await here.main.get(`/tickets/${body.id}`)).status).toBe(404);
    },
  );

  test('is one without linkedAccountId in the main account itself', async () => {
    const { body } = await here.main.post('/tickets', ticket);
    expect(body.accountId).toBe(here.main.id);
    expect(await ticketsOf(here.north)).toEqual([]);
  });

  test('is refused where the account is not beneath, shut by a setting, or without linked-accounts', async () => {
    expect((await openFor(here.stranger)).status).toBe(400);
    expect((await openFor({ id: 'acct_none' })).status).toBe(400);
    const { userId } = await here.person(['tickets']);
    expect(await openFor(here.north, userId)).toMatchObject({
      status: 403,
      body: { requiredPermission: 'linked-accounts' },
    });
    await here.set({ 'linkedAccounts.independentAccess': false });
    refusedBy('setting', await openFor(here.west));
    await here.set({ 'linkedAccounts.management': false });
    refusedBy('setting', await openFor(here.north));
    for (const account of [here.north, here.west, here.stranger])
      expect(await ticketsOf(account)).toEqual([]);
  });
});

describe('a ticket that a linked account hides', () => {
  test('is not there for the main account’s people, and gets no answer of theirs', async () => {
    const { body } = await here.north.post('/tickets', { ...ticket, hideFromMainAccount: true });
    const shown = await here.north.post('/tickets', { ...ticket, subject: 'Another' });
    const asMain = (method: string, path: string, message?: object) =>
      here.portal.call(here.main.ownerId, method, here.north.base + path, message ? { body: message } : {});
    const { items } = (await asMain('GET', '/tickets')).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([shown.body.id]);
    expect((await asMain('GET', `/tickets/${body.id}`)).status).toBe(404);
    const reply = await asMain('POST', `/tickets/${body.id}/replies`, { message: 'We see it.' });
    expect(reply.status).toBe(404);
    expect((await asMain('POST', `/tickets/${body.id}/close`)).status).toBe(404);
    expect((await here.north.get(`/tickets/${body.id}`)).body.messages).toHaveLength(1);
  });

  test('is not mailed to the main account’s owner; others are, while management is on', async () => {
    const told = async (extra: object): Promise<boolean> => {
      const { body } = await here.north.post('/tickets', { ...ticket, ...extra });
      here.portal.mails.length = 0;
      const path = `${here.north.base}/tickets/${body.id}/replies`;
      await here.staff('POST', path, { message: 'We look at it.' });
      await here.portal.deliver();
      const to = here.portal.mails.flatMap(({ destinations }) => destinations);
      expect(to).toContain('owner@north.test');
      return to.includes('owner@main.test');
    };
    expect(await told({ hideFromMainAccount: true })).toBe(false);
    expect(await told({})).toBe(true);
    await here.set({ 'linkedAccounts.management': false });
    expect(await told({})).toBe(false);
  });
});
