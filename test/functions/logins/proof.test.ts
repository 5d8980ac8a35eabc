import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { disagreements } from '../../support/desks/disagreements.ts';
import { settle } from '../../support/faults/stoppages.ts';
import { attackers, chosen, email, type Place, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: Awaited<ReturnType<typeof twoPlaces>>;

beforeEach(async () => {
  desk = await twoPlaces();
});

afterEach(async () => {
  await settle(desk.portal);
  expect(disagreements(desk.portal)).toEqual([]);
});

/** An account activates an address that it knows nothing of, and signs in with what it chose. */
async function hijacked() {
  const { portal, mallory, activate } = desk;
  const { userId, path } = await activate(mallory, email, attackers);
  portal.advance(60);
  const signedInAt = portal.now;
  expect(portal.directory.signIn(email, attackers)).toBe(userId);
  await portal.authorizer(userId, signedInAt);
  portal.advance(60);
  return { userId, path, signedInAt };
}

describe('a login that somebody made before its person became an owner', () => {
  let userId: string;
  let signedInAt: Date;
  let place: Place;

  beforeEach(async () => {
    const { portal, mallory, openFor } = desk;
    const login = await hijacked();
    ({ userId, signedInAt } = login);
    expect((await portal.call(mallory.ownerId, 'DELETE', login.path)).status).toBe(204);
    portal.advance(60);
    place = await openFor('Nora’s', { name: 'Nora as staff wrote it', email });
    portal.advance(60);
  });

  test('lets nobody in with the old password', () => {
    expect(place.ownerId).toBe(userId);
    expect(desk.portal.directory.signIn(email, attackers)).toBeNull();
  });

  test('refuses the old token, before and after the proof', async () => {
    const { portal, mailedToken, press } = desk;
    await expect(portal.authorizer(userId, signedInAt)).rejects.toThrow('invalid-token');
    await press((await mailedToken(email))!, { name: 'Nora', password: chosen });
    await expect(portal.authorizer(userId, signedInAt)).rejects.toThrow('invalid-token');
  });

  test('opens nothing of the account until its person chose a password', async () => {
    const { portal, opens, statuses } = desk;
    expect(await opens(userId, place)).toBe(404);
    expect(await opens(userId, place, '/tickets')).toBe(404);
    // What waits for the holder of the address is not shown to who has not proven it.
    expect(await statuses(userId)).toEqual({});
    const rename = { body: { name: 'Mine now' } };
    expect((await portal.call(userId, 'PATCH', `/v1/accounts/${place.accountId}`, rename)).status).toBe(404);
  });

  test('takes no password from staff', async () => {
    const owner = { name: 'Nora', email, password: 'Chosen-By-Staff-1' };
    const made = await desk.portal.call('stan', 'POST', '/v1/staff/accounts', {
      body: { name: 'Another', owner },
    });
    expect(made.status).toBe(409);
  });

  test('opens everything once its person chose one, under the name that they say', async () => {
    const { portal, mailedToken, press, opens, statuses } = desk;
    const token = (await mailedToken(email))!;
    const accepted = await press(token, { name: 'Nora Newton', password: chosen });
    expect(accepted.body).toEqual({ email, signInUrl: 'https://portal.test' });
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
    expect(portal.directory.signIn(email, attackers)).toBeNull();
    expect(await opens(userId, place, '/tickets')).toBe(200);
    expect(await statuses(userId)).toEqual({ [place.accountId]: 'active' });
    const { user } = (await portal.call(userId, 'GET', '/v1/me')).body;
    expect(user).toMatchObject({ name: 'Nora Newton', email, proven: true });
    expect((await portal.people.account(place.accountId))!.owner.name).toBe('Nora Newton');
    expect(portal.directory.users.get(userId)!.name).toBe('Nora Newton');
  });

  test('is no login of the account that made it', async () => {
    const { portal, mallory, mailedToken, press, opens } = desk;
    await press((await mailedToken(email))!, { name: 'Nora', password: chosen });
    expect(await opens(userId, mallory)).toBe(404);
    expect(await opens(mallory.ownerId, place)).toBe(404);
    const contacts = await portal.call(mallory.ownerId, 'GET', `/v1/accounts/${mallory.accountId}/contacts`);
    expect(contacts.body.items).toEqual([]);
  });
});

describe('a login whose maker still holds it when another account gives it a part', () => {
  let userId: string;
  let signedInAt: Date;

  beforeEach(async () => {
    ({ userId, signedInAt } = await hijacked());
    await desk.activate(desk.newco, email);
    desk.portal.advance(60);
  });

  test('opens nothing there to the maker, who cannot accept it', async () => {
    const { portal, newco, mallory, opens, accept, statuses } = desk;
    expect(portal.directory.signIn(email, attackers)).toBe(userId);
    expect(await opens(userId, newco)).toBe(404);
    expect(await opens(userId, newco, '/tickets')).toBe(404);
    const refused = await accept(userId, newco);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('link');
    expect(await statuses(userId)).toEqual({ [mallory.accountId]: 'active' });
    expect(await opens(userId, newco)).toBe(404);
  });

  test('is not proven by a password changed in the portal, nor by an activation of the maker', async () => {
    const { portal, newco, opens } = desk;
    const changed = await portal.call(userId, 'POST', '/v1/me/password', {
      body: { current: attackers, new: 'Known-To-Mallory-2' },
      headers: { authorization: `Bearer ${userId}` },
    });
    expect(changed.status).toBe(204);
    expect((await portal.people.login(userId))!.proven ?? false).toBe(false);
    expect(await opens(userId, newco)).toBe(404);
  });

  test('is its person’s alone from the proof on', async () => {
    const { portal, newco, mailedToken, press, opens } = desk;
    const ended = portal.directory.users.get(userId)!.ended!;
    const lastSecond = portal.now;
    await press((await mailedToken(email))!, { name: 'Nora Newton', password: chosen });
    expect(portal.directory.signIn(email, attackers)).toBeNull();
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
    expect(portal.directory.users.get(userId)!.ended).toBeGreaterThan(ended);
    await expect(portal.authorizer(userId, signedInAt)).rejects.toThrow('invalid-token');
    await expect(portal.authorizer(userId, lastSecond)).rejects.toThrow('invalid-token');
    expect(await opens(userId, newco, '/tickets')).toBe(200);
  });

  test('stays shut when the maker takes its own part away, and comes back by the link', async () => {
    const { portal, newco, mallory, mailedToken, press, opens } = desk;
    const { items } = (
      await portal.call(mallory.ownerId, 'GET', `/v1/accounts/${mallory.accountId}/contacts`)
    ).body;
    const own = `/v1/accounts/${mallory.accountId}/contacts/${items[0].id}`;
    expect((await portal.call(mallory.ownerId, 'DELETE', own)).status).toBe(204);
    expect(await opens(userId, newco)).toBe(404);
    await press((await mailedToken(email))!, { name: 'Nora', password: chosen });
    expect(await opens(userId, newco)).toBe(200);
    expect(portal.directory.signIn(email, attackers)).toBeNull();
  });
});

describe('a login that was disabled', () => {
  test('comes back by invitation alone, without its proof, its password and its sessions', async () => {
    const { portal, newco, mallory, provenIn, activate, mailedToken, press, opens, accept } = desk;
    const { userId, path } = await provenIn(newco);
    const signedInAt = portal.now;
    await portal.authorizer(userId, signedInAt);
    expect((await portal.call(newco.ownerId, 'DELETE', `${path}/sub-account`)).status).toBe(204);
    await expect(portal.authorizer(userId, signedInAt)).rejects.toThrow('invalid-token');
    expect(portal.directory.signIn(email, chosen)).toBeNull();
    portal.advance(60);
    expect((await activate(mallory, email)).userId).toBe(userId);
    expect(portal.directory.signIn(email, chosen)).toBeNull();
    await expect(portal.authorizer(userId, signedInAt)).rejects.toThrow('invalid-token');
    portal.advance(60);
    expect((await accept(userId, mallory)).status).toBe(409);
    const token = (await mailedToken(email))!;
    expect((await press(token)).status).toBe(400);
    expect((await press(token, { name: 'Nora', password: 'Chosen-By-Nora-2' })).status).toBe(200);
    expect(portal.directory.signIn(email, 'Chosen-By-Nora-2')).toBe(userId);
    expect(portal.directory.signIn(email, chosen)).toBeNull();
    expect(await opens(userId, mallory)).toBe(200);
    expect(await opens(userId, newco)).toBe(404);
  });

  test('takes no password from the account that gives it a part', async () => {
    const { portal, newco, provenIn } = desk;
    const { path } = await provenIn(newco);
    await portal.call(newco.ownerId, 'DELETE', `${path}/sub-account`);
    const given = await portal.call(newco.ownerId, 'PUT', `${path}/sub-account`, {
      body: { permissions: [], password: attackers },
    });
    expect(given.status).toBe(409);
    expect(portal.directory.signIn(email, attackers)).toBeNull();
  });
});

describe('a proven login', () => {
  test('keeps its password and its sessions when another account gives it a part', async () => {
    const { portal, newco, mallory, provenIn, activate, mailedToken, press, opens } = desk;
    const { userId } = await provenIn(newco);
    const signedInAt = portal.now;
    await activate(mallory, email);
    expect(await opens(userId, mallory)).toBe(404);
    const token = (await mailedToken(email))!;
    expect((await press(token)).status).toBe(200);
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
    expect((await portal.authorizer(userId, signedInAt)).userId).toBe(userId);
    expect(await opens(userId, mallory)).toBe(200);
  });

  test('takes no password by an invitation, which waits on', async () => {
    const { portal, newco, mallory, provenIn, activate, mailedToken, press, statuses } = desk;
    const { userId } = await provenIn(newco);
    await activate(mallory, email);
    const token = (await mailedToken(email))!;
    const refused = await press(token, { password: attackers });
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].path).toBe('password');
    expect(portal.directory.signIn(email, attackers)).toBeNull();
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
    expect((await statuses(userId))[mallory.accountId]).toBe('invited');
  });

  test('keeps the name that its person said, whatever an invitation says', async () => {
    const { portal, newco, mallory, provenIn, activate, mailedToken, press } = desk;
    const { userId } = await provenIn(newco);
    await activate(mallory, email);
    await press((await mailedToken(email))!, { name: 'Fool' });
    expect((await portal.people.login(userId))!.name).toBe('Nora Newton');
  });
});

