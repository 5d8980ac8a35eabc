import type { CreditBook, CreditEntry } from '../../shared/invoices/ledger/credit.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { InvoiceDependencies } from './raise-invoice.ts';

/** The account's credit balances and credit entries. */
export async function showCredit(
  { people }: InvoiceDependencies,
  book: CreditBook,
  { accountId }: RequestContext,
  query: { limit: number; cursor?: string | undefined },
  listScope: string,
): Promise<Reply> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  const { currency } = account;
  const balances = await book.balances(accountId);
  const own = balances.find((one) => one.currency === currency)?.balance ?? 0;
  const others = balances.filter((one) => one.currency !== currency);
  const page = await pageOf(query, listScope, (part) => book.entries(accountId, part));
  return {
    body: {
      balance: { amount: own, currency },
      otherBalances: others.map((one) => ({ amount: one.balance, currency: one.currency })),
      entries: page.items.map(creditEntryView),
      nextCursor: page.nextCursor,
    },
  };
}

export function creditEntryView({ id, at, amount, currency, reason, relatesTo }: CreditEntry) {
  return { id, at, amount: { amount, currency }, reason, relatesTo };
}
