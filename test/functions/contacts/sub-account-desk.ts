import { expect } from 'vitest';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

export const password = 'Correct-Horse-2';
export const email = 'carla@people.test';

export interface Place {
  accountId: string;
  ownerId: string;
}

/** A portal with two accounts, whose first mails have gone out. */
export async function twoAccounts(): Promise<{ portal: MemoryPortal; acme: Place; other: Place }> {
  const portal = new MemoryPortal();
  const acme = await portal.createAccount('Acme', 'owner@acme.test');
  const other = await portal.createAccount('Other', 'owner@other.test');
  await portal.deliver();
  portal.mails.length = 0;
  return { portal, acme, other };
}

/** What an owner does about the contacts of an account, which is Acme unless another is named. */
export function subAccountDesk(at: () => { portal: MemoryPortal; acme: Place }) {
  async function record(place = at().acme, address = email): Promise<string> {
    const body = { name: 'Carla', email: address };
    const made = await at().portal.call(place.ownerId, 'POST', `/v1/accounts/${place.accountId}/contacts`, {
      body,
    });
    expect(made.status).toBe(201);
    return made.body.id;
  }

  const pathOf = (contactId: string, place = at().acme) =>
    `/v1/accounts/${place.accountId}/contacts/${contactId}`;
  const give = (contactId: string, body: object, place = at().acme, headers = {}) =>
    at().portal.call(place.ownerId, 'PUT', `${pathOf(contactId, place)}/sub-account`, { body, headers });
  const end = (contactId: string, place = at().acme) =>
    at().portal.call(place.ownerId, 'DELETE', `${pathOf(contactId, place)}/sub-account`);
  const read = async (contactId: string, place = at().acme) =>
    (await at().portal.call(place.ownerId, 'GET', pathOf(contactId, place))).body;
  const userOf = async (address = email) => (await at().portal.people.byAddress(address)).userId!;
  const accountsOf = async (userId: string): Promise<string[]> =>
    (await at().portal.call(userId, 'GET', '/v1/me')).body.memberships.map(
      (part: { accountId: string }) => part.accountId,
    );
  const usersWith = (address: string) =>
    [...at().portal.directory.users.values()].filter((user) => user.email === address);
  const inAnHour = () => new Date(at().portal.now.getTime() + 3_600_000).toISOString();

  return { accountsOf, end, give, inAnHour, pathOf, read, record, userOf, usersWith };
}
