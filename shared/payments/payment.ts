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
  status: 'processing' | 'succeeded' | 'refunded';
  paidBy: Actor;
  receivedOn: string;
  /** The day of its journal entry: `receivedOn`, or later where the books were closed by then. Missing in old rows. */
  bookedOn?: string;
  feeAmount: number;
  allocations: Allocation[];
  /** The part without an invoice, which became account credit. */
  toCredit: number;
  refunds: Refund[];
  massPaymentId: string | null;
  /** Its receipt, which takes its number when it is printed; missing until then. */
  receipt?: Receipt;
  version: string;
}

/** What was refunded of a payment, or is being refunded. */
export function refundedOf({ refunds }: Pick<Payment, 'refunds'>): number {
  return sum(refunds.filter(({ status }) => status !== 'failed').map(({ amount }) => amount));
}

/** The part of each allocation that was not refunded. */
export function refundableOf({ allocations, refunds }: Pick<Payment, 'allocations' | 'refunds'>): number[] {
  const refundedByInvoice = new Map<string, number>();
  for (const refund of refunds.filter(({ status }) => status !== 'failed')) {
    for (const { invoiceId, amount } of refund.allocations) {
      refundedByInvoice.set(invoiceId, (refundedByInvoice.get(invoiceId) ?? 0) + amount);
    }
  }
  return allocations.map(({ invoiceId, amount }) => amount - (refundedByInvoice.get(invoiceId) ?? 0));
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
  };
}
