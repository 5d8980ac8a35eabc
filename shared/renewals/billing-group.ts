import { everyLinked } from '../accounts/linked.ts';
import { type Account, payerId } from '../accounts/people.ts';
import type { PeopleStore } from '../accounts/people-store.ts';

/** Whoever is billed for an account, and all whose things are billed to it: most stand alone and are both. */
export interface BillingGroup {
  payer: Account;
  members: Account[];
}

/**
 * The family of an account: what falls due on one day for all of it is one invoice. Undefined where there is no such
 * account.
 */
export async function billingGroupOf(
  people: PeopleStore,
  accountId: string,
): Promise<BillingGroup | undefined> {
  const account = await people.account(accountId);
  if (!account) return undefined;
  const payer = payerId(account) === account.id ? account : await people.account(payerId(account));
  if (!payer) return { payer: account, members: [account] };
  if (!payer.linkedAccounts) return { payer, members: [payer] };
  const listed = await everyLinked(people, payer.id);
  // The list follows within moments: how they stand now says each account's own row.
  const ids = [...new Set([account.id, ...listed.map(({ id }) => id)])].filter((id) => id !== payer.id);
  const found = await people.accounts(ids);
  const billed = found.flatMap((each) => (each && payerId(each) === payer.id ? [each] : []));
  return { payer, members: [payer, ...billed] };
}
