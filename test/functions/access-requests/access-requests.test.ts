import { beforeEach, describe, expect, test, vi } from 'vitest';
import { disagreements } from '../../support/desks/disagreements.ts';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { interleave, settle, statusesOf } from '../../support/faults/stoppages.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
/** The asker: has a part in the account, with tickets alone. */
let carla: { contactId: string; userId: string };
let requests: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  carla = await portal.createSubAccount(ownerId, accountId, 'carla@acme.test', ['tickets']);
  requests = `/v1/accounts/${accountId}/access-requests`;
  await settle(portal);
  portal.mails.length = 0;
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

const ask = (permissions: string[], more = {}, by = carla.userId) =>
  portal.call(by, 'POST', requests, { body: { permissions, ...more } });
const decide = (id: string, how: 'approve' | 'reject', by = ownerId) =>
  portal.call(by, 'POST', `${requests}/${id}/${how}`);
const list = async () => (await portal.call(ownerId, 'GET', requests)).body.items;
const held = async () => {
  const contact = await portal.call(ownerId, 'GET', `/v1/accounts/${accountId}/contacts/${carla.contactId}`);
  return contact.body.subAccount.permissions as string[];
};
const give = (body: object, contactId = carla.contactId) =>
  portal.call(ownerId, 'PUT', `/v1/accounts/${accountId}/contacts/${contactId}/sub-account`, { body });
const refused = ({ status, body }: Called) => [status, body.type.split('/').at(-1)];
/** Everybody whom mail reached since it was last looked at, each with the subjects. */
async function reached(): Promise<Record<string, string[]>> {
  await settle(portal);
  const found: Record<string, string[]> = {};
  for (const mail of portal.mails.splice(0)) {
    for (const address of mail.destinations) (found[address] ??= []).push(mail.subject!);
  }
  return found;
}

