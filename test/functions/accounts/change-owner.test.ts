import { beforeEach, describe, expect, test } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { interleave, stopAt, stoppages } from '../../support/faults/stoppages.ts';
import { attackers, chosen, type LoginDesk, type Place, twoPlaces } from '../logins/login-desk.ts';

let desk: LoginDesk & { newco: Place; mallory: Place };
const nora = 'nora@newco.test';
const aDay = 24 * 3600;

beforeEach(async () => {
  desk = await twoPlaces();
});

const path = () => `/v1/staff/accounts/${desk.newco.accountId}/owner`;
const ask = (email = nora, more: { as?: string; headers?: Record<string, string> } = {}) =>
  desk.portal.call(more.as ?? 'stan', 'PUT', path(), {
    body: { email, name: 'Nora', reason: 'The company was sold' },
    ...(more.headers ? { headers: more.headers } : {}),
  });
const withdraw = () => desk.portal.call('stan', 'DELETE', path());
const shown = async () =>
  (await desk.portal.call('stan', 'GET', `/v1/staff/accounts/${desk.newco.accountId}`)).body;
const owner = async () => (await shown()).owner.email;
const press = async (email = nora) =>
  desk.press((await desk.mailedToken(email))!, { name: 'Nora Newton', password: chosen });
/** What is due is done, and what that told the outbox. */
async function settle(): Promise<void> {
  for (let rounds = 0; rounds < 3; rounds++) {
    await desk.portal.deliver();
    await desk.portal.sweep();
  }
}
const mailsTo = (address: string) =>
  desk.portal.mails.filter(({ destinations }) => destinations.includes(address));

