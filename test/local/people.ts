import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Answered, PortalClient } from '../support/local/portal-client.ts';

/** The password of every login made by these tests. */
export const password = 'A-Password-Of-2026';

/** Whose token one without a token has. */
export const nobody: string | null = null;

export const staffEmail = 'staff@portal.test';

/** Every permission, in the order of the catalogue. */
export const allPermissions = [
  'profile',
  'contacts',
  'products',
  'manage-products',
  'domains',
  'manage-domains',
  'invoices',
  'quotes',
  'tickets',
  'emails',
  'orders',
  'documents',
  'statistics',
  'linked-accounts',
];

/** What came back as JSON, read as a frontend reads it. */
export type Json = Answered['body'];

export const sorted = (texts: readonly string[]): string[] => [...texts].sort();

export const problemType = (name: string): string => `http://portal.test/problems/${name}`;

export const unique = (what: string): string => `${what}-${randomUUID().slice(0, 13)}`;

/** An address nobody else has. */
export const addressOf = (who: string): string => `${unique(who)}@people.test`;

/** An address of an account's own domain, by which mail knows its people without asking them. */
export const addressIn = ({ owner }: Pick<Account, 'owner'>, who: string): string =>
  `${unique(who)}@${owner.email.split('@')[1]}`;

export interface Account {
  id: string;
  path: string;
  name: string;
  owner: { id: string; name: string; email: string; token: string };
}

export interface Contact {
  id: string;
  path: string;
  name: string;
  email: string;
}

export interface SubAccount extends Contact {
  token: string;
}

/** A new account, whose owner has signed in. */
export async function openAccount(client: PortalClient, name = unique('Company')): Promise<Account> {
  const owner = { name: 'Olive Owner', email: `${unique('olive')}@${unique('firm')}.test` };
  const staff = await client.token(staffEmail);
  const created = await client.call(staff, 'POST', '/v1/staff/accounts', {
    name,
    owner: { ...owner, password },
  });
  expect(created).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^acct_/) } });
  const { id, owner: made } = created.body as { id: string; owner: { id: string } };
  const token = await client.signIn(owner.email, password);
  return { id, path: `/v1/accounts/${id}`, name, owner: { ...owner, id: made.id, token } };
}

export interface ContactWishes {
  name?: string;
  email?: string;
  emailPreferences?: Record<string, boolean>;
}

/** A contact that the owner records, without a login. */
export async function addContact(
  client: PortalClient,
  account: Account,
  { name = 'Cora Contact', email = addressIn(account, 'cora'), emailPreferences }: ContactWishes = {},
): Promise<Contact> {
  const created = await client.call(account.owner.token, 'POST', `${account.path}/contacts`, {
    name,
    email,
    ...(emailPreferences === undefined ? {} : { emailPreferences }),
  });
  expect(created).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^con_/) } });
  const { id } = created.body as { id: string };
  return { id, path: `${account.path}/contacts/${id}`, name, email };
}

/** A contact with a login of its own and these permissions, signed in. */
export async function addSubAccount(
  client: PortalClient,
  account: Account,
  permissions: string[],
  wishes: ContactWishes = {},
): Promise<SubAccount> {
  const contact = await addContact(client, account, wishes);
  const activated = await grant(client, account, contact, { permissions, password });
  expect(activated).toMatchObject({ status: 200, body: { subAccount: { status: 'active' } } });
  return { ...contact, token: await client.signIn(contact.email, password) };
}

/** The link of the newest invitation to this account that was mailed to an address. */
export function invitationLink(client: PortalClient, account: Account, email: string): Promise<string> {
  return client.until(async () => {
    const mails = (await client.mails()).filter(
      (mail) => mail.envelope.to.includes(email) && mail.text.includes(account.name),
    );
    return mails.flatMap((mail) => /\/v1\/invitation\/[\w.-]+/.exec(mail.text)?.[0] ?? []).at(-1);
  });
}

/**
 * The person accepts what an account gave them, by the mailed link, and signs in anew: with the password chosen there
 * unless the login was proven before.
 */
export async function acceptByLink(
  client: PortalClient,
  account: Account,
  { name, email }: { name: string; email: string },
): Promise<string> {
  const link = await invitationLink(client, account, email);
  const offered = await client.call(nobody, 'GET', link);
  expect(offered).toMatchObject({ status: 200, body: { accountName: account.name, email } });
  const answer = offered.body.passwordRequired ? { name, password } : {};
  expect(await client.call(nobody, 'POST', link, answer)).toMatchObject({ status: 200, body: { email } });
  return client.signIn(email, password);
}

/** What the owner says a contact may do. */
export function grant(
  client: PortalClient,
  account: Account,
  contact: Contact,
  access: { permissions: string[]; password?: string; expiresAt?: string; note?: string },
): Promise<Answered> {
  return client.call(account.owner.token, 'PUT', `${contact.path}/sub-account`, access);
}

/** A contact as the owner reads it. */
export async function readContact(
  client: PortalClient,
  account: Account,
  contact: Contact,
): Promise<Answered> {
  const read = await client.call(account.owner.token, 'GET', contact.path);
  expect(read.status).toBe(200);
  return read;
}

/** The whole activity log of an account, newest first, as its owner reads it. */
export async function activityOf(client: PortalClient, account: Account): Promise<Json[]> {
  return allOf(client, account.owner.token, `${account.path}/activity`);
}

/** Every item of a list, page by page. */
export async function allOf(client: PortalClient, token: string, path: string): Promise<Json[]> {
  const items: Json[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor === null ? {} : { cursor }) });
    const page = await client.call(
      token,
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`,
    );
    expect(page.status).toBe(200);
    items.push(...page.body.items);
    cursor = page.body.nextCursor as string | null;
  } while (cursor !== null);
  return items;
}

/** Polls until the answer has this status. Whatever was asked more than five seconds after the change must have it. */
export async function withinFiveSeconds(
  client: PortalClient,
  status: number,
  ask: () => Promise<Answered>,
): Promise<Answered> {
  const changedAt = performance.now();
  return client.until(async () => {
    const askedAfter = performance.now() - changedAt;
    const answer = await ask();
    if (answer.status === status) return answer;
    if (askedAfter > 5000) expect(answer.status, 'more than five seconds after the change').toBe(status);
    return null;
  });
}

/** A body without what differs in every answer. */
export function withoutRequestId(answer: Answered): unknown {
  const { requestId, ...rest } = answer.body as { requestId: unknown };
  expect(requestId).toEqual(expect.any(String));
  return rest;
}
