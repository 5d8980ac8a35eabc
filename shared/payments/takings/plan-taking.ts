import { type Money, split } from '../../core/money.ts';
import { sum } from '../../invoices/invoice.ts';
import type { Taking as ToldTaking } from '../gateways/gateway.ts';
import { type Allocation, type Payment, type Taking, takenOf } from '../payment.ts';

/** A taking as it is to be booked: before, where it was known, and after; the money moved is not yet shared. */
export interface Plan {
  before: Taking | undefined;
  after: Taking;
}

/** What the gateway tells of a taking where that is news to us; undefined where it tells nothing new. */
export function firstNews(
  { takings = [], refunds }: Pick<Payment, 'takings' | 'refunds'>,
  told: readonly ToldTaking[],
  isReversal: (id: string) => boolean,
): ToldTaking | undefined {
  const ours = new Set(refunds.filter(({ status }) => status !== 'failed').map(({ id }) => id));
  return told
    .filter(({ key }) => key === undefined || !ours.has(key))
    .map((each) => (isReversal(each.id) ? { ...each, kind: 'reversal' as const } : each))
    .find((each) => {
      const known = takings.find(({ id }) => id === each.id);
      if (!known) return each.kind === 'dispute' || each.status === 'open' || each.taken !== 0;
      return (
        known.status !== each.status ||
        known.kind !== each.kind ||
        known.taken !== each.taken ||
        known.feeAmount !== each.feeAmount
      );
    });
}

/**
 * Shares what the gateway has taken, or returned, since it was last asked: over the invoices as far as they keep it,
 * then the account's credit. What we gave back through the gateway before is taken from nobody twice: it is a loss.
 * `openable` is what each of the payment's allocations can be opened by.
 */
export function planTaking(payment: Payment, told: ToldTaking, openable: readonly number[]): Plan {
  const before = payment.takings?.find(({ id }) => id === told.id);
  const known = before ?? newTaking(told);
  const moved = told.taken - known.taken;
  const shares = moved > 0 ? sharesOut(payment, moved, openable) : sharesBack(payment, known, -moved);
  const { kind, status, taken, feeAmount, amount } = told;
  const loss = known.loss + shares.loss;
  const changed = { ...known, kind, status, taken, feeAmount, amount: amount.amount, loss };
  const after: Taking = { ...changed, waiting: shares.waiting, notice: noticeOf(before, told, moved) };
  return { before, after };
}

function newTaking({ id, at, kind, status, amount }: ToldTaking): Taking {
  return {
    id,
    at,
    kind,
    amount: amount.amount,
    status,
    taken: 0,
    feeAmount: 0,
    allocations: [],
    fromCredit: 0,
    loss: 0,
    waiting: [],
    notice: null,
  };
}

interface Shares {
  waiting: Allocation[];
  loss: number;
}

function sharesOut(payment: Payment, moved: number, openable: readonly number[]): Shares {
  const { amount, refunds, currency } = payment;
  const out = refunds.filter(({ to, status }) => to === 'gateway' && status !== 'failed');
  const withUs = amount - sum(out.map((refund) => refund.amount)) - takenOf(payment);
  const own = Math.min(moved, Math.max(0, withUs));
  const ids = payment.allocations.map(({ invoiceId }) => invoiceId);
  return { waiting: partsOf({ amount: own, currency }, ids, openable), loss: moved - own };
}

function sharesBack({ currency }: Payment, known: Taking, moved: number): Shares {
  const opened = known.allocations.map(({ amount }) => amount);
  const ids = known.allocations.map(({ invoiceId }) => invoiceId);
  const parts = partsOf({ amount: moved, currency }, ids, opened);
  const left = moved - sum(parts.map(({ amount }) => amount));
  const toCredit = Math.min(left, Math.max(0, known.fromCredit));
  return {
    waiting: parts.map(({ invoiceId, amount }) => ({ invoiceId, amount: -amount })),
    loss: -(left - toCredit),
  };
}

/** Money over invoices in proportion to what each can bear, and no more than all can. */
function partsOf(money: Money, ids: readonly string[], most: readonly number[]): Allocation[] {
  const amount = Math.min(money.amount, sum(most));
  if (amount === 0) return [];
  return split({ ...money, amount }, most).flatMap((part, index) =>
    part > 0 ? [{ invoiceId: ids[index]!, amount: part }] : [],
  );
}

function noticeOf(before: Taking | undefined, { kind, status }: ToldTaking, moved: number): Taking['notice'] {
  const isNew = before?.status !== status;
  if (kind === 'dispute') {
    if (status === 'lost') return isNew || moved > 0 ? 'payment-taken-back' : null;
    if (status === 'won') return before && (isNew || moved < 0) ? 'payment-restored' : null;
    return isNew || moved > 0 ? 'payment-disputed' : null;
  }
  if (moved > 0) return 'payment-taken-back';
  return moved < 0 ? 'payment-restored' : null;
}
