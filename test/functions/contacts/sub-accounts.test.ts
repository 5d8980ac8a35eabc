import { beforeEach, describe, expect, test, vi } from 'vitest';
import { disagreements } from '../../support/desks/disagreements.ts';
import type { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { settle } from '../../support/faults/stoppages.ts';
import { email, password, type Place, subAccountDesk, twoAccounts } from './sub-account-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let acme: Place;
let other: Place;
const { accountsOf, end, give, inAnHour, pathOf, read, record, userOf, usersWith } = subAccountDesk(() => ({
  portal,
  acme,
}));

beforeEach(async () => {
  ({ portal, acme, other } = await twoAccounts());
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

describe('changing what a contact may do', () => {
  test('counts from the next request on, and sends no mail', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], password });
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

  test('keeps an end and a note that are left out, and takes away those that are null', async () => {
    const contactId = await record();
    const expiresAt = inAnHour();
    await give(contactId, { permissions: [], expiresAt, note: 'For an hour' });
    const changed = await give(contactId, { permissions: ['tickets'] });
    expect(changed.body.subAccount).toMatchObject({ expiresAt, note: 'For an hour' });
    const freed = await give(contactId, { permissions: ['tickets'], expiresAt: null, note: null });
    expect(freed.body.subAccount).toMatchObject({ expiresAt: null, note: null });
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
    await give(contactId, { permissions: ['contacts', 'tickets'], password });
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
    await give(contactId, {
      permissions: ['tickets', 'contacts'],
      expiresAt: '2026-03-01T12:00:05+01:00',
      password,
    });
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
    expect(refused.body.errors).toEqual([
      { path: 'expiresAt', code: 'out-of-range', message: expect.stringContaining('future') },
    ]);
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
    await expect(portal.authorizer(userId)).rejects.toThrow('invalid-token');
    expect(portal.directory.signIn(email, password)).toBeNull();
  });

  test('leaves the person’s other accounts alone', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'], password });
    await give(await record(other), { permissions: ['tickets'] }, other);
    const userId = await userOf();
    await portal.acceptInvitation(userId, other.accountId);
    await end(contactId);
    expect(await accountsOf(userId)).toEqual([other.accountId]);
    expect(portal.directory.signIn(email, 'Chosen-By-Myself-1')).toBe(userId);
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
    await give(contactId, { permissions: ['tickets'], password });
    const cached = await portal.authorizer(await userOf());
    await end(contactId);
    const body = { subject: 'Late', message: 'Too late' };
    const refused = await portal.call('', 'POST', `/v1/accounts/${acme.accountId}/tickets`, { body, cached });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('invalid_token');
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

  test('gives the login back that was there by invitation, without its password', async () => {
    const { given, userId } = await revived();
    expect(given.body.subAccount).toMatchObject({ status: 'invited', permissions: ['invoices'] });
    expect(await userOf()).toBe(userId);
    expect(portal.directory.signIn(email, password)).toBeNull();
    expect(usersWith(email)).toHaveLength(1);
    await portal.acceptInvitation(userId, acme.accountId);
    expect(await accountsOf(userId)).toEqual([acme.accountId]);
  });

  test('says so by mail', async () => {
    await revived();
    await settle(portal);
    expect(portal.mails.map((mail) => [mail.destinations, mail.subject])).toEqual([
      [[email], 'An invitation to the client portal'],
    ]);
  });

  test('does not bring back the tokens of before', async () => {
    const { userId, oldToken } = await revived();
    await expect(portal.authorizer(userId, oldToken)).rejects.toThrow('invalid-token');
    portal.advance(1);
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
