import {
  type Action,
  absent,
  all,
  equals,
  free,
  type Item,
  type Key,
  type Position,
  type Table,
} from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { accountKey, loginKey, memberKey, memberPrefix, staffKey } from '../table/keys.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { toInstant } from '../core/clock.ts';
import { newVersion } from '../core/ids.ts';
import { type Permission, toMask } from '../access/permissions.ts';
import type { Grant, Role } from '../access/caller.ts';
import type { Staff } from '../access/staff.ts';
import { nameRows } from './account-names.ts';
import * as keys from './keys.ts';
import { type Ownership, ownershipKey, ownershipPrefix } from './ownership/ownership.ts';
import {
  type Account,
  type Claim,
  type Contact,
  type KnownAddress,
  type Login,
  type MailList,
  mailListsOf,
  type MemberOfStaff,
} from './people.ts';

/** A contact on a mail list, with the data that sending needs. */
export interface ListedContact {
  contactId: string;
  name: string;
  email: string;
  expiresAtSeconds: number | null;
}

const listPage = 500;
const linkedPartition = (mainAccountId: string) => `LINKED-TO#${mainAccountId}`;
/** The position from which the list of linked accounts continues after one of them. */
export function linkedPosition(account: Account): Position {
  const { pk, sk } = accountKey(account.id);
  return [nameKey(account), pk, sk];
}

const nameKey = ({ name, id }: Account): string => `${name.toLowerCase()}#${id}`;

/** The most accounts that can be linked to one. */
export const mostLinked = 1000;

/** A login, what it may do, and with which sign-in (in Unix seconds) it was used in each account. */
export interface LoginWithGrants {
  login: Login | undefined;
  staff: Staff | null;
  grants: Grant[];
  signInsUsed: ReadonlyMap<string, number>;
}

/** The contacts of accounts. */
function contactReads(table: Table) {
  return {
    async contact(accountId: string, contactId: string): Promise<Contact | undefined> {
      return stripped<Contact>(await table.get(keys.contactKey(accountId, contactId)));
    },
    async contacts(accountId: string, page: PageRequest): Promise<StoredPage<Contact>> {
      const { pk } = accountKey(accountId);
      return strippedPage(await table.query({ pk, prefix: keys.contactPrefix, ...page }));
    },
    async contactsById(accountId: string, contactIds: readonly string[]): Promise<(Contact | undefined)[]> {
      const items = await table.getMany(contactIds.map((id) => keys.contactKey(accountId, id)));
      return items.map((item) => stripped<Contact>(item));
    },
    /** The contact behind each of these parts in accounts; undefined for an owner's. */
    async contactsOf(
      parts: readonly { accountId: string; contactId: string | null }[],
    ): Promise<(Contact | undefined)[]> {
      const wanted = parts.flatMap(({ accountId, contactId }) =>
        contactId === null ? [] : [keys.contactKey(accountId, contactId)],
      );
      const items = wanted.length === 0 ? [] : await table.getMany(wanted);
      const found = new Map(items.map((item) => [item?.sk, stripped<Contact>(item)]));
      return parts.map(({ accountId, contactId }) =>
        contactId === null ? undefined : found.get(keys.contactKey(accountId, contactId).sk),
      );
    },
  };
}

/** A login with what it has access to. */
function membershipReads(table: Table) {
  const loginWithMemberships = async (userId: string) => {
    const { pk, sk: loginSk } = loginKey(userId);
    const { sk: staffSk } = staffKey(userId);
    let login: Login | undefined;
    let memberOfStaff: MemberOfStaff | undefined;
    const memberships: Membership[] = [];
    const ownerships: Ownership[] = [];
    const signInsUsed = new Map<string, number>();
    let after: Position | undefined;
    do {
      const { items, next } = await table.query({ pk, limit: 1000, after });
      for (const item of items) {
        const { sk } = item;
        if (sk.startsWith(memberPrefix)) memberships.push(toMembership(item));
        else if (sk.startsWith(ownershipPrefix)) ownerships.push(stripped<Ownership>(item)!);
        else if (sk.startsWith(keys.usedPrefix)) {
          signInsUsed.set(String(item['accountId']), Number(item['signedInAt']));
        } else if (sk === loginSk) login = stripped<Login>(item);
        else if (sk === staffSk) memberOfStaff = stripped<MemberOfStaff>(item);
      }
      after = next ?? undefined;
    } while (after);
    return { login, memberOfStaff, memberships, ownerships, signInsUsed };
  };
  return {
    /** The login, all its memberships, those that wait to be accepted too, and what it is to own, in one query. */
    loginWithMemberships,
    /** The login and what it may do, in one query; a membership that waits to be accepted grants nothing. */
    async loginWithGrants(userId: string): Promise<LoginWithGrants> {
      const { login, memberOfStaff, memberships, signInsUsed } = await loginWithMemberships(userId);
      return {
        login,
        staff: memberOfStaff && memberOfStaff.invitation === undefined ? memberOfStaff : null,
        grants: memberships.filter(({ invitation }) => invitation === null),
        signInsUsed,
      };
    },
    /** When each of these logins was first used in the account after a sign-in, the last one; null for never. */
    async lastUsed(accountId: string, userIds: readonly string[]): Promise<(string | null)[]> {
      if (userIds.length === 0) return [];
      const items = await table.getMany(userIds.map((userId) => keys.usedKey(userId, accountId)));
      return items.map((item) => (item?.['at'] as string | undefined) ?? null);
    },
    async ownership(userId: string, accountId: string): Promise<Ownership | undefined> {
      return stripped<Ownership>(await table.get(ownershipKey(userId, accountId)));
    },
    async membership(userId: string, accountId: string): Promise<Membership | undefined> {
      const item = await table.get(memberKey(userId, accountId));
      return item && toMembership(item);
    },
  };
}

