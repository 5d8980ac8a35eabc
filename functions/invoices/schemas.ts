import * as z from 'zod';
import { invoiceStatus, newLines } from '../../shared/invoices/schemas.ts';
import { largestAmount } from '../../shared/core/money.ts';
import { day, line, listOf, listQuery, money, moneyFrom } from '../../shared/http/schemas.ts';

export const invoiceQuery = z.strictObject({
  ...listQuery,
  status: invoiceStatus.optional(),
  overdue: z.enum(['true', 'false']).optional(),
});

export const newInvoice = z.strictObject({
  lines: newLines,
  dueOn: day,
  draft: z.boolean().default(false),
  taxIncluded: z.boolean().default(false),
});

const creditEntry = z.object({
  id: z.string(),
  at: z.string(),
  amount: money,
  reason: z.string(),
  relatesTo: z.string().nullable(),
});

export const credit = z.object({
  balance: money,
  /** Credit in currencies other than the account's. */
  otherBalances: z.array(money),
  entries: listOf(creditEntry).shape.items,
  nextCursor: z.string().nullable(),
});

export const adjustCredit = z.strictObject({
  amount: moneyFrom(-largestAmount).refine(({ amount }) => amount !== 0, 'must not be nothing'),
  reason: line(300),
});

export const applyCredit = z.strictObject({ amount: moneyFrom(1).optional() });

export const cancelInvoice = z.strictObject({
  /** Although a payment holds it: what is paid all the same becomes credit. */
  anyway: z.boolean().default(false),
});
