import { type Money, moneyText, split, taxOn, taxWithin } from '../../core/money.ts';
import type { Day } from '../../core/day.ts';
import type { Language } from '../../language/languages.ts';
import { invalid, Problem } from '../../core/problem.ts';
import { creditedOf, type Invoice, type InvoiceLine, sum } from '../invoice.ts';

/** What a note takes off one line of its invoice; amounts in minor units, before tax. */
export interface NoteLine {
  /** The id of the invoice's line. */
  line: string;
  description: string;
  /** Where whole units are taken off. */
  quantity: number | null;
  amount: number;
  taxRate: string;
  tax: number;
}

/** A document that lowers what an issued invoice charged. It never changes. */
export interface CreditNote {
  id: string;
  accountId: string;
  number: string;
  invoiceId: string;
  invoiceNumber: string;
  issuedOn: Day;
  currency: string;
  lines: NoteLine[];
  subtotal: number;
  taxes: { rate: string; amount: number }[];
  tax: number;
  total: number;
  reason: string;
  /** The account's on the day; missing in notes of before documents were printed. */
  language?: Language;
  /** How much of it was money to give back, and where it went; the rest lowered the balance. */
  back: number;
  to: 'credit' | 'gateway';
  createdAt: string;
}

/** What is to be taken off: all that is left of the invoice or of some lines, parts of lines, or a gross amount. */
export type Wanted =
  | { kind: 'all' }
  | { kind: 'lines'; lines: readonly WantedLine[] }
  /** Shared over the lines in proportion to what is left of them. */
  | { kind: 'amount'; amount: number };

/** Without quantity or amount it is all that is left of the line; `amount` is before tax. */
export interface WantedLine {
  line: string;
  quantity?: number | undefined;
  amount?: number | undefined;
}

/** Lines are named by their place on the invoice, from 1 on. */
export const lineIdOf = (index: number): string => String(index + 1);
const indexOfLine = (line: string): number => (/^[1-9]\d{0,3}$/.test(line) ? Number(line) - 1 : -1);

/** The line that a note names. */
export const lineAt = (invoice: Invoice | undefined, line: string): InvoiceLine | undefined =>
  invoice?.lines[indexOfLine(line)];

interface Part {
  net: number;
  tax: number;
}

/** What a line charged, before tax and as tax. */
export function chargedBy({ amount, tax }: InvoiceLine, taxIncluded: boolean): Part {
  return { net: taxIncluded ? amount - tax : amount, tax };
}

/** What of a line no note has taken off. */
export function leftOfLine(line: InvoiceLine, taxIncluded: boolean): Part {
  const { net, tax } = chargedBy(line, taxIncluded);
  return { net: net - (line.credited?.net ?? 0), tax: tax - (line.credited?.tax ?? 0) };
}

export const grossLeft = (line: InvoiceLine, taxIncluded: boolean): number => {
  const { net, tax } = leftOfLine(line, taxIncluded);
  return net + tax;
};

/** Whether a note has taken the whole line off; one that charged nothing stands until a note names it. */
export function isOff(line: InvoiceLine, taxIncluded: boolean): boolean {
  return line.credited !== undefined && grossLeft(line, taxIncluded) === 0;
}

/** The lines that are still charged, each with its place. */
export function standingLines({ lines, taxIncluded }: Pick<Invoice, 'lines' | 'taxIncluded'>) {
  return [...lines.entries()].filter(([, line]) => !isOff(line, taxIncluded));
}

/**
 * The lines of a note for what is wanted, each with its place on the invoice.
 * @throws Problem `given-back` where that much is not left, with what is
 * @throws Problem where it would take off discounts alone
 */
export function noteLines(invoice: Invoice, wanted: Wanted): { index: number; line: NoteLine }[] {
  return withinInvoice(invoice, wanted, partsOf(invoice, wanted)).map(({ index, part, quantity }) => {
    const { description, taxRate } = invoice.lines[index]!;
    const line = { line: lineIdOf(index), description, quantity, amount: part.net, taxRate, tax: part.tax };
    return { index, line };
  });
}