/** Reads accounts, contacts, logins and the addresses that lead to them. */
export function peopleStore(table: Table) {
  return {
    async account(accountId: string): Promise<Account | undefined> {
      return stripped<Account>(await table.get(accountKey(accountId)));
    },
    async accounts(accountIds: readonly string[]): Promise<(Account | undefined)[]> {
      const items = await table.getMany(accountIds.map(accountKey));
      return items.map((item) => stripped<Account>(item));
    },
    /** All accounts by name. */
    async accountsByName(page: PageRequest): Promise<StoredPage<Account>> {
      return strippedPage(await table.query({ index: 'gsi1', pk: 'ACCOUNTS', ...page }));
    },
    /** The accounts linked to a main account, by name. */
    async linkedTo(mainAccountId: string, page: PageRequest): Promise<StoredPage<Account>> {
      return strippedPage(await table.query({ index: 'gsi2', pk: linkedPartition(mainAccountId), ...page }));
    },
    async login(userId: string): Promise<Login | undefined> {
      return stripped<Login>(await table.get(loginKey(userId)));
    },
    async logins(userIds: readonly string[]): Promise<(Login | undefined)[]> {
      const items = await table.getMany(userIds.map(loginKey));
      return items.map((item) => stripped<Login>(item));
    },
    ...contactReads(table),
    ...membershipReads(table),
    /** The contacts on one of the account's mail lists. */
    async mailList(accountId: string, list: MailList): Promise<ListedContact[]> {
      const { pk } = accountKey(accountId);
      const listed: ListedContact[] = [];
      let after: Position | undefined;
      do {
        const page = await table.query({ pk, prefix: keys.listPrefix(list), limit: listPage, after });
        listed.push(...strippedPage<ListedContact>(page).items);
        after = page.next ?? undefined;
      } while (after);
      return listed;
    },
    /** The ids of the accounts in which an address is the owner's or a contact's. */
    async accountsOfAddress(email: string, page: PageRequest): Promise<StoredPage<string>> {
      const pk = keys.addressPartition(email);
      const { items, next } = await table.query({ pk, prefix: 'ACCOUNT#', ...page });
      return { items: items.map((item) => String(item['accountId'])), next };
    },
    /** The accounts that know an address, longest known first, what it said of their claims, and the login it belongs to. */
    async byAddress(
      email: string,
    ): Promise<{ accounts: KnownAddress[]; claims: Claim[]; userId: string | null }> {
      const { items } = await table.query({ pk: keys.addressPartition(email), limit: 1000 });
      const accounts = items
        .filter((item) => item.sk.startsWith('ACCOUNT#'))
        .map((item) => stripped<KnownAddress>(item)!)
        .sort((a, b) => (a.knownSince < b.knownSince ? -1 : a.knownSince > b.knownSince ? 1 : 0));
      const login = items.find((item) => item.sk === 'LOGIN');
      const claims = items
        .filter((item) => item.sk.startsWith('CLAIM#'))
        .map((item) => stripped<Claim>(item)!);
      return { accounts, claims, userId: login ? String(login['userId']) : null };
    },
  };
}

export type PeopleStore = ReturnType<typeof peopleStore>;

/** The row of an account, with those by which a new one is found; fails if `when` no longer holds. */
export function accountRows(account: Account, when: 'new' | { version: string }): Action[] {
  const key = accountKey(account.id);
  const { mainAccountId } = account;
  const put: Item = {
    ...account,
    ...key,
    gsi1pk: 'ACCOUNTS',
    gsi1sk: nameKey(account),
    ...(mainAccountId ? { gsi2pk: linkedPartition(mainAccountId), gsi2sk: nameKey(account) } : {}),
  };
  if (when === 'new') return [{ put, when: absent }, ...nameRows(account, null)];
  return [{ put, when: equals({ version: when.version }) }];
}

/** Fails if the account has changed since it was read: linked elsewhere, blocked, renamed. */
export function accountUnchanged({ id, version }: Account): Action {
  return { check: accountKey(id), when: equals({ version }) };
}

/** The same, and gives the account a new version, so that concurrent writes based on the old one fail. */
export function accountTouched({ id, version }: Account): Action {
  return { update: accountKey(id), set: { version: newVersion() }, when: equals({ version }) };
}

export function addressRow(email: string, known: KnownAddress): Action {
  return { put: { ...known, ...keys.addressAccountKey(email, known.accountId) }, when: absent };
}

