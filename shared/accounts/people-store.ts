import { type Action, absent, equals, type Item, type Position, type Table } from '../table/table.ts';
import { accountKey, memberKey, memberPrefix } from '../table/keys.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { newVersion } from '../core/ids.ts';
import { type Permission, toMask } from '../access/permissions.ts';
import type { Grant, Role } from '../access/caller.ts';
import * as keys from './keys.ts';
import {
  type Account,
  type Contact,
  type KnownAddress,
  type Login,
  type MailList,
  mailListsOf,
} from './people.ts';

/** A contact on a list: what mail needs to know of it. */
export interface ListedContact {
  contactId: string;
  name: string;
  email: string;
  expiresAtSeconds: number | null;
}

const listPage = 500;
const linkedPartition = (mainAccountId: string) => `LINKED-TO#${mainAccountId}`;
/** Where the list of linked accounts goes on after one of them. */
export function linkedPosition(account: Account): Position {
  const { pk, sk } = accountKey(account.id);
  return [byName(account), pk, sk];
}

const byName = ({ name, id }: Account): string => `${name.toLowerCase()}#${id}`;

/** Accounts beneath one: as many as a page of the table can hold. */
export const mostLinked = 1000;

/** Accounts, contacts, logins and the addresses that lead to them: read by every capability that knows people. */
export function peopleStore(table: Table) {
  return {
    async account(accountId: string): Promise<Account | undefined> {
      return stripped<Account>(await table.get(accountKey(accountId)));
    },
    async accounts(accountIds: readonly string[]): Promise<(Account | undefined)[]> {
      const items = await table.getMany(accountIds.map(accountKey));
      return items.map((item) => stripped<Account>(item));
    },
    /** Accounts in the order of their names; only those that begin with `prefix`, whatever its capitals. */
    async accountsByName(prefix: string | undefined, page: PageRequest): Promise<StoredPage<Account>> {
      const found = await table.query({
        index: 'gsi1',
        pk: 'ACCOUNTS',
        prefix: prefix?.toLowerCase(),
        ...page,
      });
      return strippedPage(found);
    },
    /** The accounts linked beneath one, in the order of their names. */
    async linkedTo(mainAccountId: string, page: PageRequest): Promise<StoredPage<Account>> {
      return strippedPage(await table.query({ index: 'gsi2', pk: linkedPartition(mainAccountId), ...page }));
    },
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
    async login(userId: string): Promise<Login | undefined> {
      return stripped<Login>(await table.get(keys.loginKey(userId)));
    },
    async logins(userIds: readonly string[]): Promise<(Login | undefined)[]> {
      const items = await table.getMany(userIds.map(keys.loginKey));
      return items.map((item) => stripped<Login>(item));
    },
    /** The login and its parts in accounts, in one query. */
    async loginWithGrants(userId: string): Promise<{ login: Login | undefined; grants: Grant[] }> {
      const { pk } = keys.loginKey(userId);
      const { items } = await table.query({ pk, limit: 1000 });
      const login = stripped<Login>(items.find((item) => item.sk === 'LOGIN'));
      const grants = items.filter((item) => item.sk.startsWith(memberPrefix)).map(toGrant);
      return { login, grants };
    },
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
    /** All that an address leads to: accounts, the one that has known it longest first, and the login. */
    async byAddress(email: string): Promise<{ accounts: KnownAddress[]; userId: string | null }> {
      const { items } = await table.query({ pk: keys.addressPartition(email), limit: 1000 });
      const accounts = items
        .filter((item) => item.sk.startsWith('ACCOUNT#'))
        .map((item) => stripped<KnownAddress>(item)!)
        .sort((a, b) => (a.knownSince < b.knownSince ? -1 : a.knownSince > b.knownSince ? 1 : 0));
      const login = items.find((item) => item.sk === 'LOGIN');
      return { accounts, userId: login ? String(login['userId']) : null };
    },
  };
}

export type PeopleStore = ReturnType<typeof peopleStore>;

/** The rows of a new account, whose owner's login may be new too. */
export function accountRows(account: Account, when: 'new' | { version: string }): Action[] {
  const key = accountKey(account.id);
  const { mainAccountId } = account;
  const put: Item = {
    ...account,
    ...key,
    gsi1pk: 'ACCOUNTS',
    gsi1sk: byName(account),
    ...(mainAccountId ? { gsi2pk: linkedPartition(mainAccountId), gsi2sk: byName(account) } : {}),
  };
  return [{ put, when: when === 'new' ? absent : equals({ version: when.version }) }];
}

/** Fails where the account is no longer as it was read: linked elsewhere, blocked, renamed. */
export function accountUnchanged({ id, version }: Account): Action {
  return { check: accountKey(id), when: equals({ version }) };
}

/** The same, and the account is another version from then on: whoever read it before has to read it again. */
export function accountTouched({ id, version }: Account): Action {
  return { update: accountKey(id), set: { version: newVersion() }, when: equals({ version }) };
}

export function addressRow(email: string, known: KnownAddress): Action {
  return { put: { ...known, ...keys.addressAccountKey(email, known.accountId) }, when: absent };
}

/**
 * The rows that bring a contact from `before` (null: it is new) to `after` (null: it is removed): the contact, the
 * address that leads to it and the lists it stands on. Fails where the contact is no longer at `before`, or the
 * address is known in this account already.
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
    // Only a right that ends takes somebody off a list; a preference stays with the contact.
    expiresAtSeconds: list === 'managers' ? (contact.subAccount?.expiresAtSeconds ?? null) : null,
  };
  return { put: { ...entry, ...keys.listKey(contact.accountId, list, contact.id) } };
}

/** A user's part in an account, under a version that no earlier part had. */
export function memberRow(
  userId: string,
  part: {
    accountId: string;
    role: Role;
    contactId: string | null;
    permissions: Permission[];
    expiresAtSeconds: number | null;
  },
): Action {
  return { put: { ...part, version: newVersion(), ...memberKey(userId, part.accountId) } };
}

/** The login at its next version; fails where another write came first. */
export function loginRow(login: Login, when: 'new' | { version: string }): Action {
  return {
    put: { ...login, version: newVersion(), ...keys.loginKey(login.userId) },
    when: when === 'new' ? absent : equals({ version: when.version }),
  };
}

/** The address signs in with this login from now on; fails where it has one. */
export function addressLoginRow(email: string, userId: string): Action {
  return { put: { userId, ...keys.addressLoginKey(email) }, when: absent };
}

function toGrant(item: Item): Grant {
  return {
    accountId: String(item['accountId']),
    role: item['role'] as Role,
    contactId: (item['contactId'] as string | null) ?? null,
    version: String(item['version']),
    permissions: toMask(item['permissions'] as Permission[]),
    expiresAtSeconds: (item['expiresAtSeconds'] as number | null) ?? null,
  };
}
