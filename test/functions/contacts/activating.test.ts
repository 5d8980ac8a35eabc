import { beforeEach, describe, expect, test, vi } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { disagreements } from '../../support/desks/disagreements.ts';
import type { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { settle } from '../../support/faults/stoppages.ts';
import { email, password, type Place, subAccountDesk, twoAccounts } from './sub-account-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let acme: Place;
let other: Place;
const { accountsOf, give, read, record, userOf, usersWith } = subAccountDesk(() => ({ portal, acme }));

beforeEach(async () => {
  ({ portal, acme, other } = await twoAccounts());
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

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
      { email, name: 'Carla', password: null, verified: true, enabled: true, ended: 0 },
    ]);
    await portal.deliver();
    expect(portal.mails).toHaveLength(1);
    const [mail] = portal.mails;
    expect(mail!.destinations).toEqual([email]);
    // What somebody wrote stands in no subject and no first line.
    expect(mail!.subject).toBe('An invitation to the client portal');
    expect(mail!.text!.split('\n')[0]).toBe('Hello,');
    for (const text of [
      'Acme',
      'Carla',
      'Owner of Acme',
      'View & open support tickets',
      'View & pay invoices',
    ]) {
      expect(mail!.text).toContain(text);
    }
    expect(mail!.text).toMatch(/https:\/\/api\.portal\.test\/v1\/invitation\/\S+/);
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
    await give(contactId, { permissions: ['tickets'], password });
    const base = `/v1/accounts/${acme.accountId}`;
    const status = async (path: string) =>
      (await portal.call(await userOf(), 'GET', `${base}${path}`)).status;
    expect(await status('/tickets')).toBe(200);
    expect(await status('/contacts')).toBe(403);
    expect(await accountsOf(await userOf())).toEqual([acme.accountId]);
  });

  test('with no permission at all makes them a member', async () => {
    const contactId = await record();
    expect((await give(contactId, { permissions: [], password })).status).toBe(200);
    expect((await portal.call(await userOf(), 'GET', `/v1/accounts/${acme.accountId}`)).status).toBe(200);
  });

  test('is invited until it is accepted, and active from then on', async () => {
    const contactId = await record();
    await give(contactId, { permissions: ['tickets'] });
    expect((await read(contactId)).subAccount).toMatchObject({ status: 'invited', lastSignInAt: null });
    await portal.acceptInvitation(await userOf(), acme.accountId);
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
    expect(given.body.subAccount.status).toBe('invited');
    expect(await userOf()).toBe(userId);
    expect(usersWith(email)).toHaveLength(1);
    expect(await accountsOf(userId)).toEqual([acme.accountId]);
    expect(portal.directory.signIn(email, password)).toBe(userId);
    await settle(portal);
    expect(portal.mails.map((mail) => mail.subject)).toEqual(['An invitation to the client portal']);
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
    await portal.acceptInvitation(other.ownerId, acme.accountId);
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
    // Of the try nothing is left but that it counts.
    const counted = ({ pk }: { pk: string }) => pk.startsWith('STRANGERS#');
    expect(portal.table.all().filter((row) => !counted(row))).toEqual(before.filter((row) => !counted(row)));
    expect(portal.directory.signIn(email, password)).toBe(await userOf());
  });
});
