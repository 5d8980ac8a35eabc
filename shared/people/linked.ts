import type { LinkSettings } from '../access/link.ts';
import { type Account, linkOf, payerId } from './people.ts';
import { mostLinked, type PeopleStore } from './people-store.ts';

/** All accounts beneath a main account: there are at most `mostLinked`. */
export async function everyLinked(people: PeopleStore, mainAccountId: string): Promise<Account[]> {
  return (await people.linkedTo(mainAccountId, { limit: mostLinked, after: undefined })).items;
}

/** An account with the one that is billed for it: its main account where it is aggregated, else itself. */
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

/** The main account of an account whose link the settings open to it; undefined for every other. */
export async function openMain(
  people: Pick<PeopleStore, 'account'>,
  account: Account,
  settings: LinkSettings,
): Promise<Account | undefined> {
  const link = linkOf(account, settings);
  return link?.isOpen ? people.account(link.mainAccountId) : undefined;
}
