import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addSubAccount,
  allOf,
  allPermissions,
  type Contact,
  grant,
  openAccount,
  password,
  problemType,
  readContact,
  sorted,
  staffEmail,
  type SubAccount,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let account: Account;
let manager: SubAccount;

beforeAll(async () => {
  account = await openAccount(client);
  manager = await addSubAccount(client, account, ['contacts', 'tickets', 'domains']);
});

const asManager = (method: string, path: string, body?: unknown): Promise<Answered> =>
  client.call(manager.token, method, path, body);

function expectBeyondLimit(answer: Answered, exceeds?: string[]): void {
  expect(answer.status).toBe(403);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ type: problemType('delegation-limit'), status: 403 });
  expect(answer.body.exceeds).toEqual(expect.any(Array));
  if (exceeds) expect(sorted(answer.body.exceeds)).toEqual(sorted(exceeds));
}

/** Nothing of the contact is other than before, neither its fields nor its access. */
async function expectUntouched(contact: Contact, act: () => Promise<void>): Promise<void> {
  const look = async (): Promise<unknown> => {
    const { subAccount, ...rest } = (await readContact(client, account, contact)).body;
    return { ...rest, subAccount: subAccount && { ...subAccount, lastSignInAt: 'whenever' } };
  };
  const before = await look();
  await act();
  expect(await look()).toEqual(before);
}

describe('a delegate gives no more than it has', () => {
  test('it gives what it holds, to a new person and to one who has a part of it', async () => {
    const contact = await addContact(client, account);
    const path = `${contact.path}/sub-account`;
    expect((await asManager('PUT', path, { permissions: ['tickets'], password })).status).toBe(200);
    expect((await asManager('PUT', path, { permissions: ['tickets', 'domains', 'contacts'] })).status).toBe(
      200,
    );
    const token = await client.signIn(contact.email, password);
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(200);
    expect((await asManager('PUT', path, { permissions: [] })).status).toBe(200);
    const { subAccount } = (await readContact(client, account, contact)).body;
    expect(subAccount.permissions).toEqual([]);
  });

  test('what goes beyond is refused whole, with every key that does', async () => {
    const contact = await addContact(client, account);
    await expectUntouched(contact, async () => {
      const path = `${contact.path}/sub-account`;
      const wanted = { permissions: ['tickets', 'orders', 'invoices'], password };
      expectBeyondLimit(await asManager('PUT', path, wanted), ['orders', 'invoices']);
    });
    await expect(client.signIn(contact.email, password)).rejects.toThrow();
  });

  test('everything at once is refused with everything it lacks', async () => {
    const contact = await addContact(client, account);
    await expectUntouched(contact, async () => {
      const all = await asManager('PUT', `${contact.path}/sub-account`, { permissions: allPermissions });
      const held = new Set(['contacts', 'tickets', 'domains']);
      expectBeyondLimit(
        all,
        allPermissions.filter((key) => !held.has(key)),
      );
    });
  });

  test('viewing something is not managing it', async () => {
    const contact = await addContact(client, account);
    await expectUntouched(contact, async () => {
      const wanted = { permissions: ['domains', 'manage-domains'] };
      expectBeyondLimit(await asManager('PUT', `${contact.path}/sub-account`, wanted), ['manage-domains']);
    });
  });

  test('without `contacts` there is nothing to give: every route of contacts explains the refusal', async () => {
    const clerk = await addSubAccount(client, account, ['tickets', 'domains']);
    const contact = await addContact(client, account);
    await expectUntouched(contact, async () => {
      const tries: [string, string, unknown?][] = [
        ['GET', `${account.path}/contacts`],
        ['POST', `${account.path}/contacts`, { name: 'New', email: 'new@people.test' }],
        ['GET', contact.path],
        ['PATCH', contact.path, { name: 'Other' }],
        ['DELETE', contact.path],
        ['PUT', `${contact.path}/sub-account`, { permissions: ['tickets'], password }],
        ['DELETE', `${contact.path}/sub-account`],
        ['GET', `${contact.path}/effective-access`],
        ['GET', `${account.path}/access-requests`],
        ['GET', `${account.path}/activity`],
      ];
      for (const [method, path, body] of tries) {
        const refused = await client.call(clerk.token, method, path, body);
        expect(refused, `${method} ${path}`).toMatchObject({
          status: 403,
          body: { type: problemType('permission-required'), requiredPermission: 'contacts' },
        });
      }
    });
  });
});

