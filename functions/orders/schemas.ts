import * as z from 'zod';
import { amounts, invoice } from '../../shared/invoices/schemas.ts';
import { cycles } from '../../shared/products/product.ts';
import { actor, day, line, listQuery, money } from '../../shared/http/schemas.ts';
import { summary } from '../../shared/payments/schemas.ts';
import { mostItems } from '../../shared/orders/cart.ts';

const item = z.object({
  id: z.string(),
  kind: z.enum(['product', 'domain-renewal']),
  description: z.string(),
  productId: z.string().optional(),
  domainId: z.string().optional(),
  cycle: z.enum(cycles).optional(),
  years: z.int().optional(),
  quantity: z.int(),
  unitPrice: money,
  amount: money,
  taxRate: z.string().nullable(),
});

const forAccount = z.object({ id: z.string(), name: z.string() });

export const cart = z.object({
  id: z.string(),
  items: z.array(item),
  subtotal: money,
  tax: money,
  total: money,
  forAccount,
});

export const putCart = z.strictObject({ forAccountId: z.string().min(1).max(64) });

const years = z.int().min(1).max(10);
const quantity = z.int().min(1).max(1000);

export const addRenewals = z.strictObject({
  renewals: z
    .array(z.strictObject({ domainId: z.string().min(1).max(64), years }))
    .min(1)
    .max(mostItems, `names ${mostItems} domains at most`),
});

export const addItem = z.strictObject({
  productId: z.string().min(1).max(64),
  cycle: z.enum(cycles),
  quantity: quantity.default(1),
});

export const changeItem = z
  .strictObject({ quantity: quantity.optional(), cycle: z.enum(cycles).optional(), years: years.optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something');

export const checkout = z.strictObject({ paymentMethod: line(40).optional() });

const orderStatus = z.enum([
  'awaiting-main-account',
  'awaiting-payment',
  'awaiting-activation',
  'active',
  'rejected',
  'cancelled',
]);

export const order = z.object({
  id: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  href: z.string(),
  status: orderStatus,
  forAccount,
  items: z.array(item),
  ...amounts,
  placedBy: actor,
  invoiceId: z.string().nullable(),
  massPaymentId: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: z.string(),
});

export const checkedOut = z.object({
  order,
  /** Null while the order waits for the main account; in short to who lacks `invoices` in the account that pays. */
  invoice: z
    .union([invoice, invoice.pick({ id: true, number: true, status: true, dueOn: true, total: true })])
    .nullable(),
  /** Null to who lacks `invoices` in the account that pays, too. */
  massPayment: summary.nullable(),
});

export const orderQuery = z.strictObject(listQuery);

export const staffOrderQuery = z.strictObject({
  ...listQuery,
  status: orderStatus.default('awaiting-activation'),
});

export const approveOrder = z.strictObject({ paymentMethod: line(40) });

export const approveStaffOrder = z.strictObject({ startOn: day });

export const rejectOrder = z.strictObject({ reason: line(300) });

export const rejectStaffOrder = z.strictObject({
  reason: line(300),
  /** Where the money of a paid order goes. */
  to: z.enum(['credit', 'gateway']).default('credit'),
});
