import { addDays, type Day } from '../core/day.ts';
import { conflict, invalid } from '../core/problem.ts';
import type { Language } from '../language/languages.ts';
import type { Buyer, Seller } from './documents/party.ts';
import type { AccountingTax } from './tax/tax-breakdown.ts';
import { largestAmount, type Money, moneyText, taxOn, taxWithin } from '../core/money.ts';

/** What a line is for: a domain, a service, an order; or free text from staff. */
export type RelatesTo =
  | string
  | {
      kind: string;
      id: string;
      name?: string | undefined;
      /** The account that owns the item, where another one is billed for it. */
      accountId?: string | undefined;
      /** The years of a domain's renewal. */
      years?: number | undefined;
      /** The due day that the line pays for. */
      on?: Day | undefined;
    };

export interface Period {
  from: Day;
  to: Day;
}

/** The days from one day until before another. */
export const periodOf = (from: Day, until: Day): Period => ({ from, to: addDays(until, -1) });

export interface InvoiceLine {
  description: string;
  quantity: number;
  /** Minor units, before tax unless the invoice says that tax is included. */
  unitPrice: number;
  /** `quantity` × `unitPrice`. */
  amount: number;
  /** A percentage as a decimal string: `17.5`. */
  taxRate: string;
  tax: number;
  /** The class of product by which its rate was decided; missing where it was given a rate of its own. */
  taxClass?: string | null;
  /** What has to be said of its tax, such as that the buyer owes it. */
  taxWords?: string;
  relatesTo: RelatesTo | null;
  /** The days that it is for, its last one included; missing where it is for none. */
  period?: Period;
  /** What credit notes have taken off it; missing where none has. */
  credited?: { net: number; tax: number };
}

export type InvoiceStatus = 'draft' | 'unpaid' | 'paid' | 'cancelled' | 'refunded';

export interface Invoice {
  id: string;
  accountId: string;
  /** `2026-00042`; null for a draft. */
  number: string | null;
  status: InvoiceStatus;
  currency: string;
  taxIncluded: boolean;
  /** Null for a draft. */
  issuedOn: Day | null;
  dueOn: Day;
  lines: InvoiceLine[];
  subtotal: number;
  taxes: { rate: string; amount: number }[];
  tax: number;
  total: number;
  /** The sum of its credit notes. Missing in rows of before there were any: `creditedOf` tells it. */
  credited?: number;
  creditNotes?: { id: string; number: string; issuedOn: Day; total: number }[];
  /** Applied from the account's credit. */
  credit: number;
  /** The sum of the payments allocated to it. */
  paid: number;
  /** Of what was paid or came from credit: given back, as money or as credit. */
  refunded: number;
  /** The mass payment that is or was paying it; its status decides. Empty for none. */
  heldBy: string;
  /** Changes with every write except of `heldBy`. */
  version: string;
  createdAt: string;
  /** The order it is for; null for none. */
  orderId: string | null;
  /** The account that placed the order, if not the one billed. */
  orderAccountId?: string;
  /** Fixed with its number; missing for drafts. */
  seller?: Seller;
  buyer?: Buyer;
  language?: Language;
  /** Its taxes in the provider's own currency, where that is another. */
  accountingTax?: AccountingTax;
  /** Prints of another day than the first, from the same data. */
  copies?: Copy[];
  /** The buyer's tax id when it was issued; missing for drafts, and null where there was none. */
  buyerTaxId?: { taxId: string; state: 'valid' | 'invalid' | 'unknown'; at: string | null } | null;
}

/** Where only the rendering was wrong: printed anew, marked with its day. The first print is kept. */
export interface Copy {
  on: Day;
  at: string;
  reason: string;
  by: string;
}

/** A line as requested. */
export interface NewLine {
  description: string;
  quantity: number;
  unitPrice: Money;
  /** A rate of its own, which counts whatever the rules say. */
  taxRate?: string | undefined;
  /** The product's class, by which the rules decide its rate. */
  taxClass?: string | null | undefined;
  relatesTo?: RelatesTo | null | undefined;
  period?: Period | undefined;
}

/** The tax of lines without a rate of their own, by the class of what they are for. */
export type LineTax = (taxClass: string | null) => { rate: string; words: string | null };

export type Totals = Pick<Invoice, 'lines' | 'subtotal' | 'taxes' | 'tax' | 'total' | 'currency'>;

/**
 * Lines with their amounts and tax, and the totals. Tax is computed per line and rounded half away from zero; totals
 * are sums of lines.
 * @throws Problem where currencies are mixed or an amount is too large
 */
