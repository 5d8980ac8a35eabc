import providers from 'email-providers/all.json' with { type: 'json' };
import { domainOf, organisationalDomain } from '../core/organisational-domain.ts';
import { type Action, absent, type Key, type Table } from '../table/table.ts';
import { addressAccountKey } from './keys.ts';
import type { Account } from './people.ts';
import { addressRow, type PeopleStore } from './people-store.ts';

const organisationKey = (domain: string, accountId: string): Key => ({
  pk: `ORGANISATION#${domain}`,
  sk: `ACCOUNT#${accountId}`,
});

/** More accounts than this in one domain are no organisation. */
const mostAccounts = 100;

/** Mailboxes of these domains are anybody's: the great providers of mail, by the package's list. */
const sharedByThePublic: ReadonlySet<string> = new Set(providers);

/**
 * The rows by which an account is found by its owner's address, and by that address's domain, from the owner before
 * (null: it is new). Fails where the account knows the address as somebody else's.
 */
export function ownerAddressRows(
  account: Pick<Account, 'id' | 'owner'>,
  before: Account['owner'] | null,
  knownSince: string,
): Action[] {
  const { id: accountId, owner } = account;
  const rows: Action[] = [];
  const [old, domain] = [before && organisationOf(before.email), organisationOf(owner.email)];
  if (before && before.email !== owner.email)
    rows.push({ delete: addressAccountKey(before.email, accountId) });
  if (before?.email !== owner.email)
    rows.push(addressRow(owner.email, { accountId, contactId: null, knownSince }));
  if (old && old !== domain) rows.push({ delete: organisationKey(old, accountId) });
  if (domain) rows.push({ put: { accountId, userId: owner.userId, ...organisationKey(domain, accountId) } });
  return rows;
}

const organisationOf = (email: string): string | null => organisationalDomain(domainOf(email));

/** The row by which an account that is older than organisations is found; nothing to write where it is there. */
export function missingOrganisationRow({ id, owner }: Pick<Account, 'id' | 'owner'>): Action[] {
  const domain = organisationOf(owner.email);
  if (!domain) return [];
  return [{ put: { accountId: id, userId: owner.userId, ...organisationKey(domain, id) }, when: absent }];
}

/**
 * Whether an address is of an account's organisation: of the owner's own domain, which is not shared by the public, and
 * in which no other account has another owner. Accounts that are linked are one, and closed ones are none. For mail
 * alone.
 */
export async function isOfOrganisation(
  { table, people }: { table: Table; people: Pick<PeopleStore, 'accounts'> },
  account: Account,
  email: string,
  publicDomains: readonly string[],
): Promise<boolean> {
  const domain = organisationOf(account.owner.email);
  if (domain === null || domain !== organisationOf(email)) return false;
  const ownDomains = [domainOf(email), domainOf(account.owner.email), domain];
  const named = new Set(publicDomains.map((each) => each.toLowerCase()));
  if (ownDomains.some((each) => sharedByThePublic.has(each) || named.has(each))) return false;
  const { pk } = organisationKey(domain, account.id);
  const { items, next } = await table.query({ pk, limit: mostAccounts });
  if (next) return false;
  const strangers = items.filter(({ userId }) => userId !== account.owner.userId);
  const others = await people.accounts(strangers.map(({ accountId }) => String(accountId)));
  return others.every((other) => !other || other.status === 'inactive' || isLinked(account, other));
}

/** Itself, its main account, one beneath it, or one beside it. */
function isLinked(one: Account, other: Account): boolean {
  const mainOf = ({ id, mainAccountId }: Account) => mainAccountId ?? id;
  return mainOf(one) === mainOf(other);
}
