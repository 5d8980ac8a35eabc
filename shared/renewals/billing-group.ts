import { allLinkedAccounts } from '../accounts/linked.ts';
import { type Account, payerId } from '../accounts/people.ts';
import type { PeopleStore } from '../accounts/people-store.ts';

/**
 * An account that is billed, and all accounts whose items are billed to it: most accounts form a group of their own.
 */
export interface BillingGroup {
  payer: Account;
  members: Account[];
}

/**
 * The billing group of an account: its items due on one day share one invoice. Undefined where the account does not
 * exist.
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
  const listed = await allLinkedAccounts(people, payer.id);
  // The list is eventually consistent: each account's own row has its current payer.
  const ids = [...new Set([account.id, ...listed.map(({ id }) => id)])].filter((id) => id !== payer.id);
  const linked = await people.accounts(ids);
  const billed = linked.flatMap((each) => (each && payerId(each) === payer.id ? [each] : []));
  return { payer, members: [payer, ...billed] };
}