describe('asking', () => {
  test('opens a request that says who wants what', async () => {
    const asked = await ask(['invoices', 'quotes'], { message: 'For the end of the year.' });
    expect(asked.status).toBe(201);
    expect(asked.body).toEqual({
      id: expect.stringMatching(/^req_/),
      status: 'open',
      permissions: ['invoices', 'quotes'],
      message: 'For the end of the year.',
      requestedBy: { kind: 'contact', id: carla.contactId, name: 'carla' },
      decidedBy: null,
      createdAt: portal.now.toISOString(),
      decidedAt: null,
    });
    expect(await list()).toEqual([asked.body]);
    expect(await held()).toEqual(['tickets']);
  });

  test('is for what is lacking: what is held is left out', async () => {
    expect((await ask(['tickets', 'invoices'])).body.permissions).toEqual(['invoices']);
  });

  test('for what is held already is refused', async () => {
    expect(refused(await ask(['tickets']))).toEqual([409, 'conflict']);
  });

  test.each([
    ['for nothing', { permissions: [] }],
    ['for a permission that is none', { permissions: ['all'] }],
    ['for one permission twice', { permissions: ['invoices', 'invoices'] }],
    ['with a message that is too long', { permissions: ['invoices'], message: 'x'.repeat(2001) }],
    ['for somebody else', { permissions: ['invoices'], contactId: 'con_other' }],
  ])('%s is refused', async (_, body) => {
    expect((await portal.call(carla.userId, 'POST', requests, { body })).status).toBe(400);
    expect(await list()).toEqual([]);
  });

  test('is for members: owners and staff hold everything', async () => {
    expect(refused(await ask(['invoices'], {}, ownerId))).toEqual([409, 'conflict']);
    expect(refused(await ask(['invoices'], {}, 'stan'))).toEqual([409, 'conflict']);
    const other = await portal.createAccount('Other', 'owner@other.test');
    expect(refused(await ask(['invoices'], {}, other.ownerId))).toEqual([404, 'not-found']);
  });

  test('tells the owner and everybody who manages contacts now, by mail, and nobody else', async () => {
    const add = (email: string, permissions: string[], more = {}) =>
      portal.createSubAccount(ownerId, accountId, email, permissions, more);
    await add('manager@acme.test', ['contacts']);
    await add('reader@acme.test', ['invoices', 'tickets']);
    await add('brief@acme.test', ['contacts'], {
      expiresAt: new Date(portal.now.getTime() + 1000).toISOString(),
    });
    const gone = await add('gone@acme.test', ['contacts']);
    const demoted = await add('demoted@acme.test', ['contacts']);
    await portal.call(ownerId, 'DELETE', `/v1/accounts/${accountId}/contacts/${gone.contactId}/sub-account`);
    await give({ permissions: [] }, demoted.contactId);
    await reached();
    await ask(['invoices'], { message: 'Please & thank you' });
    await settle(portal);
    const [mail, ...more] = portal.mails;
    expect(more).toEqual([]);
    expect(mail!.destinations.toSorted()).toEqual(['manager@acme.test', 'owner@acme.test']);
    expect(mail!.subject).toBe('carla asks for access to Acme');
    expect(mail!.text).toContain('View & pay invoices');
    expect(mail!.text).toContain('Please & thank you');
    expect(mail!.html).toContain('Please &amp; thank you');
  });

  test('tells the owner even where all mail is switched off', async () => {
    const off = { general: false, invoice: false, support: false, product: false, domain: false };
    await portal.call(ownerId, 'PATCH', `/v1/accounts/${accountId}`, { body: { emailPreferences: off } });
    await ask(['invoices']);
    expect(Object.keys(await reached())).toEqual(['owner@acme.test']);
  });

  test('is refused while twenty of one’s requests are open, and possible again after a decision', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) ids.push((await ask(['invoices'])).body.id);
    expect(refused(await ask(['invoices']))).toEqual([409, 'conflict']);
    const cora = await portal.createSubAccount(ownerId, accountId, 'cora@acme.test', []);
    expect((await ask(['invoices'], {}, cora.userId)).status).toBe(201);
    await decide(ids[0]!, 'reject');
    expect((await ask(['invoices'])).status).toBe(201);
    expect(refused(await ask(['invoices']))).toEqual([409, 'conflict']);
  });

  test('for the last place twice at once opens one request', async () => {
    for (let n = 0; n < 19; n++) await ask(['invoices']);
    const cached = await portal.authorizer(carla.userId);
    const last = () => portal.call('', 'POST', requests, { body: { permissions: ['quotes'] }, cached });
    for (let nth = 1; ; nth++) {
      const both = await interleave(portal, nth, last, last);
      if (!both) break;
      expect(statusesOf(both)).toEqual([201, 409]);
      const opened = both.find((called) => called.status === 201)!;
      await decide(opened.body.id, 'reject');
    }
  });

  test('twice under one key opens one request and tells by mail once', async () => {
    const headers = { 'idempotency-key': 'ask-1' };
    const body = { permissions: ['invoices'] };
    const first = await portal.call(carla.userId, 'POST', requests, { body, headers });
    const again = await portal.call(carla.userId, 'POST', requests, { body, headers });
    expect(again.body).toEqual(first.body);
    expect(await list()).toHaveLength(1);
    expect(await reached()).toEqual({ 'owner@acme.test': ['carla asks for access to Acme'] });
  });
});