describe('a new owner', () => {
  test('is owner once they accepted and a day has passed, and the one before has no part any more', async () => {
    const asked = await ask();
    expect(asked.status).toBe(200);
    expect(asked.body.nextOwner).toMatchObject({
      email: nora,
      accepted: false,
      reason: 'The company was sold',
    });
    expect((await press()).status).toBe(200);
    const userId = await desk.userOf(nora);
    await settle();
    expect([await owner(), await desk.opens(userId, desk.newco)]).toEqual(['owner@newco.test', 404]);
    desk.portal.advance(aDay - 10);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
    desk.portal.advance(20);
    await settle();
    expect((await shown()).owner).toMatchObject({
      id: userId,
      name: 'Nora Newton',
      email: nora,
      proven: true,
    });
    expect((await shown()).nextOwner).toBeNull();
    const { memberships } = (await desk.portal.call(userId, 'GET', '/v1/me')).body;
    expect(memberships).toEqual([
      expect.objectContaining({ role: 'owner', status: 'active', permissions: permissionKeys }),
    ]);
    expect((await desk.portal.call(desk.newco.ownerId, 'GET', '/v1/me')).status).toBe(401);
    expect((await desk.portal.people.byAddress('owner@newco.test')).accounts).toEqual([]);
    expect((await desk.portal.people.byAddress(nora)).accounts).toMatchObject([{ contactId: null }]);
  });

  test('is owner at once where they accept after the day', async () => {
    await ask();
    desk.portal.advance(2 * aDay);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
    expect((await press()).status).toBe(200);
    await settle();
    expect(await owner()).toBe(nora);
  });

  test('is told to every address of the account, whatever it switched off, at once and when it is done', async () => {
    const contacts = `/v1/accounts/${desk.newco.accountId}/contacts`;
    const emailPreferences = {
      general: false,
      invoice: false,
      support: false,
      product: false,
      domain: false,
    };
    for (const name of ['books', 'tech']) {
      const body = { name, email: `${name}@newco.test`, emailPreferences };
      expect((await desk.portal.call(desk.newco.ownerId, 'POST', contacts, { body })).status).toBe(201);
    }
    await ask();
    await settle();
    const everybody = ['owner@newco.test', 'books@newco.test', 'tech@newco.test'];
    for (const address of everybody) {
      const [mail] = mailsTo(address);
      expect(mail?.text).toMatch(/nora@newco\.test[^]*The company was sold[^]*2026-03-02 at \d\d:\d\d UTC/);
    }
    await press();
    desk.portal.mails.length = 0;
    desk.portal.advance(aDay + 1);
    await settle();
    for (const address of [...everybody, nora]) {
      expect(mailsTo(address), address).toHaveLength(1);
      expect(mailsTo(address)[0]!.text).toContain('Nora Newton is the owner of Newco now.');
    }
  });

  test('who was a contact with access is one no longer, and keeps the login', async () => {
    const { userId, path: contact } = await desk.provenIn(desk.newco, nora);
    await ask();
    expect(await desk.opens(userId, desk.newco, '/tickets')).toBe(200);
    expect(await desk.opens(userId, desk.newco, '/contacts')).toBe(403);
    expect((await desk.accept(userId, desk.newco)).status).toBe(204);
    desk.portal.advance(aDay + 1);
    await settle();
    expect(await desk.opens(userId, desk.newco, '/contacts')).toBe(200);
    expect((await desk.portal.call(userId, 'GET', contact)).status).toBe(404);
    expect((await desk.portal.people.login(userId))!.accounts).toBe(1);
  });

  test('who was a contact without a login is one no longer', async () => {
    const contacts = `/v1/accounts/${desk.newco.accountId}/contacts`;
    await desk.portal.call(desk.newco.ownerId, 'POST', contacts, { body: { name: 'Nora', email: nora } });
    await ask();
    await press();
    desk.portal.advance(aDay + 1);
    await settle();
    const userId = await desk.userOf(nora);
    expect((await desk.portal.call(userId, 'GET', contacts)).body.items).toEqual([]);
    expect((await desk.portal.people.byAddress(nora)).accounts).toMatchObject([{ contactId: null }]);
  });

  test('takes the place of a contact whose access waits for a login that moved to another address', async () => {
    const { portal, newco, mallory } = desk;
    const { userId } = await desk.provenIn(mallory, nora);
    await desk.activate(newco, nora);
    const moved = 'nora@elsewhere.test';
    await portal.call(userId, 'POST', '/v1/me/address', { body: { email: moved } });
    const body = { code: await desk.mailedCode(moved) };
    expect((await portal.call(userId, 'POST', '/v1/me/address/confirm', { body })).status).toBe(202);
    portal.advance(3 * aDay);
    await settle();
    await ask();
    await press();
    portal.advance(aDay + 1);
    await settle();
    expect(await owner()).toBe(nora);
    // What was given to the address is its holder's to have, and the one who moved keeps everything else.
    expect((await desk.accept(userId, newco)).status).toBe(404);
    expect(await desk.opens(userId, mallory, '/tickets')).toBe(200);
    expect((await portal.people.login(userId))!.accounts).toBe(1);
    expect((await portal.people.byAddress(nora)).accounts).toMatchObject([{ contactId: null }]);
  });

  test('gains nothing by a password that somebody else chose: it is proven by its own invitation', async () => {
    const { userId } = await desk.activate(desk.mallory, nora, attackers);
    await ask();
    expect((await desk.accept(userId, desk.newco)).status).toBe(409);
    desk.portal.advance(aDay + 1);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
    await press();
    await settle();
    expect(await owner()).toBe(nora);
    expect(desk.portal.directory.signIn(nora, chosen)).toBe(userId);
    expect(desk.portal.directory.signIn(nora, attackers)).toBeNull();
  });

  test('sees it among their memberships, invited, and reads on the page when it begins', async () => {
    const { userId } = await desk.provenIn(desk.mallory, nora);
    await ask();
    expect(await desk.statuses(userId)).toMatchObject({ [desk.newco.accountId]: 'invited' });
    const look = await desk.look((await desk.mailedToken(nora))!);
    expect(look.body).toMatchObject({ role: 'owner', effectiveAt: expect.stringContaining('2026-03-02') });
    expect(look.body.permissions).toHaveLength(permissionKeys.length);
  });

  test('is mailed the invitation again by the help for signing in', async () => {
    await ask();
    const first = await desk.mailedToken(nora);
    desk.portal.advance(60);
    await desk.help(nora);
    const again = await desk.mailedToken(nora);
    expect(again).not.toBe(first);
    expect((await desk.look(again!)).body.role).toBe('owner');
  });
});

