import * as z from 'zod';
import { actor, day, line, listQuery, money, moneyFrom } from '../../shared/http/schemas.ts';
import { periodQuery } from '../../shared/http/lists/period.ts';
import { mostInvoices } from '../../shared/payments/mass-payment.ts';
import { massPaymentStatus } from '../../shared/payments/schemas.ts';
import { creditMethod } from '../../shared/payments/postings.ts';
import { mostAllocations } from './bank/allocations.ts';

const id = z.string().min(1).max(64);

export const newMassPayment = z.strictObject({
  invoices: z.union(
    [
      z.literal('all-due'),
      z
        .array(z.union([id, z.strictObject({ id, amount: moneyFrom(1).optional() })]))
        .min(1)
        .max(mostInvoices, `names ${mostInvoices} invoices at most`),
    ],
    'must be "all-due", or 1 to 500 invoices: ids, or {id, amount} with amounts in minor units',
  ),
});

export const pay = z.strictObject({ method: line(40) });

const allocations = z.array(z.object({ invoiceId: z.string(), amount: money }));

export const payment = z.object({
  id: z.string(),
  at: z.string(),
  amount: money,
  method: z.string(),
  status: z.enum(['processing', 'succeeded', 'disputed', 'charged-back', 'refunded']),
  paidBy: actor,
  receivedOn: day,
  reference: z.string(),
  massPaymentId: z.string().nullable(),
  allocations,
  toCredit: money,
  /** `R-2026-00042`; null until the receipt is printed. */
  receiptNumber: z.string().nullable(),
  refunds: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      amount: money,
      reason: z.string(),
      to: z.enum(['gateway', 'credit']),
      status: z.enum(['pending', 'succeeded', 'failed']),
      by: actor,
      allocations,
    }),
  ),
  /** What its gateway took back or may take back: disputes, reversals, refunds made in its own page. */
  takings: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      kind: z.enum(['dispute', 'reversal', 'refund']),
      status: z.enum(['open', 'won', 'lost', 'succeeded', 'failed']),
      amount: money,
      /** How much of it the gateway has now. */
      taken: money,
      fee: money,
    }),
  ),
});

export const massPaymentQuery = z.strictObject({ ...listQuery, status: massPaymentStatus.optional() });

export const paymentQuery = z.strictObject(listQuery);

const receivedMoney = {
  amount: moneyFrom(1),
  method: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be a short name such as bank-transfer')
    // Credit is money that the account has already: applying it is no receipt.
    .refine((method) => method !== creditMethod, 'must not be credit, which is applied instead'),
  reference: line(200),
  receivedOn: day,
  /** The same amount came twice on one day under one reference. */
  another: z.boolean().optional(),
};

const newAllocations = z
  .array(z.strictObject({ invoiceId: id, amount: moneyFrom(1) }))
  .min(1)
  .max(mostAllocations, `names ${mostAllocations} invoices at most`)
  .optional();

export const staffPayment = z.strictObject(receivedMoney);

export const accountPayment = z.strictObject({ ...receivedMoney, allocations: newAllocations });

export const newUnassignedMoney = z.strictObject({ ...receivedMoney, note: line(500).optional() });

export const assignment = z.strictObject({ accountId: id, allocations: newAllocations });

const unassignedStatus = z.enum(['unassigned', 'assigned']);

export const unassignedMoney = z.object({
  id: z.string(),
  amount: money,
  method: z.string(),
  reference: z.string(),
  receivedOn: day,
  note: z.string().nullable(),
  notedBy: actor,
  notedAt: z.string(),
  status: unassignedStatus,
  /** What it became. */
  accountId: z.string().nullable(),
  paymentId: z.string().nullable(),
  assignedBy: actor.nullable(),
  assignedAt: z.string().nullable(),
});

/** Without days it is all of it, whenever it came. */
export const unassignedQuery = z.strictObject({
  ...listQuery,
  ...periodQuery,
  status: unassignedStatus.optional(),
});

export const newRefund = z.strictObject({
  amount: moneyFrom(1).optional(),
  reason: line(300),
  to: z.enum(['gateway', 'credit']).default('gateway'),
  /** No credit note comes with it: the invoices are to be paid again. */
  owedAgain: z.boolean().default(false),
});

export const newCreditNote = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        line: line(10),
        quantity: z.int().min(1).max(100_000).optional(),
        amount: moneyFrom(1).optional(),
      }),
    )
    .min(1)
    .max(200)
    .optional(),
  /** With tax, shared over what is left of the lines. */
  amount: moneyFrom(1).optional(),
  reason: line(300),
  to: z.enum(['gateway', 'credit']).default('credit'),
  /** Although a payment holds the invoice. */
  anyway: z.boolean().default(false),
});

export const received = z.object({ received: z.boolean() });
