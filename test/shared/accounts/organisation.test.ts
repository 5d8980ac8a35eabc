import { beforeEach, describe, expect, test } from 'vitest';
import { isOfOrganisation } from '../../../shared/accounts/organisation.ts';
import { ownerPlace } from '../../../shared/mail/invitations/signed-link.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let accountId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId } = await portal.createAccount('Acme', 'owner@acme.test'));
});

async function isOf(email: string, id = accountId, publicDomains: string[] = []) {
  const account = (await portal.people.account(id))!;
  return isOfOrganisation(portal, account, email, publicDomains);
}

describe('an address is of an account’s organisation', () => {
  test.each(['sue@acme.test', 'sue@mail.acme.test', 'SUE@ACME.TEST'])('as %s is', async (email) => {
    expect(await isOf(email)).toBe(true);
  });

  test.each([
    'sue@evil.test',
    'sue@acme.test.evil.test',
    'sue@notacme.test',
    'sue@test',
    'sue',
    '@acme.test@evil.test',
  ])('as %s is not', async (email) => {
    expect(await isOf(email)).toBe(false);
  });

  test.each(['gmail.com', 'googlemail.com', 'gmx.de', 'btinternet.com', 'qq.com', 'orange.fr'])(
    'not where the owner has a mailbox at %s, as anybody may',
    async (domain) => {
      const { accountId: id } = await portal.createAccount('Public', `owner@${domain}`);
      expect(await isOf(`sue@${domain}`, id)).toBe(false);
    },
  );

  test('not in a domain that the provider calls public, and not among customers of one hosting company', async () => {
    expect(await isOf('sue@acme.test', accountId, ['acme.test'])).toBe(false);
    const { accountId: id } = await portal.createAccount('Hosted', 'owner@one.github.io');
    expect(await isOf('sue@two.github.io', id)).toBe(false);
    expect(await isOf('sue@one.github.io', id)).toBe(true);
  });

  test('not while another account has another owner there', async () => {
    const other = await portal.createAccount('Mallory', 'mallory@acme.test');
    expect(await isOf('sue@acme.test')).toBe(false);
    expect(await isOf('sue@acme.test', other.accountId)).toBe(false);
  });

  test('also where the same owner has two accounts, and where the other one is linked', async () => {
    await portal.call('stan', 'POST', '/v1/staff/accounts', {
      body: { name: 'Acme Two', owner: { name: 'Owner', email: 'owner@acme.test' } },
    });
    expect(await isOf('sue@acme.test')).toBe(true);
    const north = await portal.createAccount('North', 'north@acme.test');
    expect(await isOf('sue@acme.test')).toBe(false);
    const link = `/v1/staff/accounts/${north.accountId}/main-account`;
    const body = { mainAccountId: accountId, kind: 'aggregated' };
    expect((await portal.call('stan', 'PUT', link, { body })).status).toBe(200);
    expect(await isOf('sue@acme.test')).toBe(true);
    // Acme Two is another owner's, and not linked.
    expect(await isOf('sue@acme.test', north.accountId)).toBe(false);
    const two = (await portal.people.byAddress('owner@acme.test')).accounts[1]!.accountId;
    await portal.call('stan', 'POST', `/v1/staff/accounts/${two}/close`, { body: {} });
    expect(await isOf('sue@acme.test')).toBe(true);
    expect(await isOf('sue@acme.test', north.accountId)).toBe(true);
  });

  test('of the owner of today: with a new one the old domain is nothing any more', async () => {
    const owner = `/v1/staff/accounts/${accountId}/owner`;
    const body = { email: 'new@newco.test', name: 'New', reason: 'Sold' };
    await portal.call('stan', 'PUT', owner, { body });
    const { userId } = await portal.people.byAddress('new@newco.test');
    await portal.acceptInvitation(userId!, ownerPlace(accountId));
    portal.advance(25 * 3600);
    await portal.sweep();
    expect((await portal.people.account(accountId))!.owner.email).toBe('new@newco.test');
    expect([await isOf('sue@acme.test'), await isOf('sue@newco.test')]).toEqual([false, true]);
    const later = await portal.createAccount('Later', 'later@acme.test');
    expect(await isOf('sue@acme.test', later.accountId)).toBe(true);
  });
});
