import { beforeEach, describe, expect, test, vi } from 'vitest';
import { toSeconds } from '../../../shared/core/clock.ts';
import { linkSeconds, readInvitation, signInvitation } from '../../../shared/mail/invitations/signed-link.ts';
import { attackers, chosen, eightDays, email, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: Awaited<ReturnType<typeof twoPlaces>>;
let token: string;
let userId: string;
let path: string;

const answer = { name: 'Nora Newton', password: chosen };

beforeEach(async () => {
  desk = await twoPlaces();
  ({ userId, path } = await desk.activate(desk.newco, email));
  token = (await desk.mailedToken(email))!;
});

/** A link that changes nothing: neither the login, nor what signs in, nor what is open. */
async function expectRefused(bad: string, status: number): Promise<void> {
  const { portal, look, press } = desk;
  const before = portal.table.all();
  const password = portal.directory.users.get(userId)?.password;
  expect((await look(bad)).status).toBe(status);
  expect((await press(bad, answer)).status).toBe(status);
  expect(portal.table.all()).toEqual(before);
  expect(portal.directory.users.get(userId)?.password).toBe(password);
}

describe('a mailed link', () => {
  test('says what it offers, and is not changed by looking', async () => {
    const { portal, look } = desk;
    const before = portal.table.all();
    const shown = await look(token);
    expect(shown.status).toBe(200);
    expect(shown.headers['cache-control']).toBe('no-store');
    expect(shown.body).toEqual({
      accountName: 'Newco',
      email,
      role: 'sub-account',
      permissions: [{ key: 'tickets', label: 'View & open support tickets' }],
      expiresAt: new Date(portal.now.getTime() + linkSeconds * 1000).toISOString(),
      effectiveAt: null,
      passwordRequired: true,
    });
    expect(portal.table.all()).toEqual(before);
  });

  test('works once', async () => {
    const { portal, press } = desk;
    expect((await press(token, answer)).status).toBe(200);
    await expectRefused(token, 409);
    expect((await press(token, { name: 'Mallory', password: attackers })).status).toBe(409);
    expect(portal.directory.signIn(email, attackers)).toBeNull();
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
  });

  test('works until its last second and not in its end', async () => {
    desk.portal.advance(linkSeconds - 1);
    expect((await desk.look(token)).status).toBe(200);
    desk.portal.advance(1);
    await expectRefused(token, 409);
  });

  test('is over after eight days', async () => {
    desk.portal.advance(eightDays);
    await expectRefused(token, 409);
  });

  test('is nothing once a byte of it is another', async () => {
    const [payload, signature] = token.split('.') as [string, string];
    const flipped = (text: string) => (text.startsWith('b') ? 'c' : 'b') + text.slice(1);
    const last = token.endsWith('A') ? 'Q' : 'A';
    for (const bad of [
      `${payload}.${flipped(signature)}`,
      `${payload}.a${flipped(signature.slice(1))}`,
      `${flipped(payload)}.${signature}`,
      `${token.slice(0, -1)}${last}`,
      token.slice(0, -1),
      `${payload}.`,
      payload,
      '.',
      'x'.repeat(3000),
    ]) {
      await expectRefused(bad, 404);
    }
  });

  test('is nothing with another end, account, invitation or user in it', async () => {
    const link = readInvitation(token)!;
    const { invitation, accountId, expiresAtSeconds } = link;
    const { mallory } = desk;
    const [, signature] = token.split('.');
    for (const fields of [
      [userId, accountId, invitation, expiresAtSeconds + 1],
      [userId, mallory.accountId, invitation, expiresAtSeconds],
      [userId, accountId, 'another', expiresAtSeconds],
      [mallory.ownerId, accountId, invitation, expiresAtSeconds],
      ['nobody', accountId, invitation, expiresAtSeconds],
      [userId, accountId, invitation, String(expiresAtSeconds)],
      [userId, accountId, invitation],
      { userId },
      null,
    ]) {
      const payload = Buffer.from(JSON.stringify(fields)).toString('base64url');
      await expectRefused(`${payload}.${signature}`, 404);
    }
  });

  test('works for the address that it was mailed to alone', async () => {
    const { portal } = desk;
    const { invitation } = (await portal.people.membership(userId, desk.newco.accountId))!;
    const link = {
      userId,
      accountId: desk.newco.accountId,
      invitation: invitation!,
      expiresAtSeconds: toSeconds(portal.now) + 60,
    };
    const keys = await portal.provider().replyKeys();
    await expectRefused(signInvitation(link, 'mallory@evil.test', keys), 404);
    await expectRefused(signInvitation(link, email, { current: 'a', keys: { a: 'another key' } }), 404);
    await expectRefused(
      signInvitation(link, email, { current: 'z', keys: { z: 'a key of the tests' } }),
      404,
    );
  });

  test.each(['owner', 'another user'])('is of no use for the membership of %s', async (whose) => {
    const { portal, newco, mallory } = desk;
    const { invitation } = (await portal.people.membership(userId, newco.accountId))!;
    const other = whose === 'owner' ? newco.ownerId : mallory.ownerId;
    const login = (await portal.people.login(other))!;
    const link = {
      userId: other,
      accountId: newco.accountId,
      invitation: invitation!,
      expiresAtSeconds: toSeconds(portal.now) + 60,
    };
    const keys = await portal.provider().replyKeys();
    await expectRefused(signInvitation(link, login.email, keys), 409);
    expect(portal.directory.users.get(other)!.password).toBe('Correct-Horse-1');
  });

  test('is withdrawn with its contact', async () => {
    const { portal, newco } = desk;
    expect((await portal.call(newco.ownerId, 'DELETE', path)).status).toBe(204);
    await expectRefused(token, 409);
  });

  test('is withdrawn with the part, and stays so when the part is given anew', async () => {
    const { portal, newco, press, mailedToken, opens } = desk;
    expect((await portal.call(newco.ownerId, 'DELETE', `${path}/sub-account`)).status).toBe(204);
    await expectRefused(token, 409);
    // One invitation a day is mailed.
    portal.advance(24 * 60 * 60);
    await portal.call(newco.ownerId, 'PUT', `${path}/sub-account`, { body: { permissions: ['tickets'] } });
    await expectRefused(token, 409);
    const fresh = (await mailedToken(email))!;
    expect(fresh).not.toBe(token);
    expect((await press(fresh, answer)).status).toBe(200);
    expect(await opens(userId, newco, '/tickets')).toBe(200);
  });

  test('offers what is offered when it is pressed', async () => {
    const { portal, newco, press, opens } = desk;
    await portal.call(newco.ownerId, 'PUT', `${path}/sub-account`, { body: { permissions: ['invoices'] } });
    expect((await press(token, answer)).status).toBe(200);
    expect(await opens(userId, newco, '/invoices')).toBe(200);
    expect(await opens(userId, newco, '/tickets')).toBe(403);
  });

  test('accepts its own membership and no other that waits', async () => {
    const { newco, mallory, activate, press, statuses } = desk;
    await activate(mallory, email);
    await press(token, answer);
    expect(await statuses(userId)).toEqual({
      [newco.accountId]: 'active',
      [mallory.accountId]: 'invited',
    });
  });

  test('is in no row and in no kept copy of the mail', () => {
    expect(JSON.stringify(desk.portal.table.all())).not.toContain(token);
    expect(JSON.stringify(desk.portal.table.all())).not.toContain(token.split('.')[0]);
  });

  test('is mailed to nobody once it was answered', async () => {
    const { portal, help, press } = desk;
    await help(email);
    await press(token, answer);
    portal.mails.length = 0;
    await portal.deliver();
    expect(portal.mails).toEqual([]);
  });
});

describe('an invitation in the portal', () => {
  beforeEach(async () => {
    await desk.press(token, answer);
    await desk.activate(desk.mallory, email);
  });

  test('is accepted by a proven login, once', async () => {
    const { portal, mallory, accept, opens } = desk;
    expect((await accept(userId, mallory)).status).toBe(204);
    expect(await opens(userId, mallory, '/tickets')).toBe(200);
    expect((await accept(userId, mallory)).status).toBe(404);
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
  });

  test('is told in the account’s activity', async () => {
    const { portal, mallory, accept } = desk;
    portal.advance(1);
    await accept(userId, mallory);
    const log = await portal.call(mallory.ownerId, 'GET', `/v1/accounts/${mallory.accountId}/activity`);
    expect(log.body.items[0]).toMatchObject({
      action: 'membership.accepted',
      before: { status: 'invited' },
      after: { status: 'active', permissions: ['tickets'] },
    });
  });

  test('is declined, and its link is of no use from then on', async () => {
    const { portal, mallory, newco, leave, mailedToken, opens, statuses, contactsOf } = desk;
    const second = (await mailedToken(email))!;
    expect((await leave(userId, mallory)).status).toBe(204);
    await expectRefused(second, 409);
    expect(await opens(userId, mallory)).toBe(404);
    expect(await statuses(userId)).toEqual({ [newco.accountId]: 'active' });
    const contacts = await portal.call(mallory.ownerId, 'GET', contactsOf(mallory));
    expect(contacts.body.items).toHaveLength(1);
    expect((await leave(userId, mallory)).status).toBe(404);
  });

  test.each(['owner of the account', 'owner of another account'])(
    'is nothing that the %s can accept or decline',
    async (who) => {
      const { mallory, newco, accept, leave, statuses } = desk;
      const other = who === 'owner of the account' ? mallory.ownerId : newco.ownerId;
      const status = other === mallory.ownerId ? 409 : 404;
      expect((await accept(other, mallory)).status).toBe(404);
      expect((await leave(other, mallory)).status).toBe(status);
      expect((await statuses(userId))[mallory.accountId]).toBe('invited');
    },
  );
});

describe('somebody who moved to another address before they accepted', () => {
  const moved = 'nora@elsewhere.test';

  /** Their part in the first account is accepted, and the address changed three days later. */
  async function move(): Promise<void> {
    const { portal, press, mailedCode } = desk;
    await press(token, answer);
    await portal.call(userId, 'POST', '/v1/me/address', { body: { email: moved } });
    const body = { code: await mailedCode(moved) };
    expect((await portal.call(userId, 'POST', '/v1/me/address/confirm', { body })).status).toBe(202);
    portal.advance(72 * 3600);
    await portal.sweep();
    expect((await portal.people.login(userId))!.email).toBe(moved);
  }

  test('gets no second part under the new one, and an account keeps its owner', async () => {
    const { portal, mallory, activate, contactsOf, openFor } = desk;
    const own = await openFor('Their Own', { name: 'Nora', email });
    await activate(mallory, email);
    await move();
    const body = { name: 'Nora', email: moved, subAccount: { permissions: ['tickets'] } };
    for (const [by, place] of [
      ['stan', own],
      [mallory.ownerId, mallory],
    ] as const) {
      const given = await portal.call(by, 'POST', contactsOf(place), { body });
      expect([given.status, given.body.code]).toEqual([409, 'email-taken']);
    }
    expect(await portal.people.membership(userId, own.accountId)).toMatchObject({ role: 'owner' });
    expect((await portal.people.login(userId))!.accounts).toBe(3);
  });

  test('is written to under the new one from then on, as an owner and as a contact', async () => {
    const { portal, mallory, activate, accept, openFor } = desk;
    const own = await openFor('Their Own', { name: 'Nora', email });
    await activate(mallory, email);
    await move();
    // Until then the accounts are told nothing of it.
    expect((await portal.people.account(own.accountId))!.owner.email).toBe(email);
    for (const place of [own, mallory]) expect((await accept(userId, place)).status).toBe(204);
    const known = async (address: string) =>
      (await portal.people.byAddress(address)).accounts.map(({ accountId }) => accountId).toSorted();
    expect(await known(email)).toEqual([]);
    expect(await known(moved)).toEqual(
      [desk.newco, own, mallory].map(({ accountId }) => accountId).toSorted(),
    );
    expect((await portal.people.account(own.accountId))!.owner.email).toBe(moved);
    const { items } = (await portal.call(mallory.ownerId, 'GET', desk.contactsOf(mallory))).body;
    expect(items).toMatchObject([{ email: moved }]);
  });

  test('keeps the old one in an account that knows the new one as somebody else’s', async () => {
    const { portal, mallory, activate, accept, contactsOf } = desk;
    await activate(mallory, email);
    await move();
    const body = { name: 'Nobody', email: moved };
    expect((await portal.call(mallory.ownerId, 'POST', contactsOf(mallory), { body })).status).toBe(201);
    expect((await accept(userId, mallory)).status).toBe(204);
    const { items } = (await portal.call(mallory.ownerId, 'GET', contactsOf(mallory))).body;
    expect(items.map((each: { email: string }) => each.email).toSorted()).toEqual([moved, email].toSorted());
  });
});

describe('leaving', () => {
  test('ends a membership, and with the last one the login', async () => {
    const { portal, newco, press, leave } = desk;
    await press(token, answer);
    const signedInAt = portal.now;
    expect((await leave(userId, newco)).status).toBe(204);
    await expect(portal.authorizer(userId, signedInAt)).rejects.toThrow('invalid-token');
    expect(portal.directory.signIn(email, chosen)).toBeNull();
    expect((await portal.call(newco.ownerId, 'GET', path)).status).toBe(200);
  });

  test('is not for owners, be they invited or not', async () => {
    const { newco, openFor, leave, opens, statuses } = desk;
    const second = await openFor('Second', { name: 'Owner', email: 'owner@newco.test' });
    expect(second.ownerId).toBe(newco.ownerId);
    expect((await leave(newco.ownerId, newco)).status).toBe(409);
    expect((await leave(newco.ownerId, second)).status).toBe(404);
    expect(await opens(newco.ownerId, newco)).toBe(200);
    expect((await statuses(newco.ownerId))[second.accountId]).toBeUndefined();
  });
});
