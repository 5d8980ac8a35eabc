import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import {
  addContact,
  addSubAccount,
  allOf,
  allPermissions,
  grant,
  type Json,
  openAccount,
  password,
  problemType,
  readContact,
  sorted,
  unique,
  withinFiveSeconds,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

describe('giving access', () => {
  test('a contact that is activated with a password signs in and has what was given, nothing else', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account);
    expect((await readContact(client, account, contact)).body.subAccount).toBeNull();

    const activated = await grant(client, account, contact, { permissions: ['tickets'], password });
    expect(activated.body).toMatchObject({
      id: contact.id,
      subAccount: { status: 'active', permissions: ['tickets'], expiresAt: null, lastSignInAt: null },
    });

    const token = await client.signIn(contact.email, password);
    const me = await client.call(token, 'GET', '/v1/me');
    expect(me).toMatchObject({ status: 200, body: { user: { email: contact.email }, staff: false } });
    expect(me.body.memberships).toEqual([
      {
        accountId: account.id,
        accountName: account.name,
        role: 'sub-account',
        status: 'active',
        permissions: ['tickets'],
        expiresAt: null,
      },
    ]);
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).body).toEqual({
      items: [],
      nextCursor: null,
    });
    const signedIn = await client.until(async () => {
      const { subAccount } = (await readContact(client, account, contact)).body;
      return subAccount.lastSignInAt === null ? null : subAccount;
    });
    expect(signedIn.lastSignInAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('the owner holds every permission and is not among the contacts', async () => {
    const account = await openAccount(client);
    const me = await client.call(account.owner.token, 'GET', '/v1/me');
    expect(me.body.memberships).toEqual([
      {
        accountId: account.id,
        accountName: account.name,
        role: 'owner',
        status: 'active',
        permissions: allPermissions,
        expiresAt: null,
      },
    ]);
    expect(await allOf(client, account.owner.token, `${account.path}/contacts`)).toEqual([]);
  });

  test('a contact without a login cannot sign in', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account);
    await expect(client.signIn(contact.email, password)).rejects.toThrow();
  });

  test('membership alone opens the card of the account, and no more of it than name and address', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, []);
    const card = await client.call(person.token, 'GET', account.path);
    expect(card.status).toBe(200);
    expect(card.body).toEqual({ id: account.id, name: account.name, address: {} });
    const address = { line1: '2 Other Street', city: 'York', country: 'GB' };
    const changed = { name: unique('Renamed'), address, taxId: 'GB123' };
    expect((await client.call(person.token, 'PATCH', account.path, changed)).status).toBe(403);
    expect((await client.call(account.owner.token, 'PATCH', account.path, changed)).status).toBe(200);
    expect((await client.call(person.token, 'GET', account.path)).body).toEqual({
      id: account.id,
      name: changed.name,
      address,
    });
  });

  test('what a contact could do, see and receive is told before anybody signs in as it', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account, { emailPreferences: { support: true, invoice: true } });
    await grant(client, account, contact, { permissions: ['tickets', 'contacts'], password });
    const access = await client.call(account.owner.token, 'GET', `${contact.path}/effective-access`);
    expect(access.status).toBe(200);
    expect(access.body.areas).toEqual([
      { permission: 'contacts', label: 'View & manage contacts', href: `${account.path}/contacts` },
      { permission: 'tickets', label: 'View & open support tickets', href: `${account.path}/tickets` },
    ]);
    expect(sorted(access.body.mail)).toEqual(['invoice', 'support']);
    const routes = access.body.routes.map((route: Json) => `${route.method} ${route.path}`);
    expect(routes).toEqual(
      expect.arrayContaining([
        'GET /v1/me',
        `GET ${account.path}`,
        `POST ${account.path}/access-requests`,
        `GET ${account.path}/contacts`,
        `GET ${account.path}/tickets`,
        `POST ${account.path}/tickets`,
      ]),
    );
    expect(routes).not.toContain(`GET ${account.path}/invoices`);
    expect(routes).not.toContain(`PATCH ${account.path}`);
    expect(routes.filter((route: string) => route.includes('/staff/'))).toEqual([]);
  });

  test('the catalogue has every permission with its label, and sets that are made of them', async () => {
    const account = await openAccount(client);
    const { status, body } = await client.call(account.owner.token, 'GET', '/v1/permissions');
    expect(status).toBe(200);
    expect(body.permissions.map((permission: Json) => permission.key)).toEqual(allPermissions);
    expect(body.permissions).toContainEqual({ key: 'invoices', label: 'View & pay invoices' });
    expect(body.sets.map((set: Json) => set.key)).toEqual(['billing', 'technical', 'everything']);
    for (const set of body.sets) expect(allPermissions).toEqual(expect.arrayContaining(set.permissions));
    expect(sorted(body.sets[2].permissions)).toEqual(sorted(allPermissions));
  });
});