export function totalsOf(lines: readonly NewLine[], taxIncluded: boolean, lineTax: LineTax): Totals {
  const currency = lines[0]!.unitPrice.currency;
  const priced = lines.map((line, index): InvoiceLine => {
    if (line.unitPrice.currency !== currency) {
      throw invalid([
        {
          path: `lines.${index}.unitPrice.currency`,
          code: 'not-allowed',
          message: 'must be that of the first line',
        },
      ]);
    }
    const amount = line.quantity * line.unitPrice.amount;
    const untaxed = {
      description: line.description,
      quantity: line.quantity,
      unitPrice: line.unitPrice.amount,
      amount,
      relatesTo: line.relatesTo ?? null,
      ...(line.period ? { period: line.period } : {}),
    };
    return taxedLine({ ...untaxed, taxClass: line.taxClass ?? null }, line.taxRate, taxIncluded, lineTax);
  });
  return sumLines(priced, taxIncluded, currency);
}

/** A line with its tax: at the rate of its own that it was given, or by its class. */
export function taxedLine(
  { taxClass, ...line }: Omit<InvoiceLine, 'taxRate' | 'tax' | 'taxWords'> & { taxClass: string | null },
  ownRate: string | undefined,
  taxIncluded: boolean,
  lineTax: LineTax,
): InvoiceLine {
  const { rate: taxRate, words } = ownRate === undefined ? lineTax(taxClass) : { rate: ownRate, words: null };
  const { amount } = line;
  return {
    ...line,
    taxRate,
    tax: isTooLarge(amount) ? 0 : taxIncluded ? taxWithin(amount, taxRate) : taxOn(amount, taxRate),
    ...(ownRate === undefined ? { taxClass } : {}),
    ...(words === null ? {} : { taxWords: words }),
  };
}

/**
 * The totals of lines that have their amounts and tax. A price may be negative, such as a discount's, a total may not.
 * @throws Problem where a line or the total is too large, or the total is below zero
 */
export function sumLines(lines: InvoiceLine[], taxIncluded: boolean, currency: string): Totals {
  const amount = sum(lines.map((line) => line.amount));
  const tax = sum(lines.map((line) => line.tax));
  const subtotal = taxIncluded ? amount - tax : amount;
  const total = subtotal + tax;
  if (total > largestAmount || lines.some((line) => isTooLarge(line.amount))) {
    const limitText = moneyText({ amount: largestAmount, currency });
    throw invalid([{ path: 'lines', code: 'out-of-range', message: `come to more than ${limitText}` }]);
  }
  if (total < 0) {
    const least = moneyText({ amount: 0, currency });
    throw invalid([{ path: 'lines', code: 'out-of-range', message: `come to less than ${least}` }]);
  }
  return { lines, currency, subtotal, taxes: taxPerRate(lines), tax, total };
}

const isTooLarge = (amount: number): boolean => Math.abs(amount) > largestAmount;

/** The tax of each rate, in order of first appearance. */
function taxPerRate(lines: readonly InvoiceLine[]): Invoice['taxes'] {
  const byRate = new Map<string, number>();
  for (const { taxRate, tax } of lines) byRate.set(taxRate, (byRate.get(taxRate) ?? 0) + tax);
  return [...byRate].map(([rate, amount]) => ({ rate, amount }));
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((all, amount) => all + amount, 0);
}

/** Every transition of an invoice: the event, the status before, the status after. */
export const invoiceMoves = {
  issue: { draft: 'unpaid' },
  settle: { unpaid: 'paid' },
  cancel: { draft: 'cancelled', unpaid: 'cancelled' },
} as const satisfies Record<string, Partial<Record<InvoiceStatus, InvoiceStatus>>>;

/**
 * The status after a transition.
 * @throws Problem where the invoice's status does not allow it
 */
export function nextInvoiceStatus(invoice: Invoice, move: keyof typeof invoiceMoves): InvoiceStatus {
  const to = (invoiceMoves[move] as Partial<Record<InvoiceStatus, InvoiceStatus>>)[invoice.status];
  if (to) return to;
  const doing = { issue: 'issued', settle: 'paid', cancel: 'cancelled' }[move];
  throw conflict(`Invoice ${invoice.number ?? invoice.id} is ${invoice.status} and cannot be ${doing}.`);
}

/** What its credit notes took off. Of a row from before there were any it is what its status said to be off. */
export function creditedOf({ credited, status, total, credit, paid, refunded }: Invoice): number {
  if (credited !== undefined) return credited;
  const owed = status === 'unpaid' || status === 'draft' ? total - credit - paid : 0;
  return total - credit - paid + refunded - owed;
}

/** What is still to be paid; below zero while money is on its way back. A draft that was cancelled asks for nothing. */
export function balanceOf(invoice: Invoice): number {
  const { total, credit, paid, refunded, number, status } = invoice;
  if (number === null && status === 'cancelled') return 0;
  return total - creditedOf(invoice) - credit - paid + refunded;
}