describe('a delegate does not touch', () => {
  test('its own access, neither to widen, nor to narrow, nor to end it', async () => {
    await expectUntouched(manager, async () => {
      const path = `${manager.path}/sub-account`;
      expectBeyondLimit(await asManager('PUT', path, { permissions: allPermissions }));
      expectBeyondLimit(await asManager('PUT', path, { permissions: ['contacts', 'tickets', 'domains'] }));
      expectBeyondLimit(await asManager('PUT', path, { permissions: ['contacts'] }));
      expectBeyondLimit(
        await asManager('PUT', path, {
          permissions: ['contacts', 'tickets', 'domains'],
          expiresAt: '2099-01-01T00:00:00Z',
        }),
      );
      expectBeyondLimit(await asManager('DELETE', path));
      expectBeyondLimit(await asManager('DELETE', manager.path));
    });
    expect((await asManager('GET', `${account.path}/contacts`)).status).toBe(200);
  });

  test('a contact who holds one that it lacks: not its permissions, not its fields, not its existence', async () => {
    const biller = await addSubAccount(client, account, ['invoices', 'tickets']);
    await expectUntouched(biller, async () => {
      const path = `${biller.path}/sub-account`;
      expectBeyondLimit(await asManager('PUT', path, { permissions: ['tickets'] }), ['invoices']);
      expectBeyondLimit(await asManager('PUT', path, { permissions: ['tickets', 'invoices'] }), ['invoices']);
      expectBeyondLimit(await asManager('PUT', path, { permissions: [] }), ['invoices']);
      expectBeyondLimit(await asManager('DELETE', path), ['invoices']);
      expectBeyondLimit(await asManager('PATCH', biller.path, { email: 'mine@people.test' }), ['invoices']);
      expectBeyondLimit(await asManager('PATCH', biller.path, { name: 'Nobody' }), ['invoices']);
      expectBeyondLimit(await asManager('DELETE', biller.path), ['invoices']);
    });
    expect((await client.call(biller.token, 'GET', `${account.path}/invoices`)).status).toBe(200);
  });

  test('a contact who is beyond it, although it sees it', async () => {
    const biller = await addSubAccount(client, account, ['invoices']);
    expect((await asManager('GET', biller.path)).status).toBe(200);
    expect((await asManager('GET', `${biller.path}/effective-access`)).status).toBe(200);
  });

  test('two managers at once do not end with more than both had', async () => {
    const one = await addSubAccount(client, account, ['contacts', 'quotes']);
    const two = await addSubAccount(client, account, ['contacts', 'emails']);
    const contact = await addContact(client, account);
    const path = `${contact.path}/sub-account`;
    const answers = await Promise.all([
      client.call(one.token, 'PUT', path, { permissions: ['quotes'] }),
      client.call(two.token, 'PUT', path, { permissions: ['emails'] }),
    ]);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    for (const answer of answers) expect([200, 403, 409]).toContain(answer.status);
    const won = answers.find((answer) => answer.status === 200)!;
    const { permissions } = (await readContact(client, account, contact)).body.subAccount;
    expect(permissions).toEqual(won.body.subAccount.permissions);
    expect(permissions).toHaveLength(1);
  });
});

