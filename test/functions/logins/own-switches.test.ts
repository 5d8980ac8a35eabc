import { beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

interface Place {
  accountId: string;
  ownerId: string;
}

let portal: MemoryPortal;
let acme: Place;
let other: Place;
let contactId: string;

/** The owner of Acme has a part in the other account too. */
beforeEach(async () => {
  portal = new MemoryPortal();
  acme = await portal.createAccount('Acme', 'owner@acme.test');
  other = await portal.createAccount('Other', 'owner@other.test');
  ({ contactId } = await portal.createSubAccount(other.ownerId, other.accountId, 'owner@acme.test', [
    'tickets',
  ]));
});

const change = (memberships: object[], more = {}, userId = acme.ownerId) =>
  portal.call(userId, 'PATCH', '/v1/me', { body: { memberships, ...more } });
const switches = ({ accountId }: Place, emailPreferences: object) => ({ accountId, emailPreferences });
const shown = async () => (await portal.call(acme.ownerId, 'GET', '/v1/me')).body.mail;
const contactPath = () => `/v1/accounts/${other.accountId}/contacts/${contactId}`;

describe('one’s own mail switches', () => {
  test('are changed in each account at once: the owner’s there, the contact’s here', async () => {
    const changed = await change([switches(acme, { invoice: false }), switches(other, { support: true })]);
    expect(changed.status).toBe(200);
    expect(changed.body.memberships).toMatchObject([
      switches(acme, { invoice: false, general: true }),
      switches(other, { support: true, general: false }),
    ]);
    expect(await shown()).toEqual(expect.arrayContaining(changed.body.memberships));
    const account = (await portal.call(acme.ownerId, 'GET', `/v1/accounts/${acme.accountId}`)).body;
    expect(account.emailPreferences).toMatchObject({ invoice: false });
    const contact = (await portal.call(other.ownerId, 'GET', contactPath())).body;
    expect(contact.emailPreferences).toMatchObject({ support: true });
    const { items } = (await portal.call(other.ownerId, 'GET', `/v1/accounts/${other.accountId}/activity`))
      .body;
    expect(items[0]).toMatchObject({ action: 'contact.changed', subject: { id: contactId } });
  });

  test('are switched on only for mail that one may read, and the whole body is refused', async () => {
    const refused = await change([switches(acme, { invoice: false }), switches(other, { invoice: true })], {
      name: 'Nora',
    });
    expect(refused).toMatchObject({ status: 403, body: { exceeds: ['invoices'] } });
    expect(await shown()).toEqual(
      expect.arrayContaining([
        expect.objectContaining(switches(acme, expect.objectContaining({ invoice: true }))),
      ]),
    );
    expect((await portal.people.login(acme.ownerId))!.name).not.toBe('Nora');
    // Switching off is free, whatever was taken away since.
    await portal.call(other.ownerId, 'PATCH', contactPath(), {
      body: { emailPreferences: { invoice: true } },
    });
    expect((await change([switches(other, { invoice: false })])).status).toBe(200);
  });

  test('in an account without one’s part are not found, and nothing is changed', async () => {
    const third = await portal.createAccount('Third', 'owner@third.test');
    const invited = await portal.call(third.ownerId, 'POST', `/v1/accounts/${third.accountId}/contacts`, {
      body: { name: 'Nora', email: 'owner@acme.test', subAccount: { permissions: ['invoices'] } },
    });
    expect(invited.status).toBe(201);
    for (const accountId of [third.accountId, 'acct_missing']) {
      const answer = await change([
        switches(acme, { invoice: false }),
        { accountId, emailPreferences: { general: true } },
      ]);
      expect(answer.status).toBe(404);
    }
    expect(await shown()).toContainEqual(switches(acme, expect.objectContaining({ invoice: true })));
    const expiresAt = new Date(portal.now.getTime() + 1000).toISOString();
    await portal.call(other.ownerId, 'PUT', `${contactPath()}/sub-account`, {
      body: { permissions: ['tickets'], expiresAt },
    });
    portal.advance(2);
    expect((await change([switches(other, { general: true })])).status).toBe(404);
  });

  test('are not switched on by a permission that is taken away at that moment', async () => {
    const give = (permissions: string[]) =>
      portal.call(other.ownerId, 'PUT', `${contactPath()}/sub-account`, { body: { permissions } });
    const transact = portal.table.transact.bind(portal.table);
    let taken = false;
    vi.spyOn(portal.table, 'transact').mockImplementation(async (actions) => {
      if (!taken && JSON.stringify(actions).includes('"support":true')) {
        taken = true;
        await give([]);
      }
      return transact(actions);
    });
    const answer = await change([switches(other, { support: true })]);
    expect(taken).toBe(true);
    expect(answer).toMatchObject({ status: 403, body: { exceeds: ['tickets'] } });
  });

  test('name an account once', async () => {
    const twice = [switches(acme, { invoice: false }), switches(acme, { invoice: true })];
    expect((await change(twice)).status).toBe(400);
    expect((await change([])).status).toBe(400);
  });
});
