import * as z from 'zod';
import { actor, money } from '../http/schemas.ts';
import { amounts } from '../invoices/schemas.ts';

/** A mass payment's status, as paying answers it. */
export const massPaymentStatus = z.enum([
  'open',
  'waiting',
  'processing',
  'succeeded',
  'failed',
  'expired',
  'cancelled',
]);

const next = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('redirect'), url: z.string() }),
    z.object({ type: z.literal('instructions'), text: z.string() }),
  ])
  .nullable();

export const paying = z.object({
  id: z.string(),
  status: massPaymentStatus,
  next,
  paymentId: z.string().nullable(),
  failure: z.string().nullable(),
});

/** A mass payment in a list. */
export const massPayment = z.object({
  ...paying.shape,
  method: z.string().nullable(),
  due: money,
  invoices: z.array(z.object({ id: z.string(), number: z.string(), allocation: money })),
  createdAt: z.string(),
  createdBy: actor,
  paidBy: actor.nullable(),
  expiresAt: z.string(),
});

export const summary = z.object({
  ...paying.shape,
  method: z.string().nullable(),
  invoices: z.array(
    z.object({
      id: z.string(),
      number: z.string(),
      issuedOn: z.string().nullable(),
      dueOn: z.string(),
      overdue: z.boolean(),
      ...amounts,
      credit: money,
      paid: money,
      balance: money,
      allocation: money,
    }),
  ),
  totals: z.object({
    subtotal: money,
    tax: money,
    taxes: amounts.taxes,
    credit: money,
    paid: money,
    due: money,
  }),
  paymentMethods: z.array(z.object({ id: z.string(), label: z.string() })),
  expiresAt: z.string(),
});