/**
 * The rows that change a contact from `before` (null: it is new) to `after` (null: it is removed): the contact, the
 * address that leads to it and the lists it is on. Fails if the contact is no longer at the version of `before`, or if
 * the account already knows the address.
 */
export function contactRows(before: Contact | null, after: Contact | null): Action[] {
  const contact = after ?? before;
  if (!contact) return [];
  const key = keys.contactKey(contact.accountId, contact.id);
  const when = before ? equals({ version: before.version }) : absent;
  const rows: Action[] = [after ? { put: { ...after, ...key }, when } : { delete: key, when }];
  const oldAddress = before && keys.normalAddress(before.email);
  const newAddress = after && keys.normalAddress(after.email);
  if (oldAddress !== newAddress) {
    if (oldAddress) rows.push({ delete: keys.addressAccountKey(oldAddress, contact.accountId) });
    if (newAddress) {
      const { accountId, id } = contact;
      const knownSince = contact.createdAt;
      rows.push(addressRow(newAddress, { accountId, contactId: id, knownSince }));
    }
  }
  const newLists = after ? mailListsOf(after) : [];
  for (const list of before ? mailListsOf(before) : []) {
    if (!newLists.includes(list)) rows.push({ delete: keys.listKey(contact.accountId, list, contact.id) });
  }
  return [...rows, ...newLists.map((list) => listRow(list, after!))];
}

function listRow(list: MailList, contact: Contact): Action {
  const entry: ListedContact = {
    contactId: contact.id,
    name: contact.name,
    email: contact.email,
    // Only the managers' list depends on a permission, which can expire; preferences do not.
    expiresAtSeconds: list === 'managers' ? (contact.subAccount?.expiresAtSeconds ?? null) : null,
  };
  return merged({ ...entry, ...keys.listKey(contact.accountId, list, contact.id) });
}

/** What a membership gives, and the invitation that it waits for; without one it counts. */
export interface NewMembership {
  accountId: string;
  role: Role;
  contactId: string | null;
  permissions: Permission[];
  expiresAtSeconds: number | null;
  invitation?: string | undefined;
}

/** A user's new membership of an account; fails if they have one there. */
export function memberRow(userId: string, membership: NewMembership): Action {
  const key = memberKey(userId, membership.accountId);
  return { put: { ...membership, version: newVersion(), ...key }, when: absent };
}

/** A membership that gives something else from now on, with a new version. */
export function changedMemberRow(userId: string, { invitation, ...membership }: NewMembership): Action {
  return {
    update: memberKey(userId, membership.accountId),
    set: { ...membership, ...(invitation === undefined ? {} : { invitation }), version: newVersion() },
    remove: [...(invitation === undefined ? ['invitation'] : []), 'claimedUntil'],
  };
}

/** The membership at this key, accepted; fails if its invitation was answered or withdrawn. */
export function acceptedRow(key: Key, invitation: string): Action {
  return {
    update: key,
    set: { version: newVersion() },
    remove: ['invitation', 'claimedUntil'],
    when: equals({ invitation }),
  };
}

/** An invitation that somebody is accepting now; fails if it was answered, or somebody else is at it. */
export function claimedRow(key: Key, invitation: string, nowSeconds: number, untilSeconds: number): Action {
  return {
    update: key,
    set: { claimedUntil: untilSeconds },
    when: all(equals({ invitation }), free('claimedUntil', nowSeconds)),
  };
}

/** It waits again after a try that came to nothing. */
export function releasedRow(key: Key, invitation: string): Action {
  return { update: key, remove: ['claimedUntil'], when: equals({ invitation }) };
}

/** The login with a new version; fails if another write came first. */
export function loginRow(login: Login, when: 'new' | { version: string }): Action {
  return {
    put: { ...login, version: newVersion(), ...loginKey(login.userId) },
    when: when === 'new' ? absent : equals({ version: when.version }),
  };
}

/** A login is used in an account for the first time since it signed in (Unix seconds); fails if that is known. */
export function usedRow(userId: string, accountId: string, signedInAtSeconds: number, now: Date): Action {
  return {
    update: keys.usedKey(userId, accountId),
    set: { accountId, signedInAt: signedInAtSeconds, at: toInstant(now) },
    when: free('signedInAt', signedInAtSeconds),
  };
}

/** Makes an address belong to a login; fails if it belongs to one already. */
export function addressLoginRow(email: string, userId: string): Action {
  return { put: { userId, ...keys.addressLoginKey(email) }, when: absent };
}

/** A grant, or one that waits to be accepted by this invitation. */
export interface Membership extends Grant {
  invitation: string | null;
}

function toMembership(item: Item): Membership {
  return {
    accountId: String(item['accountId']),
    role: item['role'] as Role,
    contactId: (item['contactId'] as string | null) ?? null,
    version: String(item['version']),
    permissions: toMask(item['permissions'] as Permission[]),
    expiresAtSeconds: (item['expiresAtSeconds'] as number | null) ?? null,
    invitation: (item['invitation'] as string | undefined) ?? null,
  };
}
