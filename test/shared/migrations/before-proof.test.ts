import { beforeEach, describe, expect, test } from 'vitest';
import { contactRows } from '../../../shared/accounts/people-store.ts';
import { ConditionsFailed } from '../../../shared/table/table.ts';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import { releasedPortal } from '../../support/released/released.ts';

let at: ReturnType<typeof releasedPortal>;
const path = () => `/v1/accounts/${at.accountId}`;
const login = async (name: string) => (await at.portal.people.login(at.users[name]!))!;
const call = (name: string, method: string, rest: string, body?: object) =>
  at.portal.call(at.users[name]!, method, `${path()}${rest}`, body ? { body } : {});

const upgrade = () =>
  migrate({
    table: at.portal.table,
    rows: at.portal.table,
    migrations,
    providerName: 'Annex',
    staffGroup: async () => [],
    pause: async () => {},
  });

beforeEach(() => {
  at = releasedPortal('before-proof');
});

describe('rows from before addresses were proven', () => {
  test.each([
    ['owner', true, 'an owner who has signed in'],
    ['quiet', false, 'an owner who has not'],
    ['pat', false, 'a password that somebody else chose'],
    ['cody', true, 'a password that was set with a mailed code'],
    ['ina', false, 'nobody has signed in'],
    ['exa', false, 'a password that somebody else chose, and access that is over'],
    ['gone', false, 'a login that was disabled'],
  ])('%s is proven: %s, as it is of %s', async (name, proven) => {
    await upgrade();
    expect((await login(name)).proven).toBe(proven);
    expect(await login(name)).not.toHaveProperty('madeWithPassword');
  });

  test('who wrote mail that was believed is proven in that account, and nobody else', async () => {
    await upgrade();
    for (const [name, id] of Object.entries(at.contacts)) {
      const contact = await at.portal.people.contact(at.accountId, id);
      expect([name, contact!.proven ?? false]).toEqual([name, name === 'mel']);
    }
  });

  test('whoever read a contact before it was proven does not write over it', async () => {
    const before = (await at.portal.people.contact(at.accountId, at.contacts['mel']!))!;
    await upgrade();
    const late = at.portal.table.transact(contactRows(before, { ...before, name: 'Melanie' }));
    await expect(late).rejects.toThrow(ConditionsFailed);
  });

  test.each(['before', 'after'])('open what they opened, %s the upgrade', async (when) => {
    if (when === 'after') await upgrade();
    expect((await call('pat', 'GET', `/tickets/${at.ticketId}`)).body.messages).toHaveLength(3);
    expect((await call('pat', 'GET', `/invoices/${at.invoiceId}`)).body.status).toBe('unpaid');
    expect((await call('cody', 'GET', '/tickets')).body.items).toHaveLength(2);
    expect((await call('ina', 'GET', '/invoices')).status).toBe(200);
    expect((await call('exa', 'GET', '')).status).toBe(200);
    const { memberships } = (await at.portal.call(at.users['pat']!, 'GET', '/v1/me')).body;
    expect(memberships).toMatchObject([{ accountId: at.accountId, status: 'active' }]);
    expect((await call('gone', 'GET', '')).status).toBe(401);
    at.portal.advance(24 * 3600);
    expect((await call('exa', 'GET', '')).status).toBe(404);
  });

  test('are written to as today’s are', async () => {
    await upgrade();
    const said = await call('pat', 'POST', `/tickets/${at.ticketId}/replies`, { message: 'Works now.' });
    expect(said.status).toBe(201);
    const contact = `/contacts/${at.contacts['ina']!}`;
    const given = await call('owner', 'PUT', `${contact}/sub-account`, { permissions: ['domains'] });
    expect(given).toMatchObject({ status: 200, body: { subAccount: { permissions: ['domains'] } } });
    const settings = await at.portal.call('stan', 'GET', '/v1/staff/settings');
    expect(settings.body.timeZone).toBe('Europe/London');
  });

  test('a proven login accepts in the portal what is given to it anew, an unproven one by its mail alone', async () => {
    await upgrade();
    const make = (email: string) =>
      at.portal.call('stan', 'POST', '/v1/staff/accounts', {
        body: { name: 'New', owner: { name: 'N', email } },
      });
    const accept = (name: string, id: string) =>
      at.portal.call(at.users[name]!, 'POST', `/v1/me/memberships/${id}/accept`);
    const forCody = (await make('cody@acme.test')).body.id;
    expect((await accept('cody', forCody)).status).toBe(204);
    const forPat = (await make('pat@acme.test')).body.id;
    expect((await accept('pat', forPat)).status).toBe(409);
    await at.portal.acceptInvitation(at.users['pat']!, forPat);
    expect((await login('pat')).proven).toBe(true);
  });

  test('a login that signs in before the upgrade is upgraded all the same', async () => {
    at.portal.advance(3600);
    await at.portal.call(at.users['cody']!, 'GET', '/v1/me');
    await upgrade();
    expect((await login('cody')).proven).toBe(true);
  });

  test('whose password somebody else chooses today is not proven by an upgrade that comes later', async () => {
    const { accountId, ownerId } = await at.portal.createAccount('Today', 'owner@today.test');
    await at.portal.call(ownerId, 'GET', `/v1/accounts/${accountId}`);
    await upgrade();
    expect((await at.portal.people.login(ownerId))!.proven ?? false).toBe(false);
  });

  test('staff find them by name and by the number of an invoice', async () => {
    const found = async (q: string) => {
      const query = { q };
      const answer = await at.portal.call('stan', 'GET', '/v1/staff/accounts', { query });
      return answer.body.items.map((each: { id: string }) => each.id);
    };
    const { name } = (await at.portal.people.account(at.accountId))!;
    const invoice = await call('owner', 'GET', `/invoices/${at.invoiceId}`);
    expect(await found(name)).toEqual([]);
    await upgrade();
    expect(await found(name)).toEqual([at.accountId]);
    expect(await found(invoice.body.number)).toEqual([at.accountId]);
  });

  test('an upgrade that is run again changes nothing', async () => {
    expect((await upgrade()).changed).toBe(12);
    const before = at.portal.table.all();
    expect((await upgrade()).changed).toBe(0);
    expect(at.portal.table.all()).toEqual(before);
  });

  test('the template that staff wrote goes out, its older name for the link too', async () => {
    await upgrade();
    const owner = { name: 'N', email: 'new@new.test' };
    await at.portal.call('stan', 'POST', '/v1/staff/accounts', { body: { name: 'New', owner } });
    await at.portal.deliver();
    const mail = at.portal.mails.at(-1)!;
    expect([mail.subject, mail.text]).toEqual([
      'Come in',
      expect.stringMatching(/^Here: https:.*\/v1\/invitation\//),
    ]);
  });
});
