import { type Action, absent, equals, type Key, type Table } from '../../table/table.ts';

const keyOf = (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'BEGUN' });

/**
 * Something is begun where nothing of the account may have been open: a change of its currency that is under way fails.
 * What takes its currency from the account needs the check that the account is unchanged as well.
 */
export function begunRow(accountId: string): Action {
  return { update: keyOf(accountId), add: { count: 1 } };
}

/** How often something was begun, to be read before looking for what is open. */
export async function readBegun(table: Table, accountId: string): Promise<number> {
  return Number((await table.get(keyOf(accountId)))?.['count'] ?? 0);
}

/** Fails where something was begun since. */
export function nothingBegunSince(accountId: string, count: number): Action {
  return { check: keyOf(accountId), when: count === 0 ? absent : equals({ count }) };
}
