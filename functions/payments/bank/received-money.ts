import { absent, type Action, type Key, type Table } from '../../../shared/table/table.ts';
import type { Day } from '../../../shared/core/day.ts';
import type { Money } from '../../../shared/core/money.ts';
import { invalid, Problem } from '../../../shared/core/problem.ts';
import { type BookDay, receivedDay } from '../../../shared/invoices/ledger/book-day.ts';
import type { PaymentDependencies } from '../../../shared/payments/begin-mass-payment.ts';
import { readUnassigned, unassignedPath } from './unassigned-store.ts';

/** Money that staff received outside any gateway. */
export interface ReceivedMoney {
  amount: Money;
  method: string;
  reference: string;
  receivedOn: Day;
  /** It came a second time: the same facts as those of another payment are no mistake. */
  another?: boolean | undefined;
}

/** What was first recorded with the same facts: a payment, or money that was noted without an account. */
export type FirstRecorded =
  { kind: 'payment'; accountId: string; paymentId: string } | { kind: 'unassigned'; unassignedId: string };

/** Two people type a reference in their own way: capitals and spaces tell no money from other money. */
const asTyped = (reference: string): string => reference.toUpperCase().replaceAll(/\s/g, '');

/** Over the whole provider, as a bank names no account of ours. */
const receivedKey = ({ method, reference, amount, receivedOn }: ReceivedMoney): Key => ({
  pk: `RECEIVED#${[receivedOn, method, amount.currency, amount.amount, asTyped(reference)].join('#')}`,
  sk: 'FIRST',
});

/**
 * The row that keeps the same money from being recorded twice, for the transaction that records it; none where it is
 * said to be another.
 * @throws Problem `recorded-before`, which names the first
 */
export async function receivedRows(
  { table }: Pick<PaymentDependencies, 'table'>,
  money: ReceivedMoney,
): Promise<(recorded: FirstRecorded) => Action[]> {
  const key = receivedKey(money);
  const first = (await table.get(key)) as FirstRecorded | undefined;
  if (!first) return (recorded) => [{ put: { ...recorded, ...key }, when: absent }];
  if (money.another) return () => [];
  throw recordedBefore(await assignedSince(table, first));
}

/** Money that was noted without an account may have become a payment. */
async function assignedSince(table: Table, first: FirstRecorded): Promise<FirstRecorded> {
  if (first.kind === 'payment') return first;
  const money = await readUnassigned(table, first.unassignedId);
  const { accountId = null, paymentId = null } = money ?? {};
  return accountId === null || paymentId === null ? first : { kind: 'payment', accountId, paymentId };
}

function recordedBefore(first: FirstRecorded): Problem {
  const another = 'Where it came a second time, say so with `another`.';
  if (first.kind === 'payment') {
    const payment = paymentNamed(first.accountId, first.paymentId);
    const detail = `This money was recorded as payment ${payment.id}. ${another}`;
    return new Problem('recorded-before', detail, { payment });
  }
  const { unassignedId: id } = first;
  const unassignedMoney = { id, href: unassignedPath(id) };
  return new Problem('recorded-before', `This money was noted as ${id}. ${another}`, { unassignedMoney });
}

/** A payment as a problem names it. */
export const paymentNamed = (accountId: string, id: string) => ({
  id,
  accountId,
  href: `/v1/accounts/${accountId}/payments/${id}`,
});

/**
 * The day on which it is booked: the one on which it came.
 * @throws Problem where that is to come, or the books are closed on it
 */
export async function requireReceived(
  { table, today }: Pick<PaymentDependencies, 'table' | 'today'>,
  { receivedOn }: Pick<ReceivedMoney, 'receivedOn'>,
  now: Date,
): Promise<BookDay> {
  if (receivedOn <= (await today(now))) return receivedDay(table, now, receivedOn);
  throw invalid([{ path: 'receivedOn', code: 'out-of-range', message: 'must be today or earlier' }]);
}
