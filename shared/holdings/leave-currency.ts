import { nothingBegunSince, readBegun } from '../accounts/currency/begun.ts';
import type { Account } from '../accounts/people.ts';
import { Problem } from '../core/problem.ts';
import type { Action, Table } from '../table/table.ts';
import { openInCurrency } from './open-things.ts';

/**
 * The checks that come with an account's change to another currency, in the same transaction as its row: they fail where
 * something in the old one was begun meanwhile.
 * @throws Problem `conflict` with what is `open`
 */
export async function leaveCurrency(table: Table, account: Account, now: Date): Promise<Action[]> {
  const { id, name, currency } = account;
  // Read first: what is begun from here on fails the check, and what was begun before is found.
  const begun = await readBegun(table, id);
  const open = await openInCurrency(table, account, now);
  if (open.length > 0) {
    const detail = `${name} has to stay in ${currency} while there are ${open.join(', ')}.`;
    throw new Problem('conflict', detail, { open });
  }
  return [nothingBegunSince(id, begun)];
}
