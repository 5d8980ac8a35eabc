import { beforeEach, describe, expect, test, vi } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { disagreements } from '../../support/desks/disagreements.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { settle } from '../../support/faults/stoppages.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const password = 'Correct-Horse-2';
const email = 'carla@people.test';

let portal: MemoryPortal;
let acme: { accountId: string; ownerId: string };
let other: { accountId: string; ownerId: string };

beforeEach(async () => {
  portal = new MemoryPortal();
  acme = await portal.createAccount('Acme', 'owner@acme.test');
  other = await portal.createAccount('Other', 'owner@other.test');
  await portal.deliver();
  portal.mails.length = 0;
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

async function record(place = acme, address = email): Promise<string> {
  const body = { name: 'Carla', email: address };
  const made = await portal.call(place.ownerId, 'POST', `/v1/accounts/${place.accountId}/contacts`, { body });
  expect(made.status).toBe(201);
  return made.body.id;
}

const pathOf = (contactId: string, place = acme) => `/v1/accounts/${place.accountId}/contacts/${contactId}`;
const give = (contactId: string, body: object, place = acme, headers = {}) =>
  portal.call(place.ownerId, 'PUT', `${pathOf(contactId, place)}/sub-account`, { body, headers });
const end = (contactId: string, place = acme) =>
  portal.call(place.ownerId, 'DELETE', `${pathOf(contactId, place)}/sub-account`);
const read = async (contactId: string, place = acme) =>
  (await portal.call(place.ownerId, 'GET', pathOf(contactId, place))).body;
const userOf = async (address = email) => (await portal.people.byAddress(address)).userId!;
const accountsOf = async (userId: string): Promise<string[]> =>
  (await portal.call(userId, 'GET', '/v1/me')).body.memberships.map(
    (part: { accountId: string }) => part.accountId,
  );
const usersWith = (address: string) =>
  [...portal.directory.users.values()].filter((user) => user.email === address);
const inAnHour = () => new Date(portal.now.getTime() + 3_600_000).toISOString();

describe('activating a contact without a login', () => {
  test('invites the person: a login that nobody knows the password of, and a mail that leads to one', async () => {
    const contactId = await record();
    const given = await give(contactId, { permissions: ['tickets', 'invoices'], note: 'For the summer' });
    expect(given.status).toBe(200);
    expect(given.body.subAccount).toEqual({
      status: 'invited',
      permissions: ['tickets', 'invoices'],
      expiresAt: null,
      note: 'For the summer',
      lastSignInAt: null,
    });
    expect(usersWith(email)).toEqual([
      { email, name: 'Carla', password: null, verified: true, enabled: true },
    ]);
    await portal.deliver();
    expect(portal.mails).toHaveLength(1);
    const [mail] = portal.mails;
    expect(mail!.destinations).toEqual([email]);
    expect(mail!.subject).toContain('Acme');
    for (const text of ['Carla', 'Owner of Acme', 'View & open support tickets', 'View & pay invoices']) {
      expect(mail!.text).toContain(text);
    }
    expect(mail!.text).toContain('/set-password?email=carla%40people.test');
  });

  test('with a password lets them sign in with it at once, and sends no mail', async () => {
    const contactId = await record();
    const given = await give(contactId, { permissions: ['tickets'], password });
    expect(given.body.subAccount.status).toBe('active');
    expect(portal.directory.signIn(email, password)).toBe(await userOf());
    await settle(portal);
    expect(portal.mails).toEqual([]);
    expect(JSON.stringify(portal.table.all())).not.toContain(password);
  });

  test('lets them do what was given, and no more', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'] });
    const base = `/v1/accounts/${acme.accountId}`;
    const status = async (path: string) =>
      (await portal.call(await userOf(), 'GET', `${base}${path}`)).status;
    expect(await status('/tickets')).toBe(200);
    expect(await status('/contacts')).toBe(403);
    expect(await accountsOf(await userOf())).toEqual([acme.accountId]);
  });

  test('with no permission at all makes them a member', async () => {
    const contactId = await record();
    expect((await give(contactId, { permissions: [] })).status).toBe(200);
    expect((await portal.call(await userOf(), 'GET', `/v1/accounts/${acme.accountId}`)).status).toBe(200);
  });

  test('is invited until the first sign-in, and active from then on', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'] });
    portal.advance(60);
    const signedInAt = portal.now.toISOString();
    await portal.call(await userOf(), 'GET', '/v1/me');
    expect((await read(contactId)).subAccount).toMatchObject({ status: 'active', lastSignInAt: signedInAt });
    const listed = await portal.call(acme.ownerId, 'GET', `/v1/accounts/${acme.accountId}/contacts`);
    expect(listed.body.items).toEqual([await read(contactId)]);
  });

  test.each([
    ['too short for the policy', 'short'],
    ['empty', ''],
    ['longer than 256 characters', 'Aa1!'.repeat(65)],
  ])('with a password that is %s leaves nothing', async (_, bad) => {
    const contactId = await record();
    const before = portal.table.all();
    const refused = await give(contactId, { permissions: ['tickets'], password: bad });
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].path).toBe('password');
    expect(portal.table.all()).toEqual(before);
    expect(usersWith(email)).toEqual([]);
    expect((await read(contactId)).subAccount).toBeNull();
  });

  test.each([
    ['a permission that is none', { permissions: ['tickets', 'everything'] }],
    ['a permission twice', { permissions: ['tickets', 'tickets'] }],
    ['no list of permissions', {}],
    ['an end that is no time', { permissions: [], expiresAt: 'tomorrow' }],
    ['an end without an offset', { permissions: [], expiresAt: '2026-03-02T10:00:00' }],
    ['a note that is too long', { permissions: [], note: 'x'.repeat(501) }],
    ['a field that is none', { permissions: [], owner: true }],
  ])('with %s is refused', async (_, body) => {
    const contactId = await record();
    expect((await give(contactId, body)).status).toBe(400);
    expect((await read(contactId)).subAccount).toBeNull();
  });

  test('takes every permission there is', async () => {
    const contactId = await record();
    const given = await give(contactId, { permissions: permissionKeys });
    expect(given.body.subAccount.permissions).toEqual(permissionKeys);
  });

  test('is told in the activity log with what it gave', async () => {
    const contactId = await record();
    portal.advance(1);
    await give(contactId, { permissions: ['tickets'], expiresAt: '2026-04-01T00:00:00+02:00' });
    const { items } = (await portal.call(acme.ownerId, 'GET', `/v1/accounts/${acme.accountId}/activity`))
      .body;
    expect(items[0]).toMatchObject({
      action: 'sub-account.activated',
      actor: { kind: 'owner', id: acme.ownerId },
      subject: { kind: 'contact', id: contactId, name: 'Carla' },
      before: { permissions: [] },
      after: { permissions: ['tickets'], expiresAt: '2026-03-31T22:00:00.000Z' },
    });
  });
});

