import * as fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { mailKinds } from '../../../shared/accounts/people.ts';
import { disagreements } from '../../support/desks/disagreements.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { interleave, statusesOf } from '../../support/faults/stoppages.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
let contacts: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  contacts = `/v1/accounts/${accountId}/contacts`;
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

const record = (body: object) => portal.call(ownerId, 'POST', contacts, { body });
const carla = (more = {}) => record({ name: 'Carla', email: 'carla@people.test', ...more });
const change = (id: string, body: object, headers = {}) =>
  portal.call(ownerId, 'PATCH', `${contacts}/${id}`, { body, headers });
const read = (id: string) => portal.call(ownerId, 'GET', `${contacts}/${id}`);
const remove = (id: string, headers = {}) => portal.call(ownerId, 'DELETE', `${contacts}/${id}`, { headers });
const give = (id: string, body: object) =>
  portal.call(ownerId, 'PUT', `${contacts}/${id}/sub-account`, { body });
const end = (id: string) => portal.call(ownerId, 'DELETE', `${contacts}/${id}/sub-account`);
const off = Object.fromEntries(mailKinds.map((kind) => [kind, false]));

describe('recording a contact', () => {
  test('gives one who receives nothing and signs in nowhere', async () => {
    const made = await carla({ name: '  Carla Doe ', email: 'Carla@People.TEST', phone: '+44 (0)20 1234' });
    expect(made.status).toBe(201);
    expect(made.headers['location']).toBe(`${contacts}/${made.body.id}`);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^con_/),
      name: 'Carla Doe',
      email: 'carla@people.test',
      phone: '+44 (0)20 1234',
      emailPreferences: off,
      subAccount: null,
      createdAt: portal.now.toISOString(),
    });
    const again = await read(made.body.id);
    expect(again.body).toEqual(made.body);
    expect(again.headers['etag']).toBe(made.headers['etag']);
  });

  test('switches on what was asked for, and nothing else', async () => {
    const made = await carla({ emailPreferences: { invoice: true } });
    expect(made.body.emailPreferences).toEqual({ ...off, invoice: true });
  });

  test.each([
    ['no name', { name: undefined }, 'name'],
    ['a name of blanks', { name: '  ' }, 'name'],
    ['a name that is too long', { name: 'x'.repeat(121) }, 'name'],
    ['a name of two lines', { name: 'Carla\nBcc: all@people.test' }, 'name'],
    ['no address', { email: undefined }, 'email'],
    ['an address that is none', { email: 'carla' }, 'email'],
    ['an address with a name', { email: 'Carla <carla@people.test>' }, 'email'],
    ['two addresses', { email: 'a@people.test,b@people.test' }, 'email'],
    ['an address of two lines', { email: 'carla@people.test\nx@people.test' }, 'email'],
    ['a number that is none', { phone: 'call me' }, 'phone'],
    ['a kind of mail that is none', { emailPreferences: { gossip: true } }, 'emailPreferences.gossip'],
    ['an account of its own', { accountId: 'acct_other' }, 'accountId'],
  ])('with %s is refused, naming the field', async (_, more, path) => {
    const refused = await carla(more);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
  });

  test('is told in the activity log', async () => {
    portal.advance(1);
    const { id } = (await carla()).body;
    const { items } = (await portal.call(ownerId, 'GET', `/v1/accounts/${accountId}/activity`)).body;
    expect(items[0]).toMatchObject({ action: 'contact.created', subject: { id }, before: null });
    expect(items[0].after).toMatchObject({ name: 'Carla', email: 'carla@people.test' });
  });
});

