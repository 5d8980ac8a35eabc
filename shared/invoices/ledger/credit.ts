import { type Action, absent, equals, type Key, type Table } from '../../table/table.ts';
import { toInstant } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../../table/page.ts';

export interface CreditEntry {
  id: string;
  at: string;
  /** Minor units; negative where credit was used. */
  amount: number;
  currency: string;
  reason: string;
  /** The invoice or payment it came from or went to; null for an adjustment. */
  relatesTo: string | null;
}

const entryPrefix = 'CREDIT-ENTRY#';
const balanceKey = (accountId: string, currency: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `CREDIT#${currency}`,
});

/** An account's credit in a currency, in minor units. */
export async function readCredit(table: Table, accountId: string, currency: string): Promise<number> {
  return Number((await table.get(balanceKey(accountId, currency)))?.['balance'] ?? 0);
}

/** The account's credit in every currency, and its entries, newest first. */
export function creditBook(table: Table) {
  return {
    balance: (accountId: string, currency: string) => readCredit(table, accountId, currency),
    async balances(accountId: string): Promise<{ currency: string; balance: number }[]> {
      const { items } = await table.query({ pk: `ACCOUNT#${accountId}`, prefix: 'CREDIT#', limit: 200 });
      return items.map((item) => ({
        currency: item.sk.slice('CREDIT#'.length),
        balance: Number(item['balance']),
      }));
    },
    async entries(accountId: string, page: PageRequest): Promise<StoredPage<CreditEntry>> {
      const pk = `ACCOUNT#${accountId}`;
      return strippedPage(await table.query({ pk, prefix: entryPrefix, descending: true, ...page }));
    },
  };
}

export type CreditBook = ReturnType<typeof creditBook>;

/** Adds credit. The balance need not be read: additions never conflict. */
export function addCreditRows(
  accountId: string,
  { amount, currency, reason, relatesTo }: Omit<CreditEntry, 'id' | 'at'>,
  now: Date,
): Action[] {
  if (amount <= 0) throw new Error(`${amount} is no credit`);
  const entry = entryRow(accountId, { amount, currency, reason, relatesTo }, now);
  return [{ update: balanceKey(accountId, currency), add: { balance: amount } }, entry];
}

/** Takes credit from the balance that was read; fails where it has changed since. */
export function useCreditRows(
  accountId: string,
  { amount, currency, reason, relatesTo }: Omit<CreditEntry, 'id' | 'at'>,
  balance: number,
  now: Date,
): Action[] {
  if (amount <= 0 || amount > balance) throw new Error(`${amount} is no part of a credit of ${balance}`);
  const entry = entryRow(accountId, { amount: -amount, currency, reason, relatesTo }, now);
  const key = balanceKey(accountId, currency);
  return [{ update: key, add: { balance: -amount }, when: equals({ balance }) }, entry];
}

function entryRow(accountId: string, entry: Omit<CreditEntry, 'id' | 'at'>, now: Date): Action {
  const id = newId('credit', now);
  return {
    put: { ...entry, id, at: toInstant(now), pk: `ACCOUNT#${accountId}`, sk: `${entryPrefix}${id}` },
    when: absent,
  };
}
