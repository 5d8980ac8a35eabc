import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../../../shared/table/table.ts';
import { normalAddress } from '../../../shared/accounts/keys.ts';
import {
  type Account,
  type Contact,
  isDisabled,
  type Login,
  mailListsOf,
} from '../../../shared/accounts/people.ts';
import type { MemoryPortal } from '../memory/memory-portal.ts';

/**
 * Whatever in the table contradicts something else in it, or the user pool: half a change would show here. Empty
 * where contacts, parts in accounts, logins, addresses, mail lists and open requests all tell the same story.
 * `settled` for a portal whose outbox has nothing left to do: then the user pool has to agree as well.
 */
export function disagreements(portal: MemoryPortal, settled = true): string[] {
  const rows = new Rows(portal.table.all());
  const found = [...membersDisagree(rows), ...loginsDisagree(rows), ...addressesDisagree(rows)];
  found.push(...listsDisagree(rows), ...requestsDisagree(rows));
  return settled ? [...found, ...directoryDisagrees(portal, rows)] : found;
}

class Rows {
  readonly items: Item[];
  readonly accounts: Account[];
  readonly contacts: Contact[];
  readonly logins: Login[];
  readonly #byKey: Map<string, Item>;

  constructor(items: Item[]) {
    this.items = items;
    this.#byKey = new Map(items.map((item) => [`${item.pk}\n${item.sk}`, item]));
    this.accounts = this.like('ACCOUNT#', 'ACCOUNT') as unknown as Account[];
    this.contacts = this.like('ACCOUNT#', 'CONTACT#') as unknown as Contact[];
    this.logins = this.like('USER#', 'LOGIN') as unknown as Login[];
  }

  get(pk: string, sk: string): Item | undefined {
    return this.#byKey.get(`${pk}\n${sk}`);
  }

  like(pk: string, sk: string): Item[] {
    return this.items.filter((item) => item.pk.startsWith(pk) && item.sk.startsWith(sk));
  }
}

const partOf = (text: string) => text.slice(text.indexOf('#') + 1);

/** The parts in accounts are the owners and the contacts with an active login, no more and no less. */
function membersDisagree(rows: Rows): string[] {
  const expected = new Map<string, object>();
  for (const { id, owner } of rows.accounts) {
    expected.set(`${owner.userId} in ${id}`, { role: 'owner', contactId: null, expiresAtSeconds: null });
  }
  for (const { id, accountId, subAccount } of rows.contacts) {
    if (!subAccount || subAccount.ended) continue;
    const { userId, permissions, expiresAtSeconds } = subAccount;
    expected.set(`${userId} in ${accountId}`, {
      role: 'sub-account',
      contactId: id,
      expiresAtSeconds,
      permissions,
    });
  }
  const found: string[] = [];
  for (const item of rows.like('USER#', 'MEMBER#')) {
    const name = `${partOf(item.pk)} in ${partOf(item.sk)}`;
    const wanted = expected.get(name);
    const { role, contactId, expiresAtSeconds, permissions } = item;
    const actual = { role, contactId, expiresAtSeconds, ...(role === 'owner' ? {} : { permissions }) };
    if (!wanted) found.push(`${name} has a part that no contact and no owner stands behind`);
    else if (!isDeepStrictEqual(wanted, actual)) found.push(`${name} has another part than its contact says`);
    expected.delete(name);
  }
  return [...found, ...[...expected.keys()].map((name) => `${name} lacks the part that its contact says`)];
}

/** A login counts its parts, and its address leads to it and to no other. */
function loginsDisagree(rows: Rows): string[] {
  const found: string[] = [];
  for (const { userId, accounts, email, staff } of rows.logins) {
    const parts = rows.like(`USER#${userId}`, 'MEMBER#').filter((item) => partOf(item.pk) === userId);
    if (parts.length !== accounts) found.push(`${userId} counts ${accounts} parts and has ${parts.length}`);
    const led = rows.get(`EMAIL#${normalAddress(email)}`, 'LOGIN')?.['userId'];
    if (!staff && led !== userId) found.push(`${email} leads to ${String(led)} and not to ${userId}`);
  }
  const known = new Set(rows.logins.map((login) => login.userId));
  for (const item of rows.like('EMAIL#', 'LOGIN')) {
    if (!known.has(String(item['userId']))) found.push(`${item.pk} leads to a login that is not there`);
  }
  for (const item of rows.like('USER#', 'MEMBER#')) {
    if (!known.has(partOf(item.pk))) found.push(`${item.pk} has a part and no login`);
  }
  for (const contact of rows.contacts) {
    const { subAccount, email } = contact;
    if (!subAccount || subAccount.ended) continue;
    const login = rows.logins.find((candidate) => candidate.userId === subAccount.userId);
    if (login && normalAddress(login.email) !== email) found.push(`${email} signs in as ${login.email}`);
  }
  return found;
}