describe('the owner', () => {
  test('is out of reach: by its user id there is no contact, for a delegate or for itself', async () => {
    for (const token of [manager.token, account.owner.token]) {
      const path = `${account.path}/contacts/${account.owner.id}`;
      for (const [method, suffix, body] of [
        ['GET', ''],
        ['PATCH', '', { name: 'Not Olive' }],
        ['DELETE', ''],
        ['PUT', '/sub-account', { permissions: [] }],
        ['DELETE', '/sub-account'],
      ] as [string, string, unknown?][]) {
        const answer = await client.call(token, method, `${path}${suffix}`, body);
        expect(answer.status, `${method} ${suffix}`).toBe(404);
      }
    }
    const me = await client.call(account.owner.token, 'GET', '/v1/me');
    expect(me.body.memberships[0]).toMatchObject({ role: 'owner', permissions: allPermissions });
  });

  test('cannot be cut down by recording a contact with its address', async () => {
    const mine = await openAccount(client);
    const itself = { name: 'Olive Again', email: mine.owner.email };
    const recorded = await client.call(mine.owner.token, 'POST', `${mine.path}/contacts`, itself);
    if (recorded.status === 201) {
      const path = `${mine.path}/contacts/${recorded.body.id}`;
      await client.call(mine.owner.token, 'PUT', `${path}/sub-account`, { permissions: ['tickets'] });
      await client.call(mine.owner.token, 'DELETE', `${path}/sub-account`);
      await client.call(mine.owner.token, 'DELETE', path);
    } else {
      expect([400, 409]).toContain(recorded.status);
    }
    const token = await client.signIn(mine.owner.email, password);
    const me = await client.call(token, 'GET', '/v1/me');
    expect(me.body.memberships).toEqual([
      expect.objectContaining({ accountId: mine.id, role: 'owner', permissions: allPermissions }),
    ]);
  });

  test('may do everything: give all, take all, edit and remove those who hold all', async () => {
    const person = await addSubAccount(client, account, allPermissions);
    const me = await client.call(person.token, 'GET', '/v1/me');
    expect(me.body.memberships[0]).toMatchObject({ role: 'sub-account', permissions: allPermissions });
    const renamed = await client.call(account.owner.token, 'PATCH', person.path, { name: 'Someone Else' });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Someone Else' } });
    expect((await grant(client, account, person, { permissions: [] })).status).toBe(200);
    expect((await client.call(account.owner.token, 'DELETE', person.path)).status).toBe(204);
    expect((await client.call(account.owner.token, 'GET', person.path)).status).toBe(404);
  });

  test('is not out-ranked by one who holds everything: that one edits neither itself nor the owner', async () => {
    const all = await addSubAccount(client, account, allPermissions);
    await expectUntouched(all, async () => {
      const path = `${all.path}/sub-account`;
      expectBeyondLimit(await client.call(all.token, 'PUT', path, { permissions: ['tickets'] }));
      expectBeyondLimit(await client.call(all.token, 'DELETE', path));
    });
    const owner = `${account.path}/contacts/${account.owner.id}`;
    expect((await client.call(all.token, 'DELETE', owner)).status).toBe(404);
    await grant(client, account, all, { permissions: [] });
  });
});

describe('staff', () => {
  test('may all in every account, and a person of the account is told who it was', async () => {
    const staff = await client.token(staffEmail);
    const mine = await openAccount(client);
    const contact = await client.call(staff, 'POST', `${mine.path}/contacts`, {
      name: 'By Staff',
      email: `by-staff-${mine.id.toLowerCase()}@people.test`,
    });
    expect(contact.status).toBe(201);
    const path = `${mine.path}/contacts/${contact.body.id}`;
    const activated = await client.call(staff, 'PUT', `${path}/sub-account`, {
      permissions: allPermissions,
      password,
    });
    expect(activated).toMatchObject({ status: 200, body: { subAccount: { status: 'active' } } });
    for (const list of ['contacts', 'tickets', 'invoices', 'access-requests', 'activity'])
      expect((await client.call(staff, 'GET', `${mine.path}/${list}`)).status, list).toBe(200);
    const log = await allOf(client, mine.owner.token, `${mine.path}/activity`);
    expect(log[0]).toMatchObject({ action: 'sub-account.activated', actor: { kind: 'staff' } });
    expect((await client.call(staff, 'DELETE', `${path}/sub-account`)).status).toBe(204);
    expect((await client.call(staff, 'DELETE', path)).status).toBe(204);
  });
});
