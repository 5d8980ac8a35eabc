import { decideInLinkedAccount, permissionsInLinkedAccount } from '../access/decide.ts';
import type { LinkSettings } from '../access/link.ts';
import { includes, type Permission, type PermissionMask } from '../access/permissions.ts';
import type { Caller } from '../access/caller.ts';
import type { PageRequest } from '../table/page.ts';
import { type Account, linkOf, payerId } from './people.ts';
import { mostLinked, type PeopleStore } from './people-store.ts';

/** All accounts linked to a main account, at most `mostLinked`. */
export async function allLinkedAccounts(people: PeopleStore, mainAccountId: string): Promise<Account[]> {
  const linked: Account[] = [];
  let after: PageRequest['after'];
  do {
    const page = await people.linkedTo(mainAccountId, { limit: mostLinked, after });
    linked.push(...page.items);
    // DynamoDB ends a page at a megabyte, whatever the limit.
    after = page.next ?? undefined;
  } while (after);
  return linked;
}

/** An account and the one billed for it: its main account if it is aggregated, otherwise itself. */
export async function withPayer(
  people: PeopleStore,
  accountId: string,
): Promise<{ account: Account; payer: Account } | undefined> {
  const account = await people.account(accountId);
  return account && { account, payer: await payerOf(people, account) };
}

export async function payerOf(people: PeopleStore, account: Account): Promise<Account> {
  const id = payerId(account);
  return (id === account.id ? undefined : await people.account(id)) ?? account;
}

/** The main account of an account if the settings open the link to it; otherwise undefined. */
export async function openMainAccount(
  people: Pick<PeopleStore, 'account'>,
  account: Account,
  settings: LinkSettings,
): Promise<Account | undefined> {
  const link = linkOf(account, settings);
  return link?.isOpen ? people.account(link.mainAccountId) : undefined;
}

/** Who views linked accounts, from which main account. */
export interface LinkedAccountViewer {
  accountId: string;
  caller: Caller;
  now: Date;
}

/** Filters accounts to those linked to the viewer's account in which the caller has the required permission. */
export function reachedLinkedAccounts(
  { accountId, caller, now }: LinkedAccountViewer,
  accounts: readonly (Account | undefined)[],
  settings: LinkSettings,
  required: Permission | 'member',
): Account[] {
  return accounts.flatMap((account) => {
    const link = account && linkOf(account, settings);
    if (!account || link?.mainAccountId !== accountId) return [];
    return decideInLinkedAccount(caller, link, required, now).allowed ? [account] : [];
  });
}

export interface LinkedAccountDependencies {
  people: PeopleStore;
  settings(): Promise<LinkSettings>;
}

/** The same by account ids; reads nothing if there are none. */
export async function reachedLinkedIds(
  { people, settings }: { people: Pick<PeopleStore, 'accounts'>; settings(): Promise<LinkSettings> },
  from: LinkedAccountViewer,
  ids: readonly string[],
  required: Permission | 'member',
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const [accounts, current] = await Promise.all([people.accounts([...new Set(ids)]), settings()]);
  return new Set(reachedLinkedAccounts(from, accounts, current, required).map(({ id }) => id));
}

/** The linked accounts open to somebody with these permissions in the main account, and their permissions there. */
export async function openLinkedAccounts(
  { people, settings }: LinkedAccountDependencies,
  main: Account,
  mainPermissions: PermissionMask,
): Promise<{ account: Account; permissions: PermissionMask }[]> {
  if (!main.linkedAccounts || !includes(mainPermissions, 'linked-accounts')) return [];
  const [linked, current] = await Promise.all([allLinkedAccounts(people, main.id), settings()]);
  return linked.flatMap((account) => {
    const link = linkOf(account, current);
    return link?.isOpen ? [{ account, permissions: permissionsInLinkedAccount(mainPermissions, link) }] : [];
  });
}