describe('a refusal', () => {
  test('explains itself in every field', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    const refused = await client.call(person.token, 'GET', `${account.path}/invoices`);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(refused.body).toEqual({
      type: problemType('permission-required'),
      code: 'permission-required',
      title: "You don't have access to invoices",
      status: 403,
      detail: `Your sub-account for ${account.name} does not include “View & pay invoices”.`,
      requiredPermission: 'invoices',
      areas: [
        { permission: 'tickets', label: 'View & open support tickets', href: `${account.path}/tickets` },
      ],
      whatToDo: 'If you think this is wrong, ask Olive Owner, the owner of this account, or request access.',
      requestAccess: { method: 'POST', href: `${account.path}/access-requests` },
      requestId: expect.stringMatching(/./),
    });
  });

  test('lists the areas that are open in the order of the catalogue, each with its list', async () => {
    const account = await openAccount(client);
    const lists: Record<string, string> = {
      contacts: 'contacts',
      products: 'services',
      domains: 'domains',
      quotes: 'quotes',
      tickets: 'tickets',
      emails: 'emails',
      orders: 'orders',
      documents: 'documents',
      'linked-accounts': 'linked-accounts',
    };
    const held = Object.keys(lists);
    const person = await addSubAccount(client, account, held.toReversed());
    const refused = await client.call(person.token, 'GET', `${account.path}/invoices`);
    expect(refused.status).toBe(403);
    expect(refused.body.areas.map((area: Json) => [area.permission, area.href])).toEqual(
      held.map((key) => [key, `${account.path}/${lists[key]}`]),
    );
  });

  test('shows no area to a person who holds none', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, []);
    const refused = await client.call(person.token, 'GET', `${account.path}/tickets`);
    expect(refused).toMatchObject({ status: 403, body: { requiredPermission: 'tickets', areas: [] } });
  });
});

describe('asking for access', () => {
  test('the owner and those who manage contacts are told, one approves, the asker is told and is let in', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets'], { name: unique('Asker') });
    const manager = await addSubAccount(client, account, ['contacts', 'invoices']);
    const bystander = await addSubAccount(client, account, ['tickets', 'invoices']);
    const asked = await client.call(person.token, 'POST', `${account.path}/access-requests`, {
      permissions: ['invoices'],
      message: unique('I pay them'),
    });
    expect(asked).toMatchObject({
      status: 201,
      body: { status: 'open', permissions: ['invoices'], decidedBy: null, requestedBy: { id: person.id } },
    });
    expect((await client.call(person.token, 'GET', `${account.path}/access-requests`)).status).toBe(403);

    const told = await client.until(async () => {
      const mails = await client.mailsWith(person.name);
      return new Set(mails.flatMap((mail) => mail.envelope.to)).size >= 2 && mails;
    });
    const toldTo = told.flatMap((mail) => mail.envelope.to);
    expect(sorted(toldTo)).toEqual(sorted([account.owner.email, manager.email]));
    expect(toldTo).not.toContain(bystander.email);
    expect(told[0]!.text).toContain(asked.body.message);

    const path = `${account.path}/access-requests/${asked.body.id}`;
    expect(await allOf(client, account.owner.token, `${account.path}/access-requests`)).toEqual([asked.body]);
    const approved = await client.call(account.owner.token, 'POST', `${path}/approve`);
    expect(approved).toMatchObject({
      status: 200,
      body: { id: asked.body.id, status: 'approved', decidedBy: { name: account.owner.name } },
    });
    await withinFiveSeconds(client, 200, () => client.call(person.token, 'GET', `${account.path}/invoices`));
    expect((await client.call(person.token, 'GET', `${account.path}/tickets`)).status).toBe(200);
    const answered = await client.until(async () =>
      (await client.mails()).find((mail) => mail.envelope.to.includes(person.email)),
    );
    expect(answered.text).toContain('View & pay invoices');

    const again = await client.call(account.owner.token, 'POST', `${path}/reject`);
    expect(again.status).toBe(409);
    expect(sorted((await readContact(client, account, person)).body.subAccount.permissions)).toEqual([
      'invoices',
      'tickets',
    ]);
  });

  test('a rejected request gives nothing, and the asker is told', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    const asked = await client.call(person.token, 'POST', `${account.path}/access-requests`, {
      permissions: ['invoices', 'orders'],
      message: '',
    });
    expect(asked.status).toBe(201);
    const path = `${account.path}/access-requests/${asked.body.id}`;
    const rejected = await client.call(account.owner.token, 'POST', `${path}/reject`);
    expect(rejected).toMatchObject({
      status: 200,
      body: { status: 'rejected', decidedBy: expect.any(Object) },
    });
    await client.until(async () =>
      (await client.mails()).some((mail) => mail.envelope.to.includes(person.email)),
    );
    expect((await client.call(account.owner.token, 'POST', `${path}/approve`)).status).toBe(409);
    expect((await readContact(client, account, person)).body.subAccount.permissions).toEqual(['tickets']);
    expect((await client.call(person.token, 'GET', `${account.path}/invoices`)).status).toBe(403);
  });

  test('two decisions at once: one counts', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, []);
    const asked = await client.call(person.token, 'POST', `${account.path}/access-requests`, {
      permissions: ['tickets'],
      message: 'please',
    });
    const path = `${account.path}/access-requests/${asked.body.id}`;
    const decisions = await Promise.all(
      ['approve', 'reject', 'approve', 'reject'].map((decision) =>
        client.call(account.owner.token, 'POST', `${path}/${decision}`),
      ),
    );
    const counted = decisions.filter((decision) => decision.status === 200);
    expect(counted).toHaveLength(1);
    expect(decisions.filter((decision) => decision.status === 409)).toHaveLength(3);
    const { permissions } = (await readContact(client, account, person)).body.subAccount;
    expect(permissions).toEqual(counted[0]!.body.status === 'approved' ? ['tickets'] : []);
  });
});
