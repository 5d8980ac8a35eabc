import { addCreditRows, useCreditRows, readCredit } from '../../shared/invoices/ledger/credit.ts';
import { bookDay } from '../../shared/invoices/ledger/book-day.ts';
import { journalRow } from '../../shared/invoices/ledger/journal.ts';
import { type Money, moneyText } from '../../shared/core/money.ts';
import { conflict, invalid, notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { begunRow } from '../../shared/accounts/currency/begun.ts';
import { accountUnchanged } from '../../shared/accounts/people-store.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { InvoiceDependencies } from './raise-invoice.ts';
import { creditEntryView } from './show-credit.ts';

/** Adds or removes credit for staff; the balance never falls below zero. */
export async function adjustCredit(
  dependencies: InvoiceDependencies,
  context: RequestContext,
  { amount: { amount, currency }, reason }: { amount: Money; reason: string },
): Promise<Reply> {
  const { accountId, now } = context;
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  if (currency !== account.currency) {
    throw invalid([
      { path: 'amount.currency', code: 'not-allowed', message: `must be the account’s, ${account.currency}` },
    ]);
  }
  const available = await readCredit(dependencies.table, accountId, currency);
  if (available + amount < 0) {
    throw conflict(`The account has ${moneyText({ amount: available, currency })} of credit.`);
  }
  const entry = { amount: Math.abs(amount), currency, reason, relatesTo: null };
  const postings = [
    { ledger: 'adjustments' as const, amount },
    { ledger: 'credit' as const, amount: -amount },
  ];
  const day = await bookDay(dependencies.table, now);
  const actions =
    amount > 0 ? addCreditRows(accountId, entry, now) : useCreditRows(accountId, entry, available, now);
  const balance = { amount: available + amount, currency };
  const row = actions.find((action) => 'put' in action)!;
  const reply = { body: { balance, entries: [creditEntryView(row.put as never)] } };
  await commit(dependencies, context, {
    actions: [
      ...actions,
      accountUnchanged(account),
      begunRow(accountId),
      ...journalRow(accountId, { kind: 'adjustment', currency, postings, relatesTo: reason }, day),
    ],
    activity: [
      {
        accountId,
        action: 'credit.adjusted',
        subject: { kind: 'account', id: accountId, name: account.name },
        before: { balance: { amount: available, currency } },
        after: { balance, reason },
      },
    ],
    outbox: [],
    answer: reply,
  });
  return reply;
}
