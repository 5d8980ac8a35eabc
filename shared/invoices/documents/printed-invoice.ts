import type { Day } from '../../core/day.ts';
import type { PrintedDocument } from '../../pdf/print-document.ts';
import type { Invoice, InvoiceLine } from '../invoice.ts';
import { taxBreakdown } from '../tax/tax-breakdown.ts';
import type { Parties } from './party.ts';
import { printedParties, type Wording, wording } from './wording.ts';

/** What an invoice is printed from: nothing of it changes once it has its number. */
export type InvoiceContent = Parties &
  Pick<
    Invoice,
    'number' | 'issuedOn' | 'dueOn' | 'currency' | 'taxIncluded' | 'lines' | 'subtotal' | 'tax' | 'total'
  > &
  Pick<Invoice, 'accountingTax'>;

/** The widths of quantity, price for one, rate and amount. */
export const lineWidths = [44, 74, 36, 84];

/**
 * An invoice as it is printed. What was paid stands on receipts, and what came off on credit notes.
 * `copiedOn`: the day on which it is printed anew.
 */
export function printedInvoice(
  invoice: InvoiceContent,
  logo: Uint8Array | null,
  copiedOn: Day | null = null,
): PrintedDocument {
  const { language, number, issuedOn, dueOn, currency } = invoice;
  const words = wording(language);
  const mark = copiedOn === null ? null : words.text('document.copyOf', { day: words.day(copiedOn) });
  return {
    language,
    title: words.text('document.invoice'),
    number: number ?? words.text('document.draft'),
    date: issuedOn ?? dueOn,
    mark,
    ...printedParties(invoice, logo, words),
    facts: [
      { name: words.text('document.number'), value: number ?? words.text('document.draft') },
      ...(issuedOn === null ? [] : [{ name: words.text('document.date'), value: words.day(issuedOn) }]),
      { name: words.text('document.dueDate'), value: words.day(dueOn) },
    ],
    table: {
      headings: [
        words.text('document.description'),
        words.text('document.quantity'),
        words.text('document.unitPrice'),
        words.text('document.tax'),
        words.text('document.amountIn', { currency }),
      ],
      widths: lineWidths,
      rows: invoice.lines.map((line) => [
        described(line, words),
        String(line.quantity),
        words.amount(line.unitPrice, currency),
        `${line.taxRate}%`,
        words.amount(line.amount, currency),
      ]),
    },
    totals: [...printedTotals(invoice, words), ...printedAccountingTax(invoice, words)],
    notes: [...new Set(invoice.lines.flatMap(({ taxWords }) => taxWords ?? []))],
    pageOf: words.pageOf,
  };
}

/** Its words, and the days that it is for. */
function described({ description, period }: InvoiceLine, words: Wording): string {
  if (!period) return description;
  const [from, to] = [words.day(period.from), words.day(period.to)];
  return `${description}\n${words.text('document.period', { from, to })}`;
}

/** The sums of a document with its tax of each rate (EN 16931, BG-23). */
export function printedTotals(
  {
    lines,
    taxIncluded,
    currency,
    subtotal,
    tax,
    total,
  }: {
    lines: readonly { amount: number; taxRate: string; tax: number }[];
  } & Pick<InvoiceContent, 'taxIncluded' | 'currency' | 'subtotal' | 'tax' | 'total'>,
  words: Wording,
): PrintedDocument['totals'] {
  const money = (amount: number) => words.amount(amount, currency);
  const breakdown = taxBreakdown(lines, taxIncluded);
  const taxOf = taxIncluded ? 'document.taxIncluded' : 'document.taxOf';
  return [
    { name: words.text('document.subtotal'), value: money(subtotal) },
    ...breakdown.map(({ rate, net, amount }) => ({
      name: words.text(taxOf, { rate, net: money(net) }),
      value: money(amount),
    })),
    ...(breakdown.length > 1 ? [{ name: words.text('document.allTaxes'), value: money(tax) }] : []),
    { name: words.text('document.totalIn', { currency }), value: money(total), important: true },
  ];
}

/** Net and tax of each rate in the provider's own currency, where the document is in another. */
export function printedAccountingTax(
  { accountingTax, currency: from }: Pick<InvoiceContent, 'accountingTax' | 'currency'>,
  words: Wording,
): PrintedDocument['totals'] {
  if (!accountingTax) return [];
  const { currency, exchangeRate, from: since, taxes } = accountingTax;
  const money = (amount: number) => words.amount(amount, currency);
  const rate = { from, currency, rate: exchangeRate, day: words.day(since) };
  return [
    { name: words.text('document.exchangeRate', rate), value: '' },
    ...taxes.flatMap(({ rate, net, amount }) => [
      { name: words.text('document.netIn', { rate, currency }), value: money(net) },
      { name: words.text('document.taxIn', { rate, currency }), value: money(amount) },
    ]),
  ];
}