describe('an address', () => {
  const taken = async (refused: Promise<{ status: number; body: { type: string } }>) => {
    const { status, body } = await refused;
    expect([status, body.type]).toEqual([409, expect.stringMatching(/\/email-taken$/)]);
  };

  test('is one contact’s within an account, whatever its capitals', async () => {
    await carla();
    await taken(carla());
    await taken(carla({ email: 'CARLA@people.test' }));
  });

  test('of the owner is no contact’s', async () => {
    await taken(carla({ email: 'Owner@Acme.test' }));
  });

  test('of another contact is not taken over by a change', async () => {
    await carla();
    const cora = (await carla({ email: 'cora@people.test' })).body.id;
    await taken(change(cora, { email: 'Carla@people.test' }));
    await taken(change(cora, { email: 'owner@acme.test' }));
  });

  test('may be known in as many accounts as there are', async () => {
    await carla();
    const other = await portal.createAccount('Other', 'owner@other.test');
    const body = { name: 'Carla', email: 'carla@people.test' };
    const made = await portal.call(other.ownerId, 'POST', `/v1/accounts/${other.accountId}/contacts`, {
      body,
    });
    expect(made.status).toBe(201);
    const { accounts } = await portal.people.byAddress('carla@people.test');
    expect(accounts.map((known) => known.accountId).toSorted()).toEqual(
      [accountId, other.accountId].toSorted(),
    );
  });

  test('is free again once its contact is gone or has another', async () => {
    const first = (await carla()).body.id;
    await remove(first);
    const second = (await carla()).body.id;
    await change(second, { email: 'new@people.test' });
    expect((await carla()).status).toBe(201);
    expect((await portal.people.byAddress('new@people.test')).accounts).toMatchObject([
      { contactId: second },
    ]);
  });

  test('recorded twice at once is recorded once', async () => {
    for (let nth = 1, statuses; (statuses = await atOnce(nth)); nth++) {
      expect(statuses).toEqual([201, 409]);
    }
    async function atOnce(nth: number): Promise<number[] | null> {
      const body = { name: 'Twin', email: `twin-${nth}@people.test` };
      const cached = await portal.authorizer(ownerId);
      const ask = () => portal.call('', 'POST', contacts, { body, cached });
      const both = await interleave(portal, nth, ask, ask);
      return both && statusesOf(both);
    }
  });

  test('stays as it is while its contact signs in with it', async () => {
    const { id } = (await carla()).body;
    await give(id, { permissions: ['tickets'] });
    const refused = await change(id, { email: 'new@people.test' });
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/\/conflict$/)]);
    expect((await read(id)).body.email).toBe('carla@people.test');
    expect((await change(id, { email: 'CARLA@people.test', name: 'Carla D' })).status).toBe(200);
  });

  test('changes once the login is deactivated, and the next login is that of the new one', async () => {
    const { id } = (await carla()).body;
    await give(id, { permissions: ['tickets'], password: 'Correct-Horse-2' });
    const old = await portal.people.byAddress('carla@people.test');
    await end(id);
    expect((await change(id, { email: 'new@people.test' })).status).toBe(200);
    await give(id, { permissions: ['tickets'], password: 'Correct-Horse-3' });
    const { userId } = await portal.people.byAddress('new@people.test');
    expect(userId).not.toBe(old.userId);
    expect(portal.directory.signIn('new@people.test', 'Correct-Horse-3')).toBe(userId);
    expect(portal.directory.signIn('carla@people.test', 'Correct-Horse-2')).toBeNull();
  });
});

describe('changing a contact', () => {
  test('changes what it names and leaves the rest', async () => {
    const before = (await carla({ phone: '+44 1', emailPreferences: { invoice: true, domain: true } })).body;
    const changed = await change(before.id, { name: 'Carla Doe', emailPreferences: { invoice: false } });
    expect(changed.body).toEqual({
      ...before,
      name: 'Carla Doe',
      emailPreferences: { ...off, domain: true },
    });
    expect((await read(before.id)).body).toEqual(changed.body);
    expect((await change(before.id, { phone: null })).body.phone).toBeNull();
  });

  test('leaves a login as it is', async () => {
    const { id } = (await carla()).body;
    const given = await give(id, { permissions: ['tickets'], note: 'Note' });
    const changed = await change(id, { phone: '+44 1' });
    expect(changed.body.subAccount).toEqual(given.body.subAccount);
  });

  test('makes a new version each time, and a stale one is refused', async () => {
    const made = await carla();
    const { id } = made.body;
    const first = made.headers['etag']!;
    const changed = await change(id, { name: 'C' }, { 'if-match': first });
    const second = changed.headers['etag']!;
    expect(second).not.toBe(first);
    expect((await read(id)).headers['etag']).toBe(second);
    expect((await change(id, { name: 'D' }, { 'if-match': first })).status).toBe(412);
    expect((await remove(id, { 'if-match': first })).status).toBe(412);
    expect((await read(id)).body.name).toBe('C');
    expect((await remove(id, { 'if-match': second })).status).toBe(204);
  });

  test('of another account finds nothing', async () => {
    const other = await portal.createAccount('Other', 'owner@other.test');
    const { id } = (await carla()).body;
    const path = `/v1/accounts/${other.accountId}/contacts/${id}`;
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { name: 'Mine' } : undefined;
      expect((await portal.call(other.ownerId, method, path, { body })).status).toBe(404);
    }
    expect((await read(id)).body.name).toBe('Carla');
  });

  test('twice at once loses neither change', async () => {
    for (let nth = 1; ; nth++) {
      const { id } = (await carla({ email: `carla-${nth}@people.test` })).body;
      const cached = await portal.authorizer(ownerId);
      const patch = (body: object) => portal.call('', 'PATCH', `${contacts}/${id}`, { body, cached });
      const both = await interleave(
        portal,
        nth,
        () => patch({ name: 'Renamed' }),
        () => patch({ phone: '+44 1' }),
      );
      if (!both) break;
      expect(both.map((called) => called.status)).toEqual([200, 200]);
      expect((await read(id)).body).toMatchObject({ name: 'Renamed', phone: '+44 1' });
    }
  });
});