/** Every address leads to the accounts that know it, as their owner or one contact. */
function addressesDisagree(rows: Rows): string[] {
  const expected = new Map<string, string | null>();
  for (const { id, owner } of rows.accounts) expected.set(`${normalAddress(owner.email)} in ${id}`, null);
  for (const { id, accountId, email } of rows.contacts)
    expected.set(`${normalAddress(email)} in ${accountId}`, id);
  const found: string[] = [];
  for (const item of rows.like('EMAIL#', 'ACCOUNT#')) {
    const name = `${partOf(item.pk)} in ${partOf(item.sk)}`;
    if (!expected.has(name) || expected.get(name) !== item['contactId']) found.push(`${name} leads nowhere`);
    expected.delete(name);
  }
  return [...found, ...[...expected.keys()].map((name) => `${name} is not led to`)];
}

/** The mail lists are what the contacts' preferences and permissions say. */
function listsDisagree(rows: Rows): string[] {
  const expected = new Map<string, object>();
  for (const contact of rows.contacts) {
    for (const list of mailListsOf(contact)) {
      const { id, name, email } = contact;
      expected.set(`ACCOUNT#${contact.accountId} LIST#${list}#${id}`, { contactId: id, name, email });
    }
  }
  const found: string[] = [];
  for (const item of rows.like('ACCOUNT#', 'LIST#')) {
    const place = `${item.pk} ${item.sk}`;
    const { contactId, name, email } = item;
    if (!isDeepStrictEqual(expected.get(place), { contactId, name, email })) found.push(`${place} is wrong`);
    expected.delete(place);
  }
  return [...found, ...[...expected.keys()].map((place) => `${place} is missing`)];
}

/** Open requests are counted, and what was approved is held unless it was taken again. */
function requestsDisagree(rows: Rows): string[] {
  const open = new Map<string, number>();
  for (const item of rows.like('ACCOUNT#', 'ACCESS-REQUEST#')) {
    const place = `${item.pk} ${String(item['userId'])}`;
    open.set(place, (open.get(place) ?? 0) + (item['status'] === 'open' ? 1 : 0));
    if ((item['status'] === 'open') !== (item['decidedBy'] === null)) found(`${item.sk} is half decided`);
  }
  const wrong: string[] = [];
  function found(text: string): void {
    wrong.push(text);
  }
  for (const item of rows.like('ACCOUNT#', 'ACCESS-REQUESTS-OPEN#')) {
    const place = `${item.pk} ${partOf(item.sk)}`;
    const counted = Number(item['open']);
    if (counted !== (open.get(place) ?? 0)) found(`${place} counts ${counted} open requests`);
    open.delete(place);
  }
  return [...wrong, ...[...open.keys()].map((place) => `${place} counts no requests`)];
}

/** Who has a part signs in, who has none does not, and nobody signs in whom the table does not know. */
function directoryDisagrees({ directory }: MemoryPortal, rows: Rows): string[] {
  const found: string[] = [];
  for (const login of rows.logins) {
    const user = directory.users.get(login.userId);
    if (!user) found.push(`${login.email} is not in the directory`);
    else if (user.enabled === isDisabled(login)) found.push(`${login.email} is enabled ${user.enabled}`);
    else if (user.enabled && !user.verified) found.push(`${login.email} cannot sign in`);
  }
  const known = new Set(rows.logins.map((login) => login.userId));
  for (const [userId, user] of directory.users) {
    // What a function left that died in between: nobody knows its password, and its address is not its own.
    const powerless = !user.verified || userId === 'stan';
    if (!known.has(userId) && !powerless) found.push(`${user.email} signs in and has no login`);
  }
  return found;
}
