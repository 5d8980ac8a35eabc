import { resetByOperator } from '../../../functions/staff-members/reset-second-factor.ts';
import { staffStore } from '../../../shared/accounts/staff/staff-store.ts';
import { loginRow } from '../../../shared/accounts/people-store.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { statusesOf } from '../../support/faults/stoppages.ts';

let portal: MemoryPortal;

const members = '/v1/staff/members';
const invite = (email: string, roles: string[], by = 'ada') =>
  portal.call(by, 'POST', members, { body: { name: 'Sam Support', email, roles } });
const change = (userId: string, roles: string[], by = 'ada') =>
  portal.call(by, 'PATCH', `${members}/${userId}`, { body: { roles } });
const remove = (userId: string, by = 'ada') => portal.call(by, 'DELETE', `${members}/${userId}`);
/** A call in a session that used the second factor. */
const withFactor = async (userId: string, path: string) => {
  const cached = { ...(await portal.authorizer(userId)), secondFactor: 'true' as const };
  return portal.call(userId, 'GET', path, { cached });
};
const me = async (userId: string) => (await portal.call(userId, 'GET', '/v1/me')).body;

/** Sends what waits, and presses the button behind the link in the last invitation to this address. */
async function accept(email: string, body: object = { name: 'Sam', password: 'Correct-Horse-1' }) {
  await portal.deliver();
  const mail = portal.mails.findLast(
    (each) => each.destinations.includes(email) && each.text?.includes('/invitation/'),
  );
  const token = /\/v1\/invitation\/(\S+)/.exec(mail!.text!)![1]!;
  return portal.call('public', 'POST', `/v1/invitation/${token}`, { body, public: true });
}

beforeEach(async () => {
  portal = new MemoryPortal();
  portal.addStaff('ada');
  await portal.authorizer('ada');
});