describe('removing a contact', () => {
  test('takes its login’s part with it, and its address and its mail lists', async () => {
    const { id } = (await carla({ emailPreferences: { support: true } })).body;
    await give(id, { permissions: ['contacts'], password: 'Correct-Horse-2' });
    const { userId } = await portal.people.byAddress('carla@people.test');
    const removed = await remove(id);
    expect([removed.status, removed.body]).toEqual([204, undefined]);
    expect((await read(id)).status).toBe(404);
    expect((await remove(id)).status).toBe(404);
    await expect(portal.authorizer(userId!)).rejects.toThrow('invalid-token');
    expect(portal.directory.signIn('carla@people.test', 'Correct-Horse-2')).toBeNull();
    for (const list of ['support', 'managers'] as const) {
      expect(await portal.people.mailList(accountId, list)).toEqual([]);
    }
  });

  test('gives the same person the same login again by invitation, without its password', async () => {
    const first = (await carla()).body.id;
    await give(first, { permissions: ['tickets'], password: 'Correct-Horse-2' });
    const { userId } = await portal.people.byAddress('carla@people.test');
    await remove(first);
    portal.advance(1);
    const second = (await carla()).body.id;
    await give(second, { permissions: ['invoices'] });
    expect(portal.directory.signIn('carla@people.test', 'Correct-Horse-2')).toBeNull();
    await portal.acceptInvitation(userId!, accountId);
    const { memberships } = (await portal.call(userId!, 'GET', '/v1/me')).body;
    expect(memberships).toMatchObject([{ accountId, permissions: ['invoices'] }]);
  });

  test('is told in the activity log, with the access that went', async () => {
    const { id } = (await carla()).body;
    await give(id, { permissions: ['tickets'] });
    portal.advance(1);
    await remove(id);
    const { items } = (await portal.call(ownerId, 'GET', `/v1/accounts/${accountId}/activity`)).body;
    const told = items
      .slice(0, 2)
      .map((entry: { action: string; after: unknown }) => [entry.action, entry.after]);
    expect(told.toSorted()).toEqual([
      ['contact.removed', null],
      ['sub-account.deactivated', null],
    ]);
  });
});

describe('the list of contacts', () => {
  test('shows every contact once, a page at a time', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 23; n++) ids.push((await carla({ email: `c${n}@people.test` })).body.id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: '10', ...(cursor ? { cursor } : {}) };
      const { body } = await portal.call(ownerId, 'GET', contacts, { query });
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor ?? undefined;
    } while (cursor);
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });

  test('takes no other list’s cursor', async () => {
    await carla();
    const { body } = await portal.call(ownerId, 'GET', contacts, { query: { limit: '1' } });
    const other = await portal.createAccount('Other', 'owner@other.test');
    const query = { limit: '1', cursor: body.nextCursor };
    const path = `/v1/accounts/${other.accountId}/contacts`;
    expect((await portal.call(other.ownerId, 'GET', path, { query })).status).toBe(400);
  });
});

describe('the mail lists', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('change' as const),
        body: fc.record(
          {
            name: fc.constantFrom('Ann', 'Bob'),
            emailPreferences: fc.record(Object.fromEntries(mailKinds.map((kind) => [kind, fc.boolean()])), {
              requiredKeys: [],
            }),
          },
          { requiredKeys: [] },
        ),
      }),
      fc.record({
        kind: fc.constant('give' as const),
        body: fc.record({ permissions: fc.subarray(['contacts', 'tickets', 'invoices']) }),
      }),
      fc.record({ kind: fc.constant('accept' as const), body: fc.constant({}) }),
      fc.record({ kind: fc.constant('end' as const), body: fc.constant({}) }),
    ),
    { maxLength: 12 },
  );

  async function acceptAs(address: string): Promise<void> {
    const { userId } = await portal.people.byAddress(address);
    if (userId !== null) await portal.acceptInvitation(userId, accountId);
  }

  test('follow the preferences and the right to manage contacts, whatever happens', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (happenings) => {
        const { id } = (await carla({ email: `c${(count += 1)}@people.test` })).body;
        const does = { change, give, end };
        for (const { kind, body } of happenings) {
          if (kind === 'accept') await acceptAs((await read(id)).body.email);
          else expect((await does[kind](id, body)).status).toBeLessThan(500);
          const { name, email, emailPreferences, subAccount } = (await read(id)).body;
          for (const list of [...mailKinds, 'managers'] as const) {
            const stands =
              list === 'managers'
                ? subAccount?.status === 'active' && subAccount.permissions.includes('contacts')
                : (emailPreferences[list] as boolean);
            const entry = { contactId: id, name, email, expiresAtSeconds: null };
            const listed = await portal.people.mailList(accountId, list);
            expect(listed.filter((one) => one.contactId === id)).toMatchObject(stands ? [entry] : []);
          }
        }
        await remove(id);
      }),
      { numRuns: 25 },
    );
  });

  test('say until when somebody manages contacts, and leave preferences without an end', async () => {
    const { id } = (await carla({ emailPreferences: { invoice: true } })).body;
    const password = 'Correct-Horse-2';
    await give(id, { permissions: [...permissionKeys], expiresAt: '2026-03-02T00:00:00Z', password });
    const [manager] = await portal.people.mailList(accountId, 'managers');
    const [reader] = await portal.people.mailList(accountId, 'invoice');
    expect([manager!.expiresAtSeconds, reader!.expiresAtSeconds]).toEqual([1772409600, null]);
  });
});
