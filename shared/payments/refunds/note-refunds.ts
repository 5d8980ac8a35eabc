import type { CreditNote } from '../../invoices/credit-notes/credit-note.ts';
import { toInstant } from '../../core/clock.ts';
import { newId, newVersion } from '../../core/ids.ts';
import { moneyText } from '../../core/money.ts';
import { conflict } from '../../core/problem.ts';
import type { Action, Position } from '../../table/table.ts';
import type { WriteContext } from '../../write/commit.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import { nextCheck } from '../mass-payment.ts';
import { leftOf, type Payment, type Refund, refundableOf } from '../payment.ts';
import { paymentRow } from '../payment-store.ts';
import { creditMethod } from '../postings.ts';
import { continueRefund } from './refund.ts';

/** Pages of an account's payments in which those of one invoice are looked for. */
const mostPages = 10;

/** A refund for the transaction that makes its note. */
export interface NoteRefund {
  payment: Payment;
  refund: Refund;
  action: Action;
}

/**
 * The refunds through which the money of a note goes back, over the payments of its invoice.
 * @throws Problem where less than that can go back the way it came
 */
export async function noteRefunds(
  { payments }: Pick<PaymentDependencies, 'payments'>,
  { actor, now }: Pick<WriteContext, 'actor' | 'now'>,
  { accountId, invoiceId, back, reason, currency }: CreditNote,
): Promise<NoteRefund[]> {
  const found: NoteRefund[] = [];
  let left = back;
  let after: Position | undefined;
  for (let pages = 0; pages < mostPages && left > 0; pages++) {
    const page = await payments.payments(accountId, { limit: 100, after });
    for (const payment of page.items) {
      const amount = Math.min(left, refundableTo(payment, invoiceId));
      if (amount <= 0) continue;
      left -= amount;
      const refund = pendingRefund(invoiceId, amount, { reason, actor, now });
      const changed = { ...payment, refunds: [...payment.refunds, refund], version: newVersion() };
      const checkAt = nextCheck({ checks: 0, startedAt: refund.at }, now);
      found.push({ payment, refund, action: paymentRow(changed, payment.version, checkAt) });
    }
    after = page.next ?? undefined;
    if (!after) break;
  }
  if (left === 0) return found;
  const most = moneyText({ amount: back - left, currency });
  throw conflict(`${most} of it can go back the way it came: give the rest back as credit.`);
}

/** Asks the gateways, once the note is made. What stops here is gone on with by the job that asks about open payments. */
export async function beginRefunds(
  dependencies: PaymentDependencies,
  refunds: readonly NoteRefund[],
  now: Date,
): Promise<void> {
  for (const { payment, refund } of refunds) {
    await continueRefund(dependencies, payment.accountId, payment.id, refund.id, now).catch(
      (error: unknown) => dependencies.warn('A refund waits', { paymentId: payment.id, error }),
    );
  }
}

/** What of a payment's part in an invoice can go back through its gateway. */
function refundableTo(payment: Payment, invoiceId: string): number {
  if (payment.method === creditMethod || payment.status !== 'succeeded') return 0;
  const index = payment.allocations.findIndex((part) => part.invoiceId === invoiceId);
  if (index === -1) return 0;
  return Math.min(refundableOf(payment)[index]!, leftOf(payment));
}

function pendingRefund(
  invoiceId: string,
  amount: number,
  { reason, actor, now }: Pick<WriteContext, 'actor' | 'now'> & { reason: string },
): Refund {
  return {
    id: newId('refund', now),
    at: toInstant(now),
    amount,
    reason,
    to: 'gateway',
    status: 'pending',
    by: actor,
    allocations: [{ invoiceId, amount }],
    fromCredit: 0,
    confirmed: false,
    done: 0,
    checks: 0,
    note: 'made',
    askedAs: null,
  };
}