describe('approving', () => {
  test('adds what was asked for to what is held, and says by whom', async () => {
    const { id } = (await ask(['invoices', 'quotes'])).body;
    portal.advance(60);
    const approved = await decide(id, 'approve');
    expect(approved.status).toBe(200);
    expect(approved.body).toMatchObject({
      status: 'approved',
      decidedBy: { kind: 'owner', id: ownerId },
      decidedAt: portal.now.toISOString(),
    });
    expect(await held()).toEqual(['invoices', 'quotes', 'tickets']);
    expect((await portal.call(carla.userId, 'GET', `/v1/accounts/${accountId}/invoices`)).status).toBe(200);
  });

  test('keeps the end and the note of the access', async () => {
    const expiresAt = '2026-05-01T00:00:00.000Z';
    await give({ permissions: ['tickets'], expiresAt, note: 'Until May' });
    const { id } = (await ask(['invoices'])).body;
    await decide(id, 'approve');
    const path = `/v1/accounts/${accountId}/contacts/${carla.contactId}`;
    expect((await portal.call(ownerId, 'GET', path)).body.subAccount).toMatchObject({
      expiresAt,
      note: 'Until May',
    });
  });

  test('adds to what is held by then, whatever was held when it was asked', async () => {
    const { id } = (await ask(['invoices'])).body;
    await give({ permissions: ['domains', 'invoices'] });
    await decide(id, 'approve');
    expect(await held()).toEqual(['domains', 'invoices']);
  });

  test('tells the asker by mail, and nobody else', async () => {
    const { id } = (await ask(['invoices'])).body;
    await reached();
    await decide(id, 'approve');
    expect(await reached()).toEqual({ 'carla@acme.test': ['Your request for access to Acme was approved'] });
  });

  test('is told in the activity log as the change of access that it is', async () => {
    const { id } = (await ask(['invoices'])).body;
    portal.advance(1);
    await decide(id, 'approve');
    const { items } = (await portal.call(ownerId, 'GET', `/v1/accounts/${accountId}/activity`)).body;
    const told = Object.fromEntries(
      items.slice(0, 2).map((entry: { action: string }) => [entry.action, entry]),
    );
    expect(told['access-request.approved']).toMatchObject({
      subject: { id: carla.contactId },
      before: { status: 'open' },
      after: { status: 'approved', permissions: ['invoices'] },
    });
    expect(told['sub-account.changed']).toMatchObject({
      before: { permissions: ['tickets'] },
      after: { permissions: ['invoices', 'tickets'] },
    });
  });

  test('within the limits of delegation: nobody approves what they do not hold', async () => {
    const manager = await portal.createSubAccount(ownerId, accountId, 'm@acme.test', [
      'contacts',
      'tickets',
      'quotes',
    ]);
    const { id } = (await ask(['quotes', 'invoices'])).body;
    const limited = await decide(id, 'approve', manager.userId);
    expect(refused(limited)).toEqual([403, 'delegation-limit']);
    expect(limited.body.exceeds).toEqual(['invoices']);
    expect(await held()).toEqual(['tickets']);
    expect((await list())[0].status).toBe('open');
    const other = (await ask(['quotes'])).body.id;
    expect((await decide(other, 'approve', manager.userId)).status).toBe(200);
  });

  test('of one’s own request is refused, and so is rejecting it', async () => {
    await give({ permissions: ['contacts', 'tickets'] });
    const { id } = (await ask(['invoices'])).body;
    for (const how of ['approve', 'reject'] as const) {
      expect(refused(await decide(id, how, carla.userId))).toEqual([403, 'delegation-limit']);
    }
    expect((await list())[0].status).toBe('open');
    expect(await held()).toEqual(['contacts', 'tickets']);
  });

  test('of somebody whose access was ended is refused; rejecting is possible', async () => {
    const { id } = (await ask(['invoices'])).body;
    await portal.call(ownerId, 'DELETE', `/v1/accounts/${accountId}/contacts/${carla.contactId}/sub-account`);
    expect(refused(await decide(id, 'approve'))).toEqual([409, 'conflict']);
    expect((await decide(id, 'reject')).status).toBe(200);
  });

  test('of somebody whose access has run out is refused', async () => {
    await give({
      permissions: ['tickets'],
      expiresAt: new Date(portal.now.getTime() + 60_000).toISOString(),
    });
    const { id } = (await ask(['invoices'])).body;
    portal.advance(60);
    expect(refused(await decide(id, 'approve'))).toEqual([409, 'conflict']);
    expect((await list())[0].status).toBe('open');
  });

  test('of somebody whose access has run out is refused, even where it opened nothing', async () => {
    await give({ permissions: [], expiresAt: new Date(portal.now.getTime() + 60_000).toISOString() });
    const { id } = (await ask(['invoices'])).body;
    portal.advance(60);
    expect((await decide(id, 'approve')).status).toBe(409);
  });

  test('takes no body, and no request of another account', async () => {
    const { id } = (await ask(['invoices'])).body;
    const body = { permissions: ['contacts'] };
    expect((await portal.call(ownerId, 'POST', `${requests}/${id}/approve`, { body })).status).toBe(400);
    const other = await portal.createAccount('Other', 'owner@other.test');
    const path = `/v1/accounts/${other.accountId}/access-requests/${id}/approve`;
    expect((await portal.call(other.ownerId, 'POST', path)).status).toBe(404);
    expect(await held()).toEqual(['tickets']);
  });
});

describe('rejecting', () => {
  test('gives nothing, and tells the asker by mail', async () => {
    const { id } = (await ask(['invoices'])).body;
    await reached();
    const rejected = await decide(id, 'reject');
    expect(rejected.body).toMatchObject({ status: 'rejected', decidedBy: { id: ownerId } });
    expect(await held()).toEqual(['tickets']);
    expect(await reached()).toEqual({ 'carla@acme.test': ['Your request for access to Acme was rejected'] });
  });

  test('may be done by whoever manages contacts, for what they lack too', async () => {
    const manager = await portal.createSubAccount(ownerId, accountId, 'm@acme.test', ['contacts']);
    const { id } = (await ask(['invoices'])).body;
    expect((await decide(id, 'reject', manager.userId)).status).toBe(200);
  });

  test('of somebody who was removed sends no mail', async () => {
    const { id } = (await ask(['invoices'])).body;
    await portal.call(ownerId, 'DELETE', `/v1/accounts/${accountId}/contacts/${carla.contactId}`);
    await reached();
    expect((await decide(id, 'reject')).status).toBe(200);
    expect(await reached()).toEqual({});
  });
});