describe('activating a contact whose address has a login', () => {
  test('adds a part to the one login, and says so by mail without any password', async () => {
    await give(await record(), { permissions: ['tickets'], password });
    const userId = await userOf();
    const contactId = await record(other);
    const given = await give(contactId, { permissions: ['invoices'] }, other);
    expect(given.body.subAccount.status).toBe('active');
    expect(await userOf()).toBe(userId);
    expect(usersWith(email)).toHaveLength(1);
    expect((await accountsOf(userId)).toSorted()).toEqual([acme.accountId, other.accountId].toSorted());
    expect(portal.directory.signIn(email, password)).toBe(userId);
    await settle(portal);
    expect(portal.mails.map((mail) => mail.subject)).toEqual(['You have access to Other']);
    expect(portal.mails[0]!.text).not.toContain('set-password');
  });

  test('finds the login whatever the capitals', async () => {
    await give(await record(), { permissions: [], password });
    const contactId = await record(other, 'CARLA@People.Test');
    expect((await read(contactId, other)).email).toBe(email);
    await give(contactId, { permissions: [] }, other);
    expect(portal.directory.users.size).toBe(4);
  });

  test('may be the owner of another account', async () => {
    const contactId = await record(acme, 'owner@other.test');
    await give(contactId, { permissions: ['tickets'] });
    expect((await accountsOf(other.ownerId)).toSorted()).toEqual(
      [acme.accountId, other.accountId].toSorted(),
    );
  });

  test('refuses a password, which would be somebody else’s, and changes nothing', async () => {
    await give(await record(), { permissions: ['tickets'], password });
    const contactId = await record(other);
    const before = portal.table.all();
    const refused = await give(contactId, { permissions: [], password: 'Another-Horse-3' }, other);
    expect(refused.status).toBe(409);
    expect(refused.body.type).toMatch(/\/login-exists$/);
    expect(portal.table.all()).toEqual(before);
    expect(portal.directory.signIn(email, password)).toBe(await userOf());
  });
});

