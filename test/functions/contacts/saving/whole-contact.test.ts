import { beforeEach, describe, expect, test, vi } from 'vitest';
import { permissionKeys } from '../../../../shared/access/permissions.ts';
import { disagreements } from '../../../support/desks/disagreements.ts';
import { MemoryPortal } from '../../../support/memory/memory-portal.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
let contacts: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  contacts = `/v1/accounts/${accountId}/contacts`;
  await portal.deliver();
  portal.mails.length = 0;
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

const password = 'Correct-Horse-2';
const whole = {
  name: 'Carla',
  email: 'carla@people.test',
  phone: '+44 1234',
  language: 'de',
  emailPreferences: { general: true, invoice: true, support: false, product: false, domain: false },
  subAccount: { permissions: ['invoices'], note: 'Books' },
};
const record = (body: object = whole, userId = ownerId) => portal.call(userId, 'POST', contacts, { body });
const put = (id: string, body: object, userId = ownerId) =>
  portal.call(userId, 'PUT', `${contacts}/${id}`, { body });
const read = async (id: string) => (await portal.call(ownerId, 'GET', `${contacts}/${id}`)).body;
const preview = (body: object, userId = ownerId) =>
  portal.call(userId, 'POST', `${contacts}/preview`, { body });
const actions = async () =>
  (await portal.call(ownerId, 'GET', `/v1/accounts/${accountId}/activity`)).body.items.map(
    (entry: { action: string }) => entry.action,
  );
const delegate = (permissions: string[], extra = {}) =>
  portal.createSubAccount(ownerId, accountId, 'max@acme.test', permissions, extra);
const mail = (kinds: object) => ({ emailPreferences: kinds });

describe('a whole contact', () => {
  test('is recorded in one write: the person, the mail and the access', async () => {
    const cached = await portal.authorizer(ownerId);
    const before = portal.table.calls.transact;
    const made = await portal.call(ownerId, 'POST', contacts, { body: whole, cached });
    expect(portal.table.calls.transact).toBe(before + 1);
    expect(made.status).toBe(201);
    expect(made.headers['location']).toBe(`${contacts}/${made.body.id}`);
    expect(made.body).toMatchObject({
      ...whole,
      subAccount: { status: 'invited', permissions: ['invoices'], note: 'Books', expiresAt: null },
      invitation: { sentAt: portal.now.toISOString() },
    });
    expect(await read(made.body.id)).toEqual(made.body);
    expect(await actions()).toEqual(['sub-account.activated', 'contact.created', 'account.created']);
    await portal.deliver();
    expect(portal.mails.map(({ destinations }) => destinations)).toEqual([['carla@people.test']]);
  });

  test('is not there at all where its access is refused', async () => {
    const { userId } = await delegate(['contacts', 'tickets']);
    const refused = await record(whole, userId);
    expect(refused).toMatchObject({ status: 403, body: { exceeds: ['invoices'] } });
    const { items } = (await portal.call(ownerId, 'GET', contacts)).body;
    expect(items.map(({ email }: { email: string }) => email)).toEqual(['max@acme.test']);
  });

  test('keeps what a change leaves out, and ends the access that is null', async () => {
    const { id } = (await record()).body;
    const changed = await put(id, { name: 'Carla Doe', subAccount: { permissions: ['tickets'] } });
    expect(changed.body).toMatchObject({
      ...whole,
      name: 'Carla Doe',
      subAccount: { status: 'invited', permissions: ['tickets'], note: 'Books' },
    });
    const kept = await put(id, { name: 'Carla', email: whole.email, emailPreferences: { invoice: false } });
    expect(kept.body).toMatchObject({ name: 'Carla', subAccount: { permissions: ['tickets'] } });
    expect(kept.body.emailPreferences).toEqual({ ...whole.emailPreferences, invoice: false });
    const ended = await put(id, { subAccount: null });
    expect(ended.body).toMatchObject({ name: 'Carla', subAccount: { status: 'inactive', permissions: [] } });
    expect(await read(id)).toEqual(ended.body);
  });

  test('that is saved as it is changes nothing and is told nowhere', async () => {
    const { id } = (await record()).body;
    const [rows, log] = [portal.table.all(), await actions()];
    const same = await put(id, whole);
    expect(same.status).toBe(200);
    expect(portal.table.all()).toEqual(rows);
    expect(await actions()).toEqual(log);
  });

  test('does not change the address that signs in, unless the access ends with it', async () => {
    const { id } = (await record({ ...whole, subAccount: { permissions: [], password } })).body;
    const moved = { email: 'new@people.test' };
    expect((await put(id, moved)).status).toBe(409);
    expect((await put(id, { ...moved, subAccount: { permissions: ['tickets'] } })).status).toBe(409);
    expect((await put(id, { ...moved, subAccount: null })).body).toMatchObject({ ...moved });
    const again = await put(id, { subAccount: { permissions: ['tickets'], password } });
    expect(again.body.subAccount.status).toBe('active');
    expect(portal.directory.signIn('new@people.test', password)).toBeTruthy();
  });

  test('of one’s own takes a new telephone number, and nothing about its access', async () => {
    const { userId, contactId } = await delegate(['contacts', 'tickets']);
    expect((await put(contactId, { phone: '+44 9' }, userId)).body).toMatchObject({ phone: '+44 9' });
    expect(
      (await put(contactId, { subAccount: { permissions: ['tickets', 'contacts'] } }, userId)).status,
    ).toBe(403);
    expect((await put(contactId, { subAccount: null }, userId)).status).toBe(403);
    expect((await put(contactId, { subAccount: { permissions: ['contacts'] } }, userId)).status).toBe(403);
  });

  test('keeps an end that is later than the delegate’s own only where the owner saves it', async () => {
    const { id } = (
      await record({
        ...whole,
        ...mail({}),
        subAccount: { permissions: ['tickets'], expiresAt: '2026-05-01T00:00:00Z' },
      })
    ).body;
    const { userId } = await delegate(['contacts', 'tickets'], { expiresAt: '2026-04-01T00:00:00Z' });
    expect((await put(id, { subAccount: { permissions: [] } }, userId)).status).toBe(200);
    expect((await put(id, { subAccount: { permissions: ['tickets'] } }, userId)).status).toBe(403);
    expect((await put(id, { subAccount: { permissions: ['tickets'] } })).body.subAccount.expiresAt).toBe(
      '2026-05-01T00:00:00.000Z',
    );
  });
});