describe('a decision', () => {
  test.each([
    ['approve', 'approve'],
    ['approve', 'reject'],
    ['reject', 'approve'],
    ['reject', 'reject'],
  ] as const)('stands: after %s, to %s is refused', async (first, second) => {
    const { id } = (await ask(['invoices'])).body;
    const decided = (await decide(id, first)).body;
    const permissions = await held();
    await reached();
    expect(refused(await decide(id, second))).toEqual([409, 'already-decided']);
    expect(await list()).toEqual([decided]);
    expect(await held()).toEqual(permissions);
    expect(await reached()).toEqual({});
  });

  test.each([
    ['approve', 'approve'],
    ['approve', 'reject'],
    ['reject', 'approve'],
  ] as const)('is one of two at once: %s and %s', async (first, second) => {
    const cached = await portal.authorizer(ownerId);
    for (let nth = 1; ; nth++) {
      await give({ permissions: ['tickets'] });
      const { id } = (await ask(['invoices'])).body;
      await reached();
      const does = (how: string) => () => portal.call('', 'POST', `${requests}/${id}/${how}`, { cached });
      const both = await interleave(portal, nth, does(first), does(second));
      if (!both) {
        expect(nth).toBeGreaterThan(2);
        break;
      }
      expect(statusesOf(both)).toEqual([200, 409]);
      const { status } = both.find((called) => called.status === 200)!.body;
      expect(await held()).toEqual(status === 'approved' ? ['invoices', 'tickets'] : ['tickets']);
      expect(Object.values(await reached())).toEqual([[`Your request for access to Acme was ${status}`]]);
      expect(disagreements(portal)).toEqual([]);
    }
  });

  test('at once with a change of the same access loses neither', async () => {
    const cached = await portal.authorizer(ownerId);
    for (let nth = 1; ; nth++) {
      await give({ permissions: ['tickets'] });
      const { id } = (await ask(['invoices'])).body;
      const path = `/v1/accounts/${accountId}/contacts/${carla.contactId}/sub-account`;
      const both = await interleave(
        portal,
        nth,
        () => portal.call('', 'POST', `${requests}/${id}/approve`, { cached }),
        () => portal.call('', 'PUT', path, { body: { permissions: ['domains'] }, cached }),
      );
      if (!both) break;
      expect(both.map((called) => called.status)).toEqual([200, 200]);
      // Whatever was given in between, what was asked for is added to that.
      expect(await held()).toEqual(['domains', 'invoices']);
      expect(disagreements(portal, false)).toEqual([]);
    }
  });

  test('is made by somebody who still may', async () => {
    const manager = await portal.createSubAccount(ownerId, accountId, 'm@acme.test', [
      'contacts',
      'invoices',
      'tickets',
    ]);
    const { id } = (await ask(['invoices'])).body;
    const cached = await portal.authorizer(manager.userId);
    await give({ permissions: ['tickets'] }, manager.contactId);
    const late = await portal.call('', 'POST', `${requests}/${id}/approve`, { cached });
    expect(refused(late)).toEqual([409, 'access-changed']);
    expect(await held()).toEqual(['tickets']);
  });
});

describe('the list of requests', () => {
  test('shows all of them, the newest first, to those who manage contacts', async () => {
    const ids: string[] = [];
    for (const key of ['invoices', 'quotes', 'domains']) {
      portal.advance(1);
      ids.unshift((await ask([key])).body.id);
    }
    expect((await list()).map((request: { id: string }) => request.id)).toEqual(ids);
    const query = { limit: '2' };
    const { body } = await portal.call(ownerId, 'GET', requests, { query });
    const rest = await portal.call(ownerId, 'GET', requests, {
      query: { ...query, cursor: body.nextCursor },
    });
    expect([...body.items, ...rest.body.items].map((request: { id: string }) => request.id)).toEqual(ids);
    expect((await portal.call(carla.userId, 'GET', requests)).status).toBe(403);
  });
});