describe('somebody invited among the staff', () => {
  test('may do nothing until they accept, and then what their roles say', async () => {
    const { status, body } = await invite('sam@provider.test', ['support']);
    expect([status, body]).toMatchObject([201, { status: 'invited', roles: ['support'] }]);
    expect((await portal.call(body.id, 'GET', '/v1/staff/tickets')).status).toBe(403);
    expect((await accept('sam@provider.test')).status).toBe(200);
    portal.advance(1);
    expect((await me(body.id)).staff).toEqual({ roles: ['support'] });
    expect((await withFactor(body.id, '/v1/staff/tickets')).status).toBe(200);
    expect((await withFactor(body.id, '/v1/staff/orders')).status).toBe(403);
    expect(portal.directory.signIn('sam@provider.test', 'Correct-Horse-1')).toBe(body.id);
  });

  test('reads on the page in their language what they are invited as', async () => {
    await invite('sam@provider.test', ['billing']);
    await portal.deliver();
    const mail = portal.mails.find(({ destinations }) => destinations.includes('sam@provider.test'))!;
    const token = /\/v1\/invitation\/(\S+)/.exec(mail.text!)![1]!;
    const headers = { accept: 'text/html', 'accept-language': 'de' };
    const page = await portal.call('', 'GET', `/v1/invitation/${token}`, { headers, public: true });
    expect(Buffer.from(String(page.body), 'base64').toString()).toContain('<li>Abrechnung</li>');
  });

  test('is a client already: the login stays one, and the password is theirs', async () => {
    const { ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
    const { status } = await invite('owner@acme.test', ['billing']);
    expect(status).toBe(201);
    await accept('owner@acme.test');
    portal.advance(1);
    const after = await me(ownerId);
    expect(after.staff).toEqual({ roles: ['billing'] });
    expect(after.memberships).toHaveLength(1);
  });

  test('sees who asks and for what, and no account’s name', async () => {
    await invite('sam@provider.test', ['support', 'billing']);
    await portal.deliver();
    const mail = portal.mails.find((each) => each.destinations.includes('sam@provider.test'));
    expect(mail!.text).toContain('Billing');
    expect(mail!.text).toContain('ada');
    expect(mail!.subject).not.toContain('Sam');
  });

  test('is nobody twice', async () => {
    await invite('sam@provider.test', ['support']);
    expect((await invite('sam@provider.test', ['billing'])).status).toBe(409);
  });
});

describe('a second factor', () => {
  const withoutFactor = async () => ({ ...(await portal.authorizer('ada')), secondFactor: 'false' as const });

  test('is what staff sign in with: without it they reach their own login alone', async () => {
    const cached = await withoutFactor();
    const { accountId } = await portal.createAccount('Acme', 'owner@acme.test');
    for (const path of [members, '/v1/staff/tickets', `/v1/accounts/${accountId}/tickets`, '/v1/products']) {
      const refused = await portal.call('ada', 'GET', path, { cached });
      expect(refused, path).toMatchObject({ status: 403, body: { code: 'second-factor-required' } });
    }
    expect((await portal.call('ada', 'GET', '/v1/me', { cached })).status).toBe(200);
  });

  test('is asked of nobody where the provider does not, and of no client', async () => {
    const { ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
    expect((await portal.call(ownerId, 'GET', '/v1/products')).status).toBe(200);
    const off = { body: { 'staff.secondFactor': false } };
    expect((await portal.call('ada', 'PUT', '/v1/staff/settings', off)).status).toBe(200);
    expect((await portal.call('ada', 'GET', members, { cached: await withoutFactor() })).status).toBe(200);
  });
});

describe('a lost second factor', () => {
  test('is reset by an administrator: the sessions end, and the person and all administrators are told why', async () => {
    portal.addStaff('sue', ['support']);
    const cached = await portal.authorizer('sue');
    const path = `${members}/sue/second-factor`;
    const reset = await portal.call('ada', 'DELETE', path, { body: { reason: 'The phone is gone' } });
    expect(reset.status).toBe(204);
    expect((await portal.people.login('sue'))!.secondFactor).toBeUndefined();
    const write = { body: { name: 'Sue' }, cached };
    expect((await portal.call('sue', 'PATCH', '/v1/me', write)).status).toBe(401);
    await portal.deliver();
    expect(portal.mails.flatMap((mail) => mail.destinations).toSorted()).toEqual([
      'ada@portal.test',
      'sue@portal.test',
    ]);
    expect(portal.mails.some((mail) => mail.text?.includes('The phone is gone'))).toBe(true);
  });

  test('of the last administrator is reset by whoever operates the stack', async () => {
    const login = (await portal.people.login('ada'))!;
    await portal.table.transact([
      loginRow({ ...login, secondFactor: { sinceSeconds: 1 } }, { version: login.version }),
    ]);
    const cached = await portal.authorizer('ada');
    const operator = { ...portal.outbox(), staff: staffStore(portal.table) };
    await resetByOperator(operator, { email: 'ada@portal.test', reason: 'The phone is gone' });
    expect((await portal.people.login('ada'))!.secondFactor).toBeUndefined();
    expect((await portal.call('ada', 'PATCH', '/v1/me', { body: { name: 'Ada' }, cached })).status).toBe(401);
    await portal.deliver();
    await portal.sweep();
    const told = portal.mails.filter(({ destinations }) => destinations.includes('ada@portal.test'));
    expect(told.some(({ text }) => text?.includes('The phone is gone'))).toBe(true);
    const nobody = { email: 'nobody@portal.test', reason: 'Who?' };
    await expect(resetByOperator(operator, nobody)).rejects.toThrow();
  });

  test('is nobody’s own to reset', async () => {
    const body = { reason: 'Mine' };
    expect((await portal.call('ada', 'DELETE', `${members}/ada/second-factor`, { body })).status).toBe(409);
  });
});

describe('roles', () => {
  test.each([['support'], ['billing'], ['sales'], ['accounts'], ['settings']])(
    'are nothing that somebody with the role %s gives or takes',
    async (role) => {
      portal.addStaff('eve', [role as 'support']);
      expect((await invite('x@provider.test', ['support'], 'eve')).status).toBe(403);
      expect((await change('eve', ['administrator'], 'eve')).status).toBe(403);
      expect((await remove('ada', 'eve')).status).toBe(403);
      expect((await portal.call('eve', 'GET', members)).status).toBe(403);
    },
  );

  test('of one’s own are changed by nobody', async () => {
    expect((await change('ada', ['administrator', 'support'])).status).toBe(409);
    expect((await remove('ada')).status).toBe(409);
  });

  test('taken away are gone at once on writes and on reads, whatever the gateway still has in its cache', async () => {
    portal.addStaff('bill', ['billing']);
    const { accountId } = await portal.createAccount('Acme', 'owner@acme.test');
    const cached = await portal.authorizer('bill');
    const credit = { body: { amount: { amount: 100, currency: 'GBP' }, reason: 'Goodwill' }, cached };
    const path = `/v1/accounts/${accountId}/credit`;
    expect((await portal.call('bill', 'POST', path, credit)).status).toBeLessThan(300);
    await change('bill', ['support']);
    expect((await portal.call('bill', 'POST', path, credit)).status).toBe(409);
    expect((await portal.call('bill', 'GET', path, { cached })).status).toBe(403);
    await remove('bill');
    expect((await portal.call('bill', 'GET', path, { cached })).status).toBe(401);
    expect((await portal.call('bill', 'GET', '/v1/me')).status).toBe(401);
  });

  test('are told to all administrators with each change, from what to what and by whom', async () => {
    portal.addStaff('bob');
    portal.addStaff('sue', ['support']);
    await portal.authorizer('bob');
    await change('sue', ['support', 'billing']);
    await portal.deliver();
    const told = portal.mails.at(-1)!;
    expect(told.destinations.toSorted()).toEqual(['ada@portal.test', 'bob@portal.test']);
    expect(told.text).toContain('Before: Support\n\nNow: Support, Billing');
    expect(told.text).toContain('ada');
  });
});

describe('the last administrator', () => {
  test('stays one, also when two go at the same time', async () => {
    portal.addStaff('bob');
    await portal.authorizer('bob');
    const both = await Promise.all([remove('bob', 'ada'), remove('ada', 'bob')]);
    expect(statusesOf(both)).toContain(204);
    expect(both.filter(({ status }) => status === 204)).toHaveLength(1);
    const { userIds } = (await portal.staff.administrators())!;
    expect(userIds).toHaveLength(1);
    expect(await portal.staff.member(userIds[0]!)).toBeDefined();
  });

  test('is not one who was invited and has not accepted', async () => {
    portal.addStaff('bob');
    await portal.authorizer('bob');
    await invite('new@provider.test', ['administrator']);
    expect((await remove('ada', 'bob')).status).toBe(204);
    const { items } = (await portal.call('bob', 'GET', members)).body;
    const invited = items.find(({ email }: { email: string }) => email === 'new@provider.test');
    expect(invited).toMatchObject({ status: 'invited' });
    expect((await portal.staff.administrators())!.userIds).toEqual(['bob']);
  });
});

describe('an address of staff', () => {
  test('is no address that a client can give access to', async () => {
    const { accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
    const contact = { name: 'Ada', email: 'ada@portal.test' };
    const made = await portal.call(ownerId, 'POST', `/v1/accounts/${accountId}/contacts`, { body: contact });
    const path = `/v1/accounts/${accountId}/contacts/${made.body.id}/sub-account`;
    const refused = await portal.call(ownerId, 'PUT', path, { body: { permissions: ['tickets'] } });
    expect(refused).toMatchObject({ status: 409, body: { type: expect.stringContaining('email-taken') } });
  });
});
