import { beforeEach, describe, expect, test, vi } from 'vitest';
import { syncLogin } from '../../../shared/accounts/logins/admission.ts';
import { signAddressStop, signInvitation } from '../../../shared/mail/invitations/signed-link.ts';
import { disagreements } from '../../support/desks/disagreements.ts';
import { settle, stopAt, stoppages } from '../../support/faults/stoppages.ts';
import type { CallOptions } from '../../support/memory/memory-portal.ts';
import { attackers, chosen, email as old, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const next = 'nora@elsewhere.test';
const threeDays = 72 * 3600;

let desk: Awaited<ReturnType<typeof twoPlaces>>;
let userId: string;

async function open(): Promise<void> {
  desk = await twoPlaces();
  ({ userId } = await desk.provenIn(desk.newco, old));
  desk.portal.advance(60);
  await desk.portal.deliver();
  desk.portal.mails.length = 0;
}

beforeEach(open);

const ask = (email = next, options: CallOptions = {}) =>
  desk.portal.call(userId, 'POST', '/v1/me/address', { body: { email }, ...options });
const confirm = (code: string, options: CallOptions = {}) =>
  desk.portal.call(userId, 'POST', '/v1/me/address/confirm', { body: { code }, ...options });

async function confirmed(email = next): Promise<void> {
  expect((await ask(email)).status).toBe(202);
  expect((await confirm((await desk.mailedCode(email))!)).status).toBe(202);
  await desk.portal.deliver();
}

/** Three days and the sweeps after them. */
async function pass(seconds = threeDays): Promise<void> {
  desk.portal.advance(seconds);
  await desk.portal.sweep();
  await desk.portal.deliver();
}

const mailsTo = (address: string) =>
  desk.portal.mails.filter(({ destinations }) => destinations.includes(address));
const stored = async () => (await desk.portal.people.login(userId))!;
const signsIn = (address: string) => desk.portal.directory.signIn(address, chosen) === userId;

/** Nothing of the login has moved. */
async function keepsItsAddress(): Promise<void> {
  await pass();
  await settle(desk.portal);
  expect((await stored()).email).toBe(old);
  expect([signsIn(old), signsIn(next)]).toEqual([true, false]);
  expect(disagreements(desk.portal)).toEqual([]);
}

describe('a new address', () => {
  test('takes effect 72 hours after its code, and until then the old one signs in', async () => {
    await confirmed();
    await pass(threeDays - 1);
    expect([signsIn(old), signsIn(next)]).toEqual([true, false]);
    await pass(60);
    expect([signsIn(old), signsIn(next)]).toEqual([false, true]);
    expect((await desk.portal.call(userId, 'GET', '/v1/me')).body.user).toMatchObject({
      email: next,
      proven: true,
    });
    expect(disagreements(desk.portal)).toEqual([]);
  });

  test('is told to the old one at once with a link, and to both once it took effect', async () => {
    await ask();
    await desk.portal.deliver();
    expect(mailsTo(next)).toHaveLength(1);
    const [notice] = mailsTo(old);
    expect(notice!.text).toContain(next);
    expect(notice!.text).toMatch(/https:\/\/api\.portal\.test\/v1\/invitation\/\S+/);
    expect(notice!.text).not.toMatch(/\d{8}/);
    await confirm((await desk.mailedCode(next))!);
    await pass(threeDays + 60);
    for (const address of [old, next]) {
      expect(mailsTo(address).at(-1)!.subject).toBe('Your login has a new address');
    }
  });

  test('is written to and recognised in the accounts that know the person, under it alone', async () => {
    const { portal, newco, mallory } = desk;
    const owner = await portal.createSubAccount(mallory.ownerId, mallory.accountId, 'x@evil.test', []);
    expect(owner.userId).not.toBe(userId);
    await confirmed();
    await pass(threeDays + 60);
    const contacts = await portal.call(newco.ownerId, 'GET', desk.contactsOf(newco));
    expect(contacts.body.items[0].email).toBe(next);
    expect((await portal.people.byAddress(old)).accounts).toEqual([]);
    expect((await portal.people.byAddress(next)).accounts.map(({ accountId }) => accountId)).toEqual([
      newco.accountId,
    ]);
    expect(await desk.opens(userId, newco, '/tickets')).toBe(200);
    const activity = await portal.call(newco.ownerId, 'GET', `/v1/accounts/${newco.accountId}/activity`);
    expect(activity.body.items[0]).toMatchObject({
      action: 'contact.address-changed',
      before: { email: old },
      after: { email: next },
    });
  });

  test('of an owner is where the account’s mail goes', async () => {
    const owned = await desk.openFor('Nora Ltd', { name: 'Nora', email: old });
    expect((await desk.accept(userId, owned)).status).toBe(204);
    await confirmed();
    await pass(threeDays + 60);
    expect((await desk.portal.people.account(owned.accountId))!.owner.email).toBe(next);
    expect(disagreements(desk.portal)).toEqual([]);
  });

  test('of a member of staff is where they stand in the list of members', async () => {
    userId = 'stan';
    const staffMails = 'stan@portal.test';
    await ask();
    await confirm((await desk.mailedCode(next))!);
    await pass(threeDays + 60);
    expect(await stored()).toMatchObject({ email: next, staff: true });
    expect(mailsTo(staffMails).at(-1)!.subject).toBe('Your login has a new address');
    const members = await desk.portal.call('stan', 'GET', '/v1/staff/members');
    expect(members.body.items.map(({ email }: { email: string }) => email)).toEqual([next]);
  });

  test('is told to no account that was not accepted', async () => {
    await desk.activate(desk.mallory, old);
    await confirmed();
    await pass(threeDays + 60);
    const contacts = await desk.portal.call(desk.mallory.ownerId, 'GET', desk.contactsOf(desk.mallory));
    expect(contacts.body.items[0].email).toBe(old);
    expect(JSON.stringify(contacts.body)).not.toContain(next);
  });

  test('leaves the old one free for another login', async () => {
    await confirmed();
    await pass(threeDays + 60);
    const another = await desk.activate(desk.mallory, old, attackers);
    expect(another.userId).not.toBe(userId);
  });

  test('needs a login that is proven: what waits for its address does not move to another', async () => {
    const prepared = await desk.activate(desk.mallory, 'ceo@newco.test', attackers);
    userId = prepared.userId;
    expect((await ask('mallory2@evil.test')).status).toBe(409);
    expect(await stored()).not.toHaveProperty('addressChange');
  });

  test.each([
    ['one’s own', old.toUpperCase(), 400],
    ['none', 'nobody', 400],
  ])('that is %s is refused', async (_, email, status) => {
    expect((await ask(email)).status).toBe(status);
    await desk.portal.deliver();
    expect(desk.portal.mails).toHaveLength(0);
  });

  test('that has a login is answered alike, and no code goes there', async () => {
    const taken = 'owner@newco.test';
    const refused = await ask(taken);
    expect(refused.status).toBe(202);
    await desk.portal.deliver();
    const free = await ask();
    expect([refused.status, refused.body]).toEqual([free.status, free.body]);
    await desk.portal.deliver();
    expect(mailsTo(taken)).toHaveLength(0);
    expect(mailsTo(next)).toHaveLength(1);
  });

  test.each([
    'a login',
    'a login that is not in the user pool yet',
    'a contact of the same account',
    'a user whom the operator made',
  ])('that %s has by the time of the code is refused, and nothing changes', async (who) => {
    const { portal, newco, mallory } = desk;
    await ask();
    const code = (await desk.mailedCode(next))!;
    if (who.startsWith('a login')) {
      const { userId: taker } = await desk.activate(mallory, next, attackers);
      if (who !== 'a login') portal.directory.users.get(taker)!.verified = false;
    }
    if (who === 'a contact of the same account') {
      const body = { name: 'Another', email: next };
      await portal.call(newco.ownerId, 'POST', desk.contactsOf(newco), { body });
    }
    if (who === 'a user whom the operator made') {
      const user = { email: next, name: 'By Hand', password: null, verified: true, enabled: true };
      portal.directory.users.set('by-hand', user);
    }
    const refused = await confirm(code);
    expect([refused.status, refused.body.type.split('/').at(-1)]).toEqual([409, 'email-taken']);
    portal.directory.users.delete('by-hand');
    const taker = (await portal.people.byAddress(next)).userId;
    if (taker) portal.directory.users.get(taker)!.verified = true;
    await keepsItsAddress();
  });

  test('that a login has by the time it would take effect is dropped, and the person is told', async () => {
    await confirmed();
    await desk.activate(desk.mallory, next, attackers);
    await keepsItsAddress();
    expect(mailsTo(old).at(-1)!.subject).toBe('Your login keeps its address');
    expect(await stored()).not.toHaveProperty('addressChange');
  });

  test('is not confirmed by another session, or by a code for another address', async () => {
    const { portal } = desk;
    await ask();
    const code = (await desk.mailedCode(next))!;
    const cached = await portal.authorizer(userId, portal.now, 'another');
    expect((await confirm(code, { cached })).status).toBe(400);
    await ask('third@elsewhere.test', { cached });
    expect((await confirm(code)).status).toBe(400);
    await keepsItsAddress();
  });

  test('takes the place of the one that waited before', async () => {
    await confirmed();
    await confirmed('third@elsewhere.test');
    await pass(threeDays + 60);
    expect((await stored()).email).toBe('third@elsewhere.test');
    expect(signsIn(next)).toBe(false);
  });

  test('waits no longer once the login left its last account', async () => {
    await confirmed();
    await desk.leave(userId, desk.newco);
    await pass(threeDays + 60);
    expect(await stored()).toMatchObject({ email: old });
    expect(await stored()).not.toHaveProperty('addressChange');
  });

  test('is asked for ten times a day for an address, and thirty times by a login', async () => {
    for (let asked = 0; asked < 10; asked++) expect((await ask()).status).toBe(202);
    expect((await ask()).status).toBe(429);
    for (let asked = 0; asked < 20; asked++) expect((await ask(`n${asked}@x.test`)).status).toBe(202);
    expect((await ask('n20@x.test')).status).toBe(429);
  });
});

describe('the link in the notice', () => {
  const html = { accept: 'text/html' };

  const link = async () => {
    await desk.portal.deliver();
    const text = mailsTo(old).findLast((mail) => mail.text?.includes('/v1/invitation/'))?.text ?? '';
    return /\/v1\/invitation\/(\S+)/.exec(text)![1]!;
  };

  test('shows the change and does nothing by being opened', async () => {
    await confirmed();
    const token = await link();
    const before = desk.portal.table.all();
    const shown = await desk.look(token);
    expect(shown.body).toEqual({
      purpose: 'address-change',
      email: old,
      newEmail: next,
      effectiveAt: new Date(desk.portal.now.getTime() + threeDays * 1000).toISOString(),
    });
    const page = await desk.portal.call('', 'GET', `/v1/invitation/${token}`, {
      headers: html,
      public: true,
    });
    const text = Buffer.from(String(page.body), 'base64').toString();
    expect(text).toContain('<form method="post">');
    expect(text).toContain(next);
    expect(desk.portal.table.all()).toEqual(before);
  });

  test.each(['before the code', 'after the code', 'at the last moment'])('stops it %s', async (when) => {
    if (when === 'before the code') await ask();
    else await confirmed();
    const token = await link();
    const code = await desk.mailedCode(next);
    if (when === 'at the last moment') desk.portal.advance(threeDays - 1);
    const stopped = await desk.press(token);
    expect(stopped.body).toEqual({ email: old, stopped: true, signInUrl: 'https://portal.test' });
    expect((await confirm(code!)).status).toBe(400);
    await keepsItsAddress();
    expect((await desk.press(token)).status).toBe(409);
  });

  test('works as a form in a browser', async () => {
    await confirmed();
    const page = await desk.portal.call('', 'POST', `/v1/invitation/${await link()}`, {
      headers: { ...html, 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
      public: true,
    });
    expect(page.status).toBe(200);
    expect(Buffer.from(String(page.body), 'base64').toString()).toContain('keeps the address');
    await keepsItsAddress();
  });

  test('has pages in the browser’s language, and in the person’s once they chose one', async () => {
    await confirmed();
    const token = await link();
    const shown = async (method: string, language: string) => {
      const headers = { ...html, 'accept-language': language };
      const options = { headers, public: true, ...(method === 'POST' ? { body: '' } : {}) };
      const page = await desk.portal.call('', method, `/v1/invitation/${token}`, options);
      return Buffer.from(String(page.body), 'base64').toString();
    };
    const asked = await shown('GET', 'de-AT');
    expect(asked).toContain(
      `Jemand, der als ${old} angemeldet ist, möchte sich künftig mit ${next} anmelden.`,
    );
    expect(asked).toMatch(/Die Änderung wird am \d{4}-\d\d-\d\d um \d\d:\d\d Uhr \(UTC\) wirksam/);
    await desk.portal.call(userId, 'PATCH', '/v1/me', { body: { language: 'de' } });
    expect(await shown('POST', 'en')).toContain(`Ihr Login behält die Adresse ${old}.`);
    expect(await shown('GET', 'de')).toContain('Diese Änderung wurde bereits gestoppt');
  });

  test('stops its own change alone, and nothing once that took effect', async () => {
    await ask('third@elsewhere.test');
    const first = await link();
    await confirmed();
    expect((await desk.press(first)).status).toBe(409);
    const second = await link();
    await pass(threeDays + 60);
    expect((await desk.press(second)).status).toBe(404);
    expect((await stored()).email).toBe(next);
  });

  test('is believed by its signature alone: for this purpose, login and address', async () => {
    const { portal, press } = desk;
    await confirmed();
    const keys = await portal.provider().replyKeys();
    const change = (await stored()).addressChange!.id;
    const expiresAtSeconds = portal.now.getTime() / 1000 + 3600;
    const stop = { userId, change, expiresAtSeconds };
    const invitation = { userId, accountId: desk.newco.accountId, invitation: change, expiresAtSeconds };
    const forged = { current: 'a', keys: { a: 'another key' } };
    const [payload] = signAddressStop(stop, old, keys).split('.');
    const [, signature] = signInvitation(invitation, old, keys).split('.');
    for (const token of [
      signAddressStop(stop, next, keys),
      signAddressStop(stop, old, forged),
      signAddressStop({ ...stop, userId: desk.newco.ownerId }, old, keys),
      `${payload}.${signature}`,
    ]) {
      expect((await press(token)).status).toBe(404);
    }
    const over = { ...stop, expiresAtSeconds: portal.now.getTime() / 1000 };
    expect((await press(signAddressStop(over, old, keys))).status).toBe(409);
    expect((await stored()).addressChange!.id).toBe(change);
  });

  test('is not mailed once another change took its place', async () => {
    await ask('third@elsewhere.test');
    await ask();
    await desk.portal.deliver();
    expect(mailsTo(old)).toHaveLength(1);
    expect(mailsTo(old)[0]!.text).toContain(next);
  });

  test('is in no row and no task', async () => {
    await ask();
    const rows = JSON.stringify(desk.portal.table.all());
    expect(rows).not.toContain((await link()).split('.')[1]);
  });
});

describe('a change that stops half way', () => {
  test('reaches the user pool though an older state is on its way there', async () => {
    await confirmed();
    let isFirst = true;
    desk.portal.directory.before = async (call) => {
      if (call !== 'sync' || !isFirst) return;
      isFirst = false;
      await pass(threeDays + 60);
    };
    await syncLogin(desk.portal, userId);
    expect([signsIn(old), signsIn(next)]).toEqual([false, true]);
  });

  test.each(stoppages)('goes on where a call %s, and ends the same', async (how) => {
    for (let nth = 1; ; nth++) {
      await open();
      const owned = await desk.openFor('Nora Ltd', { name: 'Nora', email: old });
      await desk.accept(userId, owned);
      await confirmed();
      desk.portal.advance(threeDays);
      const stopped = await stopAt(desk.portal, how, nth, () => desk.portal.sweep());
      await settle(desk.portal);
      expect((await stored()).email, `call ${nth}`).toBe(next);
      expect([signsIn(old), signsIn(next)]).toEqual([false, true]);
      expect(disagreements(desk.portal)).toEqual([]);
      if (!stopped) break;
    }
  });
});
