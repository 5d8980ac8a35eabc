import { allLinkedAccounts } from '../../../shared/accounts/linked.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { accountRows, type PeopleStore } from '../../../shared/accounts/people-store.ts';
import { profileActivity } from '../../../shared/accounts/profile.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import { conflict } from '../../../shared/core/problem.ts';
import { leaveCurrency } from '../../../shared/holdings/leave-currency.ts';
import type { Table } from '../../../shared/table/table.ts';
import { type Change, StaleRead } from '../../../shared/write/commit.ts';

/** The most linked accounts that change with their main account, in its transaction. */
const mostLinkedAlong = 20;

/**
 * What comes with an account's change to another currency: the checks that nothing of it is open, and its linked
 * accounts, which change along.
 * @throws Problem `conflict` for a linked account, and where anything is open
 */
export async function currencyChange(
  { table, people }: { table: Table; people: PeopleStore },
  account: Account,
  currency: string,
  now: Date,
): Promise<Pick<Change, 'actions' | 'activity'> & { linked: Account[] }> {
  if (account.mainAccountId) {
    throw conflict(`${account.name} is linked to another account, and has the currency of that one.`);
  }
  const linked = await linkedTo(people, account);
  const checks = await Promise.all([account, ...linked].map((each) => leaveCurrency(table, each, now)));
  const changes = linked.map((before) => ({ before, after: { ...before, currency, version: newVersion() } }));
  return {
    actions: [
      ...checks.flat(),
      ...changes.flatMap(({ before, after }) => accountRows(after, { version: before.version })),
    ],
    activity: changes.map(({ before, after }) => profileActivity(before, after)),
    linked,
  };
}

async function linkedTo(people: PeopleStore, { id, name, linkedAccounts = 0 }: Account): Promise<Account[]> {
  if (linkedAccounts > mostLinkedAlong) {
    const most = `with at most ${mostLinkedAlong} linked accounts it can change`;
    throw conflict(`${name} has ${linkedAccounts} linked accounts, which have its currency: ${most}.`);
  }
  if (linkedAccounts === 0) return [];
  const ids = (await allLinkedAccounts(people, id)).map((account) => account.id);
  const linked = (await people.accounts(ids)).flatMap((account) =>
    account?.mainAccountId === id ? [account] : [],
  );
  // The list lags behind the count for a moment.
  if (linked.length !== linkedAccounts) throw new StaleRead();
  return linked;
}
