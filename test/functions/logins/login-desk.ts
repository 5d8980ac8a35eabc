import { expect } from 'vitest';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';

export const email = 'newceo@newco.test';
/** What somebody else chose for the login before its person came. */
export const attackers = 'Known-To-Mallory-1';
/** What the person chooses on the page behind the mailed link. */
export const chosen = 'Chosen-By-Nora-1';
export const eightDays = 8 * 24 * 3600;

export interface Place {
  accountId: string;
  ownerId: string;
}

/** What people do about their own logins, and accounts about theirs. */
export function loginDesk(portal = new MemoryPortal()) {
  const contactsOf = ({ accountId }: Place) => `/v1/accounts/${accountId}/contacts`;

  /** A contact whose login was activated, with a password where one is given. */
  async function activate(place: Place, address: string, password?: string, permissions = ['tickets']) {
    const body = { name: 'Somebody', email: address };
    const made = await portal.call(place.ownerId, 'POST', contactsOf(place), { body });
    const path = `${contactsOf(place)}/${made.body.id}`;
    const given = await portal.call(place.ownerId, 'PUT', `${path}/sub-account`, {
      body: { permissions, ...(password === undefined ? {} : { password }) },
    });
    expect(given.status).toBe(200);
    return { path, userId: await userOf(address) };
  }

  /** An account that staff make for an owner who is told by mail. */
  async function openFor(name: string, owner: { name: string; email: string }): Promise<Place> {
    const made = await portal.call('stan', 'POST', '/v1/staff/accounts', { body: { name, owner } });
    expect(made.status).toBe(201);
    return { accountId: made.body.id, ownerId: made.body.owner.id };
  }

  const userOf = async (address: string) => (await portal.people.byAddress(address)).userId!;

  /** The token in the last mail to this address; null where no mail with a link came. */
  async function mailedToken(address: string): Promise<string | null> {
    await portal.deliver();
    const mail = portal.mails.findLast(
      ({ destinations, text }) => destinations.includes(address) && text?.includes('/v1/invitation/'),
    );
    return /\/v1\/invitation\/(\S+)/.exec(mail?.text ?? '')?.[1] ?? null;
  }

  /** The digits in the last mail with a code to this address; null where none came. */
  async function mailedCode(address: string): Promise<string | null> {
    await portal.deliver();
    const codes = portal.mails
      .filter(({ destinations }) => destinations.includes(address))
      .flatMap(({ text }) => /^\d{8}$/m.exec(text ?? '')?.[0] ?? []);
    return codes.at(-1) ?? null;
  }

  const look = (token: string): Promise<Called> =>
    portal.call('', 'GET', `/v1/invitation/${token}`, { public: true });
  const press = (token: string, body: object = {}): Promise<Called> =>
    portal.call('', 'POST', `/v1/invitation/${token}`, { body, public: true });
  const accept = (userId: string, { accountId }: Place): Promise<Called> =>
    portal.call(userId, 'POST', `/v1/me/memberships/${accountId}/accept`);
  const leave = (userId: string, { accountId }: Place): Promise<Called> =>
    portal.call(userId, 'DELETE', `/v1/me/memberships/${accountId}`);
  const help = (address: string): Promise<Called> =>
    portal.call('', 'POST', '/v1/sign-in/help', { body: { email: address }, public: true });

  /** What a place answers to this user. */
  const opens = async (userId: string, { accountId }: Place, part = ''): Promise<number> =>
    (await portal.call(userId, 'GET', `/v1/accounts/${accountId}${part}`)).status;

  /** Each account of this user, with the status of the membership. */
  async function statuses(userId: string): Promise<Record<string, string>> {
    const { memberships } = (await portal.call(userId, 'GET', '/v1/me')).body;
    return Object.fromEntries(
      memberships.map((each: { accountId: string; status: string }) => [each.accountId, each.status]),
    );
  }

  /** A person whose login is proven by their own invitation to this account. */
  async function provenIn(place: Place, address = email, password = chosen) {
    const { userId, path } = await activate(place, address);
    const accepted = await press((await mailedToken(address))!, { name: 'Nora Newton', password });
    expect(accepted.status).toBe(200);
    return { userId, path };
  }

  return {
    portal,
    accept,
    activate,
    contactsOf,
    help,
    leave,
    look,
    mailedCode,
    mailedToken,
    openFor,
    opens,
    press,
    provenIn,
    statuses,
    userOf,
  };
}

export type LoginDesk = ReturnType<typeof loginDesk>;

/** A desk with an account of somebody who means well and one of somebody who does not. */
export async function twoPlaces() {
  const desk = loginDesk();
  const newco = await desk.portal.createAccount('Newco', 'owner@newco.test');
  const mallory = await desk.portal.createAccount('Mallory', 'mallory@evil.test');
  await desk.portal.deliver();
  desk.portal.mails.length = 0;
  desk.portal.advance(5);
  return { ...desk, newco, mallory };
}
