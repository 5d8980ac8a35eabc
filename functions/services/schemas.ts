import * as z from 'zod';
import { cycles } from '../../shared/products/product.ts';
import { day, line, listQuery, money, moneyFrom, percentage } from '../../shared/http/schemas.ts';

const status = z.enum(['pending', 'active', 'paused', 'suspended', 'cancelled']);

export const service = z.object({
  id: z.string(),
  productId: z.string().nullable(),
  name: z.string(),
  status,
  /** For one, per cycle, before tax. */
  price: money,
  quantity: z.int(),
  cycle: z.enum(cycles),
  startOn: day,
  nextDueOn: day.nullable(),
  /** The day of the month on which its periods begin, or the last of a shorter month. */
  anchorDay: z.int(),
  cancelsOn: day.nullable(),
  /** The day on which it resumes by itself. */
  pausedUntil: day.nullable(),
  /** The change planned for a later day, at this price. */
  plannedChange: z
    .object({ productId: z.string(), name: z.string(), cycle: z.enum(cycles), price: money, on: day })
    .nullable(),
});

/** The result of a change: the ticket that requests it, or the invoice for a higher price. */
export const changedService = z.object({
  ...service.shape,
  ticketId: z.string().nullable(),
  invoiceId: z.string().nullable(),
});

export const serviceQuery = z.strictObject(listQuery);

export const newService = z.strictObject({
  name: line(200),
  productId: z.string().min(1).max(64).nullable().default(null),
  price: moneyFrom(0),
  quantity: z.int().min(1).max(1000).default(1),
  taxRate: percentage.nullable().default(null),
  cycle: z.enum(cycles),
  startOn: day,
  nextDueOn: day.optional(),
  status: status.default('active'),
});

export const changeService = z.strictObject({
  name: line(200).optional(),
  price: moneyFrom(0).optional(),
  quantity: z.int().min(1).max(1000).optional(),
  taxRate: percentage.nullable().optional(),
  nextDueOn: day.nullable().optional(),
  anchorDay: z.int().min(1).max(31).optional(),
  status: status.optional(),
});

export const pauseService = z.strictObject({ until: day.optional() });

/** Omitted fields do not change. */
export const changeProduct = z.strictObject({
  productId: z.string().min(1).max(64),
  cycle: z.enum(cycles).optional(),
  mode: z.enum(['self', 'request']),
  on: day.optional(),
});

export const cancelService = z.strictObject({
  when: z.enum(['now', 'period-end']),
  reason: line(500),
});
