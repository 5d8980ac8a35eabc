import type { PrintedDocument } from '../../pdf/print-document.ts';
import type { CreditNote } from '../credit-notes/credit-note.ts';
import type { Invoice } from '../invoice.ts';
import { accountingTaxIn, taxBreakdown } from '../tax/tax-breakdown.ts';
import type { Parties } from './party.ts';
import { lineWidths, printedAccountingTax, printedTotals } from './printed-invoice.ts';
import { printedParties, wording } from './wording.ts';

/**
 * A credit note as it is printed. Its parties are those of the invoice that it corrects; so are the rate of exchange, and
 * what has to be said of the tax.
 */
export function printedCreditNote(
  note: CreditNote,
  invoice: Invoice & Parties,
  logo: Uint8Array | null,
): PrintedDocument {
  const { currency, number, issuedOn, invoiceNumber } = note;
  const language = note.language ?? invoice.language;
  const words = wording(language);
  const breakdown = taxBreakdown(note.lines, false);
  const accountingTax = invoice.accountingTax && accountingTaxIn(invoice.accountingTax, breakdown, currency);
  const isNoted = new Set(note.lines.map(({ line }) => Number(line) - 1));
  const taxWords = invoice.lines.flatMap((line, index) => (isNoted.has(index) ? (line.taxWords ?? []) : []));
  return {
    language,
    title: words.text('document.creditNote'),
    number,
    date: issuedOn,
    mark: null,
    ...printedParties(invoice, logo, words),
    facts: [
      { name: words.text('document.number'), value: number },
      { name: words.text('document.date'), value: words.day(issuedOn) },
      { name: words.text('document.forInvoice'), value: invoiceNumber },
    ],
    table: {
      headings: [
        words.text('document.description'),
        words.text('document.quantity'),
        words.text('document.tax'),
        words.text('document.amountIn', { currency }),
      ],
      widths: [lineWidths[0]!, lineWidths[2]!, lineWidths[3]!],
      rows: note.lines.map((line) => [
        line.description,
        line.quantity === null ? '' : String(line.quantity),
        `${line.taxRate}%`,
        words.amount(line.amount, currency),
      ]),
    },
    totals: [
      ...printedTotals({ ...note, taxIncluded: false }, words),
      ...printedAccountingTax({ currency, ...(accountingTax ? { accountingTax } : {}) }, words),
    ],
    notes: [words.text('document.reason', { reason: note.reason }), ...new Set(taxWords)],
    pageOf: words.pageOf,
  };
}
