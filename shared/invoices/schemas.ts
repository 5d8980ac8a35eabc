import * as z from 'zod';
import { taxIdStates } from '../accounts/people.ts';
import { largestAmount } from '../core/money.ts';
import { day, line, money, moneyFrom, percentage } from '../http/schemas.ts';

/** Shapes of lines and sums that invoices, quotes, carts and payments share. */

const relatesTo = z.union([
  line(200),
  z.strictObject({
    kind: line(40),
    id: line(100),
    name: line(200).optional(),
    accountId: line(64).optional(),
  }),
]);

export const newLine = z.strictObject({
  description: line(500),
  quantity: z.int().min(1).max(100_000),
  /** Below zero for a discount; the total of all lines may not be. */
  unitPrice: moneyFrom(-largestAmount),
  taxRate: percentage.optional(),
  relatesTo: relatesTo.nullable().optional(),
});

export const newLines = z.array(newLine).min(1).max(200);

export const amounts = {
  lines: z.array(
    z.object({
      /** Its place: credit notes name it. */
      id: z.string(),
      description: z.string(),
      quantity: z.int(),
      unitPrice: money,
      amount: money,
      taxRate: z.string(),
      tax: money,
      /** The days that it is for, the last one included. */
      period: z.object({ from: day, to: day }).nullable(),
      /** What credit notes took off it, with tax. */
      credited: money.optional(),
      /** What has to be said of its tax, such as that the buyer owes it. */
      taxWords: z.string().optional(),
      relatesTo: z
        .union([
          z.string(),
          z.object({
            kind: z.string(),
            id: z.string(),
            name: z.string().optional(),
            accountId: z.string().optional(),
            years: z.int().optional(),
            on: z.string().optional(),
          }),
        ])
        .nullable(),
    }),
  ),
  subtotal: money,
  taxes: z.array(z.object({ rate: z.string(), amount: money })),
  tax: money,
  total: money,
};

export const invoiceStatus = z.enum(['draft', 'unpaid', 'paid', 'cancelled', 'refunded']);

export const invoice = z.object({
  id: z.string(),
  number: z.string().nullable(),
  status: invoiceStatus,
  overdue: z.boolean(),
  currency: z.string(),
  taxIncluded: z.boolean(),
  issuedOn: day.nullable(),
  dueOn: day,
  ...amounts,
  /** What credit notes took off. */
  credited: money,
  creditNotes: z.array(z.object({ id: z.string(), number: z.string(), issuedOn: day, total: money })),
  credit: money,
  paid: money,
  /** Given back of what was paid, as money or as credit. */
  refunded: money,
  balance: money,
  orderId: z.string().nullable(),
  /** The mass payment that is paying it, and until when it is held; null while that is the gateway's to say. */
  heldBy: z.object({ massPaymentId: z.string(), until: z.string().nullable() }).nullable(),
  /** The buyer's tax id, and what was known of it, when it was issued. */
  buyerTaxId: z
    .object({ taxId: z.string(), state: z.enum(taxIdStates), at: z.string().nullable() })
    .nullable(),
  /** As they were when it got its number, like all that stands on it; null for a draft. */
  seller: z
    .object({
      name: z.string(),
      address: z.array(z.string()),
      taxId: z.string().nullable(),
      footer: z.string().nullable(),
    })
    .nullable(),
  buyer: z
    .object({
      name: z.string(),
      address: z.object({
        line1: z.string().optional(),
        line2: z.string().optional(),
        city: z.string().optional(),
        region: z.string().optional(),
        postcode: z.string().optional(),
        country: z.string().optional(),
      }),
      taxId: z.string().nullable(),
    })
    .nullable(),
  language: z.string().nullable(),
  /** Net and tax of each rate in the provider's own currency, where the invoice is in another. */
  accountingTax: z
    .object({
      currency: z.string(),
      exchangeRate: z.string(),
      from: day,
      taxes: z.array(z.object({ rate: z.string(), net: money, amount: money })),
    })
    .nullable(),
  /** Prints of a later day than the first. */
  copies: z.array(z.object({ number: z.int(), on: day, at: z.string(), reason: z.string() })),
});

export const creditNote = z.object({
  id: z.string(),
  number: z.string(),
  invoiceId: z.string(),
  invoiceNumber: z.string(),
  issuedOn: day,
  currency: z.string(),
  lines: z.array(
    z.object({
      line: z.string(),
      description: z.string(),
      quantity: z.int().nullable(),
      amount: money,
      taxRate: z.string(),
      tax: money,
    }),
  ),
  subtotal: money,
  taxes: amounts.taxes,
  tax: money,
  total: money,
  reason: z.string(),
  language: z.string().nullable(),
  /** How much of it was paid already and goes back; the rest lowered the balance. */
  back: money,
  to: z.enum(['credit', 'gateway']),
});