/** The status of a numbered invoice by its amounts. */
export function statusOf(invoice: Invoice): InvoiceStatus {
  if (balanceOf(invoice) > 0) return 'unpaid';
  const credited = creditedOf(invoice);
  if (credited === 0 || credited < invoice.total) return 'paid';
  return invoice.paid + invoice.credit === 0 ? 'cancelled' : 'refunded';
}

/** Whether it is unpaid after its due day. */
export function isOverdue({ status, dueOn }: Invoice, today: Day): boolean {
  return status === 'unpaid' && dueOn < today;
}

/** The fields that change when part or all of the balance is paid, by a payment or from credit. */
export function withPaid(
  invoice: Invoice,
  amount: number,
  by: 'paid' | 'credit',
): Pick<Invoice, 'status' | 'paid' | 'credit'> {
  const left = balanceOf(invoice) - amount;
  if (amount <= 0 || left < 0) throw new Error(`${amount} is no part of the balance of ${invoice.id}`);
  return {
    paid: invoice.paid + (by === 'paid' ? amount : 0),
    credit: invoice.credit + (by === 'credit' ? amount : 0),
    status: left === 0 ? nextInvoiceStatus(invoice, 'settle') : invoice.status,
  };
}

/** What was paid of it, or came from credit, and was not given back. */
export function keptOf({ paid, credit, refunded, status, credited }: Invoice): number {
  // Before there were credit notes, cancelling made credit of all that was paid.
  if (credited === undefined && status === 'cancelled') return 0;
  return paid + credit - refunded;
}

/** The fields that change where so much is given back of what it keeps, and, unless it is owed again, comes off it. */
export function withRefund(invoice: Invoice, amount: number): Pick<Invoice, 'status' | 'refunded'> {
  if (amount <= 0 || amount > keptOf(invoice)) {
    throw new Error(`${amount} is more than ${invoice.id} keeps`);
  }
  const refunded = invoice.refunded + amount;
  return { refunded, status: statusOf({ ...invoice, refunded }) };
}

/** A payment that holds an invoice, and until when; null while that is the gateway's to say. */
export interface Hold {
  massPaymentId: string;
  until: string | null;
}

/** An invoice as the API returns it: amounts with their currency. */
export function invoiceView(invoice: Invoice, today: Day, heldBy: Hold | null = null) {
  const { id, number, status, currency, taxIncluded, issuedOn, dueOn } = invoice;
  const money = (amount: number): Money => ({ amount, currency });
  return {
    id,
    number,
    status,
    overdue: isOverdue(invoice, today),
    currency,
    taxIncluded,
    issuedOn,
    dueOn,
    ...amountsView(invoice, money),
    credited: money(creditedOf(invoice)),
    creditNotes: (invoice.creditNotes ?? []).map((note) => ({ ...note, total: money(note.total) })),
    credit: money(invoice.credit),
    paid: money(invoice.paid),
    refunded: money(invoice.refunded),
    balance: money(balanceOf(invoice)),
    orderId: invoice.orderId,
    heldBy,
    buyerTaxId: invoice.buyerTaxId ?? null,
    ...partiesView(invoice),
  };
}

/** What a document said of its parties when it was issued; null for a draft. */
function partiesView({ seller, buyer, language, accountingTax, copies = [] }: Invoice) {
  const { logo: _, ...shownSeller } = seller ?? { logo: null };
  return {
    seller: seller ? shownSeller : null,
    buyer: buyer ?? null,
    language: language ?? null,
    accountingTax: accountingTax ? accountingTaxView(accountingTax) : null,
    copies: copies.map(({ on, at, reason }, index) => ({ number: index + 1, on, at, reason })),
  };
}

function accountingTaxView({ currency, exchangeRate, from, taxes }: AccountingTax) {
  const money = (amount: number): Money => ({ amount, currency });
  const shown = taxes.map(({ rate, net, amount }) => ({ rate, net: money(net), amount: money(amount) }));
  return { currency, exchangeRate, from, taxes: shown };
}

/** Lines and totals of an invoice or a quote, as the API returns them. */
export function amountsView(
  { lines, subtotal, taxes, tax, total }: Omit<Totals, 'currency'>,
  money: (amount: number) => Money,
) {
  return {
    lines: lines.map(({ credited, period = null, ...line }, index) => ({
      id: String(index + 1),
      ...line,
      period,
      ...(credited ? { credited: money(credited.net + credited.tax) } : {}),
      unitPrice: money(line.unitPrice),
      amount: money(line.amount),
      tax: money(line.tax),
    })),
    subtotal: money(subtotal),
    taxes: taxes.map(({ rate, amount }) => ({ rate, amount: money(amount) })),
    tax: money(tax),
    total: money(total),
  };
}