describe('a login whose maker is signed in when its person proves it by a code', () => {
  test('ends the maker’s sessions, whenever they began, while that of its person goes on', async () => {
    const { portal, mallory, newco, activate, mailedCode, opens } = desk;
    const { userId } = await activate(mallory, email, attackers);
    const makers = await portal.authorizer(userId, portal.now, 'makers');
    portal.advance(60);
    const own = await portal.authorizer(userId, portal.now, 'own');
    const call = (cached: typeof own, method: string, path: string, body?: object) =>
      portal.call('', method, path, { cached, ...(body ? { body } : {}) });
    await activate(newco, email);
    await call(own, 'POST', '/v1/me/prove-address');
    const code = (await mailedCode(email))!;
    portal.advance(1);
    const later = await portal.authorizer(userId, portal.now, 'makers again');
    expect((await call(own, 'POST', '/v1/me/prove-address/confirm', { code })).status).toBe(204);
    const accepting = `/v1/me/memberships/${newco.accountId}/accept`;
    for (const cached of [makers, later]) {
      expect((await call(cached, 'POST', accepting)).status).toBe(401);
      expect((await call(cached, 'GET', '/v1/me')).status).toBe(401);
    }
    expect((await call(own, 'GET', '/v1/me')).body.user.proven).toBe(true);
    expect((await call(own, 'POST', accepting)).status).toBe(204);
    const fresh = await portal.authorizer(userId, new Date(portal.now.getTime() - 60_000), 'own');
    expect((await call(fresh, 'GET', `/v1/accounts/${newco.accountId}/tickets`)).status).toBe(200);
    await portal.deliver();
    expect(
      portal.mails.some(({ text }) => text?.includes('every other session of your login was ended')),
    ).toBe(true);
    await call(fresh, 'POST', '/v1/me/sign-out-everywhere');
    const before = new Date(portal.now.getTime() - 60_000);
    await expect(portal.authorizer(userId, before, 'own')).rejects.toThrow('invalid-token');
    expect(await opens(newco.ownerId, newco, '/tickets')).toBe(200);
  });
});
