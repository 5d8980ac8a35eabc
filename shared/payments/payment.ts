import { toInstant } from '../core/clock.ts';
import type { Day } from '../core/day.ts';
import type { Parties } from '../invoices/documents/party.ts';
import { sum } from '../invoices/invoice.ts';
import type { Actor } from '../write/actor.ts';

export interface Allocation {
  invoiceId: string;
  /** Minor units. */
  amount: number;
}

export interface Refund {
  id: string;
  at: string;
  amount: number;
  reason: string;
  to: 'gateway' | 'credit';
  /** `pending` until the gateway has answered and every invoice is processed. */
  status: 'pending' | 'succeeded' | 'failed';
  by: Actor;
  /** The refund of each invoice; the rest comes out of the credit that the payment made. */
  allocations: Allocation[];
  fromCredit: number;
  /** Whether the gateway has refunded the money. */
  confirmed: boolean;
  /** How many of the allocations are processed. */
  done: number;
  checks: number;
  /**
   * Whether a credit note of the same amount comes with it (the rule, also where it is missing), was made before it, or
   * does not come at all: the invoice is owed again.
   */
  note?: 'with' | 'made' | 'none';
  /** The Idempotency-Key of the request that asked for it: a repeat continues this refund. */
  askedAs: string | null;
}

/**
 * What a gateway took back of a payment or may take back. What it took is shared over the payment's invoices, which are
 * owed again, and the credit that the payment made; the rest is a loss.
 */
export interface Taking {
  /** The gateway's id of it. */
  id: string;
  at: string;
  kind: 'dispute' | 'reversal' | 'refund';
  amount: number;
  status: 'open' | 'won' | 'lost' | 'succeeded' | 'failed';
  /** How much is with the gateway, or its payer, now. */
  taken: number;
  feeAmount: number;
  /** By how much its invoices are owed again. */
  allocations: Allocation[];
  /** Taken out of the account's credit; below zero where more of it came back as credit. */
  fromCredit: number;
  loss: number;
  /** What its invoices have still to be opened by, or closed by where it is below zero. */
  waiting: Allocation[];
  /** What people are told of once that is done. */
  notice: 'payment-disputed' | 'payment-taken-back' | 'payment-restored' | null;
}

/** What a receipt says besides its payment; nothing changes it. */
export interface Receipt extends Parties {
  number: string;
  issuedOn: Day;
}

/** Money received. */
export interface Payment {
  id: string;
  accountId: string;
  at: string;
  amount: number;
  currency: string;
  method: string;
  /** The gateway's reference, or the one entered by staff. */
  reference: string;
  status: 'processing' | 'succeeded' | 'disputed' | 'charged-back' | 'refunded';
  paidBy: Actor;
  receivedOn: string;
  /** The day of its journal entry: `receivedOn`, or later where the books were closed by then. Missing in old rows. */
  bookedOn?: string;
  feeAmount: number;
  allocations: Allocation[];
  /** The part without an invoice, which became account credit. */
  toCredit: number;
  refunds: Refund[];
  /** Missing where nothing was ever taken back. */
  takings?: Taking[];
  massPaymentId: string | null;
  /** Its receipt, which takes its number when it is printed; missing until then. */
  receipt?: Receipt;
  version: string;
}

/** What was refunded of a payment, or is being refunded. */
export function refundedOf({ refunds }: Pick<Payment, 'refunds'>): number {
  return sum(refunds.filter(({ status }) => status !== 'failed').map(({ amount }) => amount));
}

/** What its gateway has taken back of a payment. */
export function takenOf({ takings = [] }: Pick<Payment, 'takings'>): number {
  return sum(takings.map(({ taken }) => taken));
}

/** What its gateway asked for what it took back. */
export function takingFeesOf({ takings = [] }: Pick<Payment, 'takings'>): number {
  return sum(takings.map(({ feeAmount }) => feeAmount));
}

/** What of a payment is neither refunded nor taken back. */
export function leftOf(payment: Payment): number {
  return Math.max(0, payment.amount - refundedOf(payment) - takenOf(payment));
}

