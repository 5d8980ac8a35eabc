import { absent, type Action, type Key } from '../../../shared/table/table.ts';
import type { Day } from '../../../shared/core/day.ts';
import type { Money } from '../../../shared/core/money.ts';
import { invalid, Problem } from '../../../shared/core/problem.ts';
import type { PaymentDependencies } from '../../../shared/payments/begin-mass-payment.ts';

/** Money that staff received outside any gateway. */
export interface ReceivedMoney {
  amount: Money;
  method: string;
  reference: string;
  receivedOn: Day;
  /** It came a second time: the same facts as those of another payment are no mistake. */
  another?: boolean | undefined;
}

/** What was first recorded with the same facts. */
export interface FirstRecorded {
  paymentId: string;
  accountId: string;
  /** The Idempotency-Key of the request that recorded it: a repeat continues that payment. */
  askedAs: string | null;
}

/** Over the whole provider, as a bank names no account of ours. */
const receivedKey = ({ method, reference, amount, receivedOn }: ReceivedMoney): Key => ({
  pk: `RECEIVED#${[receivedOn, method, amount.currency, amount.amount, reference].join('#')}`,
  sk: 'FIRST',
});

export async function firstRecorded(
  { table }: Pick<PaymentDependencies, 'table'>,
  money: ReceivedMoney,
): Promise<FirstRecorded | undefined> {
  return (await table.get(receivedKey(money))) as FirstRecorded | undefined;
}

/**
 * The row that keeps the same money from being recorded twice, for the transaction that records it; none where it is
 * said to be another.
 * @throws Problem `recorded-before`, which names the first
 */
export function receivedRows(
  money: ReceivedMoney,
  first: FirstRecorded | undefined,
): (recorded: FirstRecorded) => Action[] {
  if (!first) return (recorded) => [{ put: { ...recorded, ...receivedKey(money) }, when: absent }];
  if (money.another) return () => [];
  const { paymentId: id, accountId } = first;
  throw new Problem(
    'recorded-before',
    `This money was recorded as payment ${id}. Where it came a second time, say so with \`another\`.`,
    { payment: { id, accountId, href: `/v1/accounts/${accountId}/payments/${id}` } },
  );
}

/** @throws Problem where money would be received on a day to come */
export async function requireReceived(
  { today }: Pick<PaymentDependencies, 'today'>,
  { receivedOn }: Pick<ReceivedMoney, 'receivedOn'>,
  now: Date,
): Promise<void> {
  if (receivedOn <= (await today(now))) return;
  throw invalid([{ path: 'receivedOn', code: 'out-of-range', message: 'must be today or earlier' }]);
}
