import type { PeopleStore } from '../../../shared/accounts/people-store.ts';

/** What a list over all accounts says of each thing's account. */
export interface OfAccount {
  accountId: string;
  accountName: string;
}

/** The names of the accounts that these things are of, by their ids; each is read once. */
export async function accountNames(
  people: Pick<PeopleStore, 'accounts'>,
  things: readonly { accountId: string }[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(things.map(({ accountId }) => accountId))];
  const accounts = ids.length === 0 ? [] : await people.accounts(ids);
  return new Map(ids.map((id, index) => [id, accounts[index]?.name ?? '']));
}