describe('changing what a contact may do', () => {
  test('counts from the next request on, and sends no mail', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'] });
    await settle(portal);
    portal.mails.length = 0;
    const changed = await give(contactId, { permissions: ['invoices'] });
    expect(changed.body.subAccount.permissions).toEqual(['invoices']);
    const status = async (path: string) =>
      (await portal.call(await userOf(), 'GET', `/v1/accounts/${acme.accountId}${path}`)).status;
    expect(await status('/tickets')).toBe(403);
    expect(await status('/invoices')).toBe(200);
    await settle(portal);
    expect(portal.mails).toEqual([]);
  });

  test('says what the whole access is: an end and a note that are left out are gone', async () => {
    const contactId = await record();
    await give(contactId, { permissions: [], expiresAt: inAnHour(), note: 'For an hour' });
    const changed = await give(contactId, { permissions: [] });
    expect(changed.body.subAccount).toMatchObject({ expiresAt: null, note: null });
  });

  test('leaves an invited person invited', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'] });
    expect((await give(contactId, { permissions: [] })).body.subAccount.status).toBe('invited');
  });

  test('refuses a new password: only the person changes it', async () => {
    const contactId = await record();
    await give(contactId, { permissions: [], password });
    const refused = await give(contactId, { permissions: ['tickets'], password: 'Another-Horse-3' });
    expect(refused.body.type).toMatch(/\/login-exists$/);
    expect(portal.directory.signIn(email, password)).toBe(await userOf());
    expect((await read(contactId)).subAccount.permissions).toEqual([]);
  });

  test('after somebody else changed it is refused to whoever read the old one', async () => {
    const contactId = await record();
    const first = await portal.call(acme.ownerId, 'GET', pathOf(contactId));
    const etag = first.headers['etag']!;
    expect((await give(contactId, { permissions: ['tickets'] }, acme, { 'if-match': etag })).status).toBe(
      200,
    );
    const refused = await give(contactId, { permissions: ['invoices'] }, acme, { 'if-match': etag });
    expect(refused.status).toBe(412);
    expect((await read(contactId)).subAccount.permissions).toEqual(['tickets']);
  });

  test('makes whatever was authorised before unable to write', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['contacts', 'tickets'] });
    const cached = await portal.authorizer(await userOf());
    await give(contactId, { permissions: ['tickets'] });
    const contacts = `/v1/accounts/${acme.accountId}/contacts`;
    const body = { name: 'Sneaky', email: 'sneaky@people.test' };
    const refused = await portal.call('', 'POST', contacts, { body, cached });
    expect(refused.status).toBe(409);
    expect(refused.body.type).toMatch(/\/access-changed$/);
    expect((await portal.people.byAddress(body.email)).accounts).toEqual([]);
  });
});

describe('access with an end', () => {
  test('is there until that second, and then as if it had never been', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets', 'contacts'], expiresAt: '2026-03-01T12:00:05+01:00' });
    const userId = await userOf();
    const tickets = `/v1/accounts/${acme.accountId}/tickets`;
    portal.now = new Date('2026-03-01T11:00:04.999Z');
    expect((await portal.call(userId, 'GET', tickets)).status).toBe(200);
    expect((await read(contactId)).subAccount.status).toBe('active');
    const cached = await portal.authorizer(userId);
    portal.now = new Date('2026-03-01T11:00:05Z');
    expect((await portal.call(userId, 'GET', tickets)).status).toBe(404);
    expect((await portal.call(userId, 'GET', tickets, { cached })).status).toBe(404);
    expect(await accountsOf(userId)).toEqual([]);
    expect((await read(contactId)).subAccount).toMatchObject({
      status: 'expired',
      permissions: ['tickets', 'contacts'],
      expiresAt: '2026-03-01T11:00:05.000Z',
    });
  });

  test.each([0, -1, -86_400])('must lie in the future: %i seconds from now is refused', async (seconds) => {
    const contactId = await record();
    const expiresAt = new Date(portal.now.getTime() + seconds * 1000).toISOString();
    const refused = await give(contactId, { permissions: [], expiresAt });
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([{ path: 'expiresAt', message: expect.stringContaining('future') }]);
  });

  test('goes on with a new end, without a new login', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], expiresAt: inAnHour(), password });
    const userId = await userOf();
    portal.advance(7200);
    const renewed = await give(contactId, { permissions: ['tickets'], expiresAt: inAnHour() });
    expect(renewed.body.subAccount.status).toBe('active');
    expect(await accountsOf(userId)).toEqual([acme.accountId]);
  });

  test('that has run out can still be ended for good', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], expiresAt: inAnHour() });
    portal.advance(7200);
    expect((await end(contactId)).status).toBe(204);
    expect((await read(contactId)).subAccount.status).toBe('inactive');
  });
});