interface LinePart {
  index: number;
  part: Part;
  quantity: number | null;
}

const grossOf = (parts: readonly LinePart[]): number => sum(parts.map(({ part }) => part.net + part.tax));

/**
 * No more than is left of the whole invoice: of one from before credit notes something may be off that no line tells. What
 * asks for all that is left of lines gets as much as there is.
 */
function withinInvoice(invoice: Invoice, wanted: Wanted, parts: LinePart[]): LinePart[] {
  const left = invoice.total - creditedOf(invoice);
  if (left <= 0) throw givenBack(invoice, 0);
  const gross = grossOf(parts);
  if (gross < 0) {
    const message = 'must take something off: a discount goes with what it lowered';
    throw invalid([{ path: 'lines', code: 'out-of-range', message }]);
  }
  if (gross <= left) return parts;
  const isNamed =
    wanted.kind === 'lines' && wanted.lines.some((each) => (each.quantity ?? each.amount) !== undefined);
  if (isNamed) throw givenBack(invoice, left);
  const among = new Set(parts.map(({ index }) => index));
  return sharedOver(invoice, left, (index) => among.has(index));
}

/**
 * A gross amount over the lines that count, in proportion to what is left of each: of discounts, as much is taken off as
 * of what they lowered.
 */
function sharedOver(
  { lines, taxIncluded, currency }: Invoice,
  amount: number,
  counts: (index: number) => boolean = () => true,
): LinePart[] {
  const left = lines.map((line, index) => (counts(index) ? grossLeft(line, taxIncluded) : 0));
  const [charged, discounted] = [left.map((of) => Math.max(0, of)), left.map((of) => Math.max(0, -of))];
  const offCharged = roundedShare(amount, sum(charged), sum(left));
  const shares = [
    split({ amount: offCharged, currency }, charged),
    split({ amount: offCharged - amount, currency }, discounted),
  ];
  return lines.flatMap((line, index): LinePart[] => {
    const share = shares[0]![index]! - shares[1]![index]!;
    return share === 0 ? [] : [{ index, part: grossPart(line, share, taxIncluded), quantity: null }];
  });
}

/** `amount` × `part` / `whole`, rounded half up; none is below zero. */
function roundedShare(amount: number, part: number, whole: number): number {
  const [product, of] = [BigInt(amount) * BigInt(part), BigInt(whole)];
  return Number((2n * product + of) / (2n * of));
}

/** What is left of all lines, discounts taken off. */
function leftOf({ lines, taxIncluded }: Invoice): number {
  return sum(lines.map((line) => grossLeft(line, taxIncluded)));
}

function partsOf(invoice: Invoice, wanted: Wanted): LinePart[] {
  switch (wanted.kind) {
    case 'all':
      return standingLines(invoice).map(([index, line]) => wholeOf(invoice, index, line));
    case 'lines':
      return wanted.lines.map((each, nth) => partOfLine(invoice, each, nth));
    case 'amount': {
      const all = Math.min(leftOf(invoice), invoice.total - creditedOf(invoice));
      if (wanted.amount > all) throw givenBack(invoice, all);
      return sharedOver(invoice, wanted.amount);
    }
  }
}

function wholeOf({ taxIncluded }: Invoice, index: number, line: InvoiceLine): LinePart {
  const quantity = line.credited === undefined ? line.quantity : null;
  return { index, part: leftOfLine(line, taxIncluded), quantity };
}

