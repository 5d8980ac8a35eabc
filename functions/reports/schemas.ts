import * as z from 'zod';
import { periodQuery } from '../../shared/http/lists/period.ts';
import { actor, currency, day, listOf, listQuery, money } from '../../shared/http/schemas.ts';
import { creditNote, invoice, invoiceStatus } from '../../shared/invoices/schemas.ts';

export const statementQuery = z.strictObject({ ...periodQuery, currency: currency.optional() });

export const statement = z.object({
  accountId: z.string(),
  accountName: z.string(),
  currency: z.string(),
  from: day,
  to: day,
  /** What the account owed when the first day began, less its credit; below zero it is owed. */
  opening: money,
  movements: z.array(
    z.object({
      id: z.string(),
      on: day,
      /** `invoice`, `credit-note`, `payment`, `refund`, `adjustment` or another. */
      kind: z.string(),
      relatesTo: z
        .object({
          kind: z.enum(['invoice', 'credit-note', 'payment']),
          id: z.string(),
          /** Of a document. */
          number: z.string().nullable(),
          href: z.string(),
        })
        .nullable(),
      /** How money came or went. */
      method: z.string().nullable(),
      /** Of an adjustment. */
      reason: z.string().nullable(),
      /** Above zero where the account owes more. */
      amount: money,
      /** After it. */
      balance: money,
    }),
  ),
  /** The opening balance and all movements. */
  closing: money,
  /** Of a main account: with tax, what its invoices charged and its credit notes took off for each account beneath. */
  subtotals: z.array(
    z.object({ accountId: z.string(), accountName: z.string(), charged: money, credited: money }),
  ),
});

const ofAccount = { accountId: z.string(), accountName: z.string(), href: z.string() };

export const invoicesQuery = z.strictObject({
  ...listQuery,
  ...periodQuery,
  status: invoiceStatus.exclude(['draft']).optional(),
});

/** An invoice without its lines and what is printed around them. */
export const invoices = listOf(
  invoice.omit({ lines: true, heldBy: true, seller: true, copies: true }).extend(ofAccount),
);

export const daysQuery = z.strictObject({ ...listQuery, ...periodQuery });

export const creditNotes = listOf(creditNote.omit({ lines: true }).extend(ofAccount));

export const payments = listOf(
  z.object({
    id: z.string(),
    ...ofAccount,
    at: z.string(),
    receivedOn: day,
    /** The day on which it is in the books: later than `receivedOn` where those were closed. */
    bookedOn: day,
    method: z.string(),
    reference: z.string(),
    status: z.string(),
    paidBy: actor,
    amount: money,
    /** What the gateway kept of it. */
    fee: money,
    /** What went back, or is on its way; that is in the books on days of its own. */
    refunded: money,
    /** What its gateway has taken back by itself, and asked for that. */
    takenBack: money,
    takingFees: money,
    /** What became credit. */
    toCredit: money,
  }),
);

export const taxQuery = z.strictObject(periodQuery);

export const taxReport = z.object({
  from: day,
  to: day,
  /** Documents numbered on these days: invoices less credit notes. */
  taxes: z.array(
    z.object({
      currency: z.string(),
      rate: z.string(),
      /** The buyer's; null where it is not known. */
      country: z.string().nullable(),
      net: money,
      tax: money,
    }),
  ),
  sums: z.array(z.object({ currency: z.string(), net: money, tax: money })),
});

const aged = {
  /** Not due yet, or on its way back to the account. */
  notDue: money,
  /** Overdue for 1 to 30 days. */
  days1To30: money,
  days31To60: money,
  days61To90: money,
  over90Days: money,
  /** All of it, as in the ledger `receivable`. */
  total: money,
};

export const receivables = z.object({
  /** The day at whose end it was so. */
  to: day,
  ...listOf(z.object({ ...ofAccount, currency: z.string(), ...aged })).shape,
  /** Of all accounts. */
  sums: z.array(z.object({ currency: z.string(), ...aged })),
});

export const journal = z.object({
  from: day,
  to: day,
  ...listOf(
    z.object({
      id: z.string(),
      ...ofAccount,
      on: day,
      at: z.string(),
      kind: z.string(),
      currency: z.string(),
      /** The invoice, credit note or payment that it books, or the reason of an adjustment. */
      relatesTo: z.string(),
      postings: z.array(
        z.object({
          ledger: z.string(),
          /** Debit is above zero, credit below. */
          amount: money,
          /** Of `receivable`. */
          invoiceId: z.string().optional(),
        }),
      ),
    }),
  ).shape,
  /** The trial balance: what each ledger took in on all of these days. With the first page; null with others. */
  sums: z
    .array(
      z.object({ currency: z.string(), ledger: z.string(), debit: money, credit: money, balance: money }),
    )
    .nullable(),
});