describe('ending a contact’s access', () => {
  test('takes effect at once, and the contact stays', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], expiresAt: inAnHour(), note: 'Short' });
    const ended = await end(contactId);
    expect([ended.status, ended.body]).toEqual([204, undefined]);
    expect(await read(contactId)).toMatchObject({
      email,
      subAccount: { status: 'inactive', permissions: [], expiresAt: null },
    });
  });

  test('disables the login with its last account: no token and no password opens anything', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], password });
    const userId = await userOf();
    await end(contactId);
    await expect(portal.authorizer(userId)).rejects.toThrow('Unauthorized');
    expect(portal.directory.signIn(email, password)).toBeNull();
  });

  test('leaves the person’s other accounts alone', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], password });
    await give(await record(other), { permissions: ['tickets'] }, other);
    const userId = await userOf();
    await end(contactId);
    expect(await accountsOf(userId)).toEqual([other.accountId]);
    expect(portal.directory.signIn(email, password)).toBe(userId);
    expect((await portal.call(userId, 'GET', `/v1/accounts/${acme.accountId}`)).status).toBe(404);
  });

  test('leaves nothing to end a second time', async () => {
    const contactId = await record();
    expect((await end(contactId)).status).toBe(404);
    await give(contactId, { permissions: [] });
    await end(contactId);
    expect((await end(contactId)).status).toBe(404);
  });

  test('makes whatever was authorised before unable to write', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'] });
    const cached = await portal.authorizer(await userOf());
    await end(contactId);
    const body = { subject: 'Late', message: 'Too late' };
    const refused = await portal.call('', 'POST', `/v1/accounts/${acme.accountId}/tickets`, { body, cached });
    expect(refused.status).toBe(409);
    expect(refused.body.type).toMatch(/\/access-changed$/);
  });
});

describe('reviving a contact’s access', () => {
  async function revived(permissions = ['invoices']) {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], password });
    const userId = await userOf();
    const oldToken = portal.now;
    portal.advance(100);
    await end(contactId);
    portal.advance(100);
    await settle(portal);
    portal.mails.length = 0;
    const given = await give(contactId, { permissions });
    return { contactId, userId, oldToken, given };
  }

  test('gives the login back that was there, with its password', async () => {
    const { given, userId } = await revived();
    expect(given.body.subAccount).toMatchObject({ status: 'active', permissions: ['invoices'] });
    expect(await userOf()).toBe(userId);
    expect(portal.directory.signIn(email, password)).toBe(userId);
    expect(usersWith(email)).toHaveLength(1);
    expect(await accountsOf(userId)).toEqual([acme.accountId]);
  });

  test('says so by mail', async () => {
    await revived();
    await settle(portal);
    expect(portal.mails.map((mail) => [mail.destinations, mail.subject])).toEqual([
      [[email], 'You have access to Acme'],
    ]);
  });

  test('does not bring back the tokens of before', async () => {
    const { userId, oldToken } = await revived();
    await expect(portal.authorizer(userId, oldToken)).rejects.toThrow('Unauthorized');
    await expect(portal.authorizer(userId, portal.now)).resolves.toMatchObject({ userId });
  });

  test('refuses a password, for the person has one', async () => {
    const contactId = await record();
    await give(contactId, { permissions: [], password });
    await end(contactId);
    const refused = await give(contactId, { permissions: [], password: 'Another-Horse-3' });
    expect(refused.body.type).toMatch(/\/login-exists$/);
    expect((await read(contactId)).subAccount.status).toBe('inactive');
  });
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