/** The part of each allocation that was neither refunded nor taken back. */
export function refundableOf({ allocations, refunds, takings = [] }: Payment): number[] {
  const goneByInvoice = new Map<string, number>();
  const add = (parts: readonly Allocation[]) => {
    for (const { invoiceId, amount } of parts) {
      goneByInvoice.set(invoiceId, (goneByInvoice.get(invoiceId) ?? 0) + amount);
    }
  };
  for (const refund of refunds.filter(({ status }) => status !== 'failed')) add(refund.allocations);
  for (const taking of takings) {
    add(taking.allocations);
    add(taking.waiting.filter(({ amount }) => amount > 0));
  }
  return allocations.map(({ invoiceId, amount }) => amount - (goneByInvoice.get(invoiceId) ?? 0));
}

/** Its status once it is settled, by what became of its money. */
export function statusOfPayment({ amount, refunds, takings = [] }: Payment): Payment['status'] {
  const disputes = takings.filter(({ kind }) => kind === 'dispute');
  if (disputes.some(({ status }) => status === 'open')) return 'disputed';
  const isChargedBack = takings.some(
    ({ kind, status, taken }) => status === 'lost' || (kind === 'reversal' && taken > 0),
  );
  if (isChargedBack) return 'charged-back';
  const back = sum(refunds.filter(({ status }) => status === 'succeeded').map((refund) => refund.amount));
  return back + takenOf({ takings }) >= amount ? 'refunded' : 'succeeded';
}

/** What of a taking is in nobody's books yet: above zero to be taken from somebody, below zero to be given. */
export function unsharedOf({ taken, allocations, fromCredit, loss }: Taking): number {
  return taken - sum(allocations.map(({ amount }) => amount)) - fromCredit - loss;
}

/** Whether some of a taking is booked out, or back, and not yet with those whom it concerns. */
export const isUnshared = (taking: Taking): boolean => taking.waiting.length > 0 || unsharedOf(taking) !== 0;

/** How long a gateway is given before it is asked again what became of what it took. */
const takingCheckMs = 6 * 60 * 60 * 1000;

/** When the payment is to be looked at next: its refunds and takings that are not over; null where all are. */
export function nextLookAt({ refunds, takings = [] }: Payment, now: Date): string | null {
  const isUnderWay = refunds.some(({ status }) => status === 'pending') || takings.some(isUnshared);
  if (isUnderWay) return toInstant(now);
  const isOpen = takings.some(
    ({ status, taken }) => status === 'open' || (taken > 0 && (status === 'won' || status === 'failed')),
  );
  return isOpen ? toInstant(new Date(now.getTime() + takingCheckMs)) : null;
}

/** A payment as the API returns it: amounts with their currency. */
export function paymentView(payment: Payment) {
  const { id, at, currency, method, status, paidBy, receivedOn, reference, massPaymentId } = payment;
  const money = (amount: number) => ({ amount, currency });
  return {
    id,
    at,
    amount: money(payment.amount),
    method,
    status,
    paidBy,
    receivedOn,
    reference,
    massPaymentId,
    allocations: payment.allocations.map(({ invoiceId, amount }) => ({ invoiceId, amount: money(amount) })),
    toCredit: money(payment.toCredit),
    receiptNumber: payment.receipt?.number ?? null,
    refunds: payment.refunds.map((refund) => ({
      id: refund.id,
      at: refund.at,
      amount: money(refund.amount),
      reason: refund.reason,
      to: refund.to,
      status: refund.status,
      by: refund.by,
      allocations: refund.allocations.map(({ invoiceId, amount }) => ({ invoiceId, amount: money(amount) })),
    })),
    takings: (payment.takings ?? []).map((taking) => ({
      id: taking.id,
      at: taking.at,
      kind: taking.kind,
      status: taking.status,
      amount: money(taking.amount),
      taken: money(taking.taken),
      fee: money(taking.feeAmount),
    })),
  };
}