describe('the change of an owner', () => {
  test('is withdrawn: the link leads nowhere, and a login that had nothing else is disabled', async () => {
    await ask();
    const token = (await desk.mailedToken(nora))!;
    expect((await withdraw()).body.nextOwner).toBeNull();
    expect((await desk.press(token, { name: 'Nora', password: chosen })).status).toBe(409);
    desk.portal.advance(aDay + 1);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
    expect((await desk.portal.people.login(await desk.userOf(nora)))!.accounts).toBe(0);
    expect((await withdraw()).status).toBe(200);
  });

  test('is withdrawn also after it was accepted, until its time has come', async () => {
    await ask();
    await press();
    await settle();
    await withdraw();
    desk.portal.advance(aDay + 1);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
  });

  test('to somebody else takes the place of the one that waits', async () => {
    await ask();
    await press();
    await ask('other@newco.test');
    desk.portal.advance(aDay + 1);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
    await press('other@newco.test');
    await settle();
    expect(await owner()).toBe('other@newco.test');
    expect((await desk.portal.people.login(await desk.userOf(nora)))!.accounts).toBe(0);
  });

  test('asked for again for the same person begins anew: the first link is worth nothing, the day starts over', async () => {
    await ask();
    const first = (await desk.mailedToken(nora))!;
    desk.portal.advance(aDay / 2);
    await ask();
    expect((await desk.press(first, { name: 'Nora', password: chosen })).status).toBe(409);
    await press();
    desk.portal.advance(aDay / 2 + 60);
    await settle();
    expect(await owner()).toBe('owner@newco.test');
    desk.portal.advance(aDay / 2);
    await settle();
    expect(await owner()).toBe(nora);
    expect((await desk.portal.people.login(await desk.userOf(nora)))!.accounts).toBe(1);
  });

  test('ends with the account', async () => {
    await ask();
    const close = `/v1/staff/accounts/${desk.newco.accountId}/close`;
    expect((await desk.portal.call('stan', 'POST', close, { body: {} })).status).toBe(200);
    expect((await shown()).nextOwner).toBeNull();
    expect((await desk.portal.people.login(await desk.userOf(nora)))!.accounts).toBe(0);
    expect((await ask()).status).toBe(409);
  });

  test.each([
    ['the owner of today', 'owner@newco.test', 409],
    ['a member of staff', 'stan@portal.test', 409],
  ])('to %s is refused, and nothing is written', async (_, email, status) => {
    const before = desk.portal.table.all().length;
    expect((await ask(email)).status).toBe(status);
    expect((await shown()).nextOwner).toBeNull();
    expect(desk.portal.table.all()).toHaveLength(before);
  });

  test('needs the role, the account as it was read, and an account', async () => {
    desk.portal.addStaff('sue', ['support', 'billing', 'sales']);
    expect((await ask(nora, { as: 'sue' })).status).toBe(403);
    expect((await ask(nora, { as: desk.newco.ownerId })).status).toBe(403);
    expect((await ask(nora, { headers: { 'if-match': '"old"' } })).status).toBe(412);
    const nowhere = '/v1/staff/accounts/acct_nowhere/owner';
    const body = { email: nora, name: 'Nora', reason: 'Sold' };
    expect((await desk.portal.call('stan', 'PUT', nowhere, { body })).status).toBe(404);
  });

  test('is in the activity with who asked, why, and what it was before', async () => {
    await ask();
    await press();
    desk.portal.advance(aDay + 1);
    await settle();
    const userId = await desk.userOf(nora);
    const activity = `/v1/accounts/${desk.newco.accountId}/activity`;
    const { items } = (await desk.portal.call(userId, 'GET', activity)).body;
    const owners = items.filter(({ action }: { action: string }) => action.startsWith('owner.'));
    expect(owners.map(({ action, actor }: any) => [action, actor.kind])).toEqual([
      ['owner.changed', 'system'],
      ['owner.accepted', 'owner'],
      ['owner.asked', 'staff'],
    ]);
    expect(owners[0]).toMatchObject({ before: { email: 'owner@newco.test' }, after: { email: nora } });
    expect(owners[2].after.reason).toBe('The company was sold');
  });
});

describe('a change that stops at any step', () => {
  test.each(stoppages)(
    '(it %s) is finished by the outbox, and there is one owner all the time',
    async (how) => {
      for (let nth = 1; ; nth++) {
        desk = await twoPlaces();
        await ask();
        await press();
        await settle();
        desk.portal.advance(aDay + 1);
        const stopped = await stopAt(desk.portal, how, nth, () => desk.portal.sweep());
        expect(ownersOf().memberships, `stopped at call ${nth}`).toHaveLength(1);
        desk.portal.advance(3600);
        await settle();
        expect(await owner(), `stopped at call ${nth}`).toBe(nora);
        expect(desk.portal.directory.users.get(desk.newco.ownerId)!.enabled).toBe(false);
        if (!stopped) break;
      }
    },
  );

  test('and one that is withdrawn as it takes effect is one or the other, whole', async () => {
    for (let nth = 1; ; nth++) {
      desk = await twoPlaces();
      await ask();
      await press();
      await settle();
      desk.portal.advance(aDay + 1);
      const came = await interleave(desk.portal, nth, () => desk.portal.sweep(), withdraw);
      // Before each of the calls that a change makes.
      if (!came) return expect(nth).toBeGreaterThan(8);
      await settle();
      const isNora = (await owner()) === nora;
      const userId = await desk.userOf(nora);
      expect(ownersOf().memberships, `withdrawn at call ${nth}`).toEqual([
        isNora ? userId : desk.newco.ownerId,
      ]);
      expect((await desk.portal.people.login(userId))!.accounts).toBe(isNora ? 1 : 0);
    }
  });
});

/** Whose membership says that they own the account. */
function ownersOf() {
  const rows = desk.portal.table
    .all()
    .filter(({ sk, role }) => sk === `MEMBER#${desk.newco.accountId}` && role === 'owner');
  return { memberships: rows.map(({ pk }) => pk.slice('USER#'.length)) };
}