describe('mail', () => {
  const kinds = { invoice: 'invoices', support: 'tickets', product: 'products', domain: 'domains' };

  test.each(Object.entries(kinds))('about %s is switched on by who holds %s', async (kind, permission) => {
    const { userId, contactId } = await delegate(['contacts', permission]);
    const { id } = (await record({ name: 'Cora', email: 'cora@people.test' })).body;
    for (const target of [id, contactId]) {
      for (const [other, needed] of Object.entries(kinds)) {
        const changed = await put(target, mail({ [other]: true }), userId);
        if (other === kind) expect(changed.body.emailPreferences[kind]).toBe(true);
        else expect(changed).toMatchObject({ status: 403, body: { exceeds: [needed] } });
      }
    }
    const made = await record({ name: 'New', email: 'new@people.test', ...mail(kindsOn) }, userId);
    expect(made.status).toBe(403);
  });

  const kindsOn = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, true]));

  test('is switched off by everybody, and general mail on by everybody', async () => {
    const { id } = (await record({ name: 'Cora', email: 'cora@people.test', ...mail(kindsOn) })).body;
    const { userId } = await delegate(['contacts']);
    const off = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, false]));
    const changed = await put(id, mail({ ...off, general: true }), userId);
    expect(changed.body.emailPreferences).toEqual({ ...off, general: true });
    const path = `${contacts}/${id}`;
    const patched = await portal.call(userId, 'PATCH', path, { body: mail({ invoice: true }) });
    expect(patched).toMatchObject({ status: 403, body: { exceeds: ['invoices'] } });
  });

  test('that one may not read is not led to another address', async () => {
    const { id } = (await record({ name: 'Books', email: 'books@people.test', ...mail({ invoice: true }) }))
      .body;
    const { userId } = await delegate(['contacts']);
    const refused = await put(id, { email: 'max@elsewhere.test' }, userId);
    expect(refused).toMatchObject({ status: 403, body: { exceeds: ['invoices'] } });
    expect((await put(id, { name: 'Books of Acme' }, userId)).status).toBe(200);
  });
});

describe('a preview', () => {
  const shown = { name: 'Carla', email: 'carla@people.test', ...mail({ support: true }) };

  test('tells what saving would open, writes and counts nothing, and asks nothing of the address', async () => {
    const elsewhere = await portal.createAccount('Other', 'carla@people.test');
    expect(elsewhere.ownerId).toBeTruthy();
    await portal.call(ownerId, 'GET', contacts);
    const rows = portal.table.all();
    const subAccount = { permissions: ['tickets'], password };
    const { status, body } = await preview({ ...shown, subAccount });
    expect(status).toBe(200);
    expect(body.areas.map((area: { permission: string }) => area.permission)).toEqual(['tickets']);
    expect(body.mail).toEqual(['support']);
    expect(body.grantable).toEqual(permissionKeys.map((permission) => ({ permission, allowed: true })));
    expect(portal.table.all()).toEqual(rows);
  });

  test('is what the saved contact can do', async () => {
    const { id } = (await record()).body;
    const wanted = { ...shown, subAccount: { permissions: ['tickets', 'documents'] } };
    const { grantable: _, ...told } = (await preview({ ...wanted, contactId: id })).body;
    await put(id, wanted);
    expect(told).toEqual((await portal.call(ownerId, 'GET', `${contacts}/${id}/effective-access`)).body);
    const ended = await preview({ contactId: id, subAccount: null });
    expect(ended.body).toMatchObject({ areas: [], routes: [] });
  });

  test('says of every permission whether the caller may give it, and why not', async () => {
    const { userId, contactId } = await delegate(['contacts', 'tickets'], {
      expiresAt: '2026-04-01T00:00:00Z',
    });
    const because = async (body: object) => {
      const { grantable } = (await preview(body, userId)).body;
      expect(grantable.map((each: { permission: string }) => each.permission)).toEqual(permissionKeys);
      return Object.fromEntries(
        grantable.map((each: { permission: string; because?: string }) => [each.permission, each.because]),
      );
    };
    const ends = { permissions: [], expiresAt: '2026-03-20T00:00:00Z' };
    const ofNew = await because({ ...shown, subAccount: ends });
    expect(ofNew).toMatchObject({ tickets: undefined, contacts: undefined, invoices: 'not-held' });
    expect(await because({ ...shown, subAccount: { permissions: [] } })).toMatchObject({
      tickets: 'outlives',
    });
    expect(await because({ contactId, phone: null })).toMatchObject({ tickets: 'own-access' });
    const { id } = (await record()).body;
    // Somebody who holds what one lacks is not touched.
    expect(await because({ contactId: id, subAccount: ends })).toMatchObject({ tickets: 'not-held' });
  });

  test('of a contact of another account is not found', async () => {
    const other = await portal.createAccount('Other', 'owner@other.test');
    const made = await portal.createSubAccount(other.ownerId, other.accountId, 'o@other.test', []);
    expect((await preview({ contactId: made.contactId })).status).toBe(404);
  });
});