function partOfLine(invoice: Invoice, wanted: WantedLine, nth: number): LinePart {
  const { taxIncluded, currency } = invoice;
  const index = indexOfLine(wanted.line);
  const line = invoice.lines[index];
  const path = `lines.${nth}`;
  if (!line)
    throw invalid([{ path: `${path}.line`, code: 'not-found', message: 'is no line of the invoice' }]);
  const left = leftOfLine(line, taxIncluded);
  if (isOff(line, taxIncluded)) throw givenBack(invoice, 0, wanted.line);
  const { quantity, amount } = wanted;
  if (quantity === undefined && amount === undefined) return wholeOf(invoice, index, line);
  const sign = signOf(line);
  const net = amount === undefined ? netOfUnits(line, quantity!, taxIncluded) : signed(sign, amount);
  if (sign * net > sign * left.net || (quantity ?? 0) > line.quantity) {
    throw givenBack(invoice, left.net + left.tax, wanted.line);
  }
  // The last note of a line takes what rounding has left.
  const tax = net === left.net ? left.tax : nearerZero(left.tax, taxOn(net, line.taxRate));
  if (sign * net <= 0) {
    const message = `must be more than ${moneyText({ amount: 0, currency })}`;
    throw invalid([{ path: `${path}.amount`, code: 'out-of-range', message }]);
  }
  return { index, part: { net, tax }, quantity: quantity ?? null };
}

/** Below zero for a discount. */
const signOf = ({ amount }: InvoiceLine): 1 | -1 => (amount < 0 ? -1 : 1);

/** Never -0. */
const signed = (sign: 1 | -1, magnitude: number): number => (sign < 0 ? 0 - magnitude : magnitude);

const nearerZero = (one: number, other: number): number => (Math.abs(one) < Math.abs(other) ? one : other);

/** What so many units of a line charged before tax, rounded half away from zero. */
function netOfUnits(line: InvoiceLine, quantity: number, taxIncluded: boolean): number {
  const sign = signOf(line);
  return signed(sign, roundedShare(sign * chargedBy(line, taxIncluded).net, quantity, line.quantity));
}

/** A gross amount of a line as net and tax, within what is left of each; of a discount all of them are below zero. */
function grossPart(line: InvoiceLine, gross: number, taxIncluded: boolean): Part {
  const left = leftOfLine(line, taxIncluded);
  const wanted = gross === left.net + left.tax ? left.tax : taxWithin(gross, line.taxRate);
  const sign = signOf(line);
  const tax = Math.min(sign * left.tax, Math.max(sign * wanted, sign * (gross - left.net)));
  return { net: gross - signed(sign, tax), tax: signed(sign, tax) };
}

/** More is to be taken off or given back than is left. */
function givenBack({ number, currency }: Invoice, amount: number, line?: string): Problem {
  const left: Money = { amount, currency };
  const of = line === undefined ? `invoice ${number}` : `line ${line} of invoice ${number}`;
  return new Problem('given-back', `${moneyText(left)} of ${of} is left to be taken off.`, { left });
}

/** The sums of a note's lines. */
export function sumsOf(lines: readonly NoteLine[]): Pick<CreditNote, 'subtotal' | 'taxes' | 'tax' | 'total'> {
  const byRate = new Map<string, number>();
  for (const { taxRate, tax } of lines) byRate.set(taxRate, (byRate.get(taxRate) ?? 0) + tax);
  const [subtotal, tax] = [sum(lines.map(({ amount }) => amount)), sum(lines.map((line) => line.tax))];
  return {
    subtotal,
    taxes: [...byRate].map(([rate, amount]) => ({ rate, amount })),
    tax,
    total: subtotal + tax,
  };
}

/** A note as the API returns it. */
export function creditNoteView(note: CreditNote) {
  const { id, number, invoiceId, invoiceNumber, issuedOn, currency, reason, language = null, to } = note;
  const money = (amount: number): Money => ({ amount, currency });
  return {
    id,
    number,
    invoiceId,
    invoiceNumber,
    issuedOn,
    currency,
    lines: note.lines.map((line) => ({ ...line, amount: money(line.amount), tax: money(line.tax) })),
    subtotal: money(note.subtotal),
    taxes: note.taxes.map(({ rate, amount }) => ({ rate, amount: money(amount) })),
    tax: money(note.tax),
    total: money(note.total),
    reason,
    language,
    back: money(note.back),
    to,
  };
}
