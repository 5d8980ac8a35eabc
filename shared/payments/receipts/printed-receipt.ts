import { wording, printedParties } from '../../invoices/documents/wording.ts';
import type { PrintedDocument } from '../../pdf/print-document.ts';
import type { Payment, Receipt } from '../payment.ts';

/**
 * The receipt of a payment as it is printed: what came, how, and what it paid. What is given back later stands on credit
 * notes. `numbers` are those of its invoices, by id.
 */
export function printedReceipt(
  payment: Payment & { receipt: Receipt },
  numbers: ReadonlyMap<string, string>,
  logo: Uint8Array | null,
): PrintedDocument {
  const { receipt, currency, amount, toCredit } = payment;
  const { language, number, issuedOn } = receipt;
  const words = wording(language);
  const money = (of: number) => words.amount(of, currency);
  const paidInvoice = (invoiceId: string) =>
    words.text('document.paidInvoice', { number: numbers.get(invoiceId) ?? invoiceId });
  return {
    language,
    title: words.text('document.receipt'),
    number,
    date: issuedOn,
    mark: null,
    ...printedParties(receipt, logo, words),
    facts: [
      { name: words.text('document.number'), value: number },
      { name: words.text('document.date'), value: words.day(issuedOn) },
      { name: words.text('document.receivedOn'), value: words.day(payment.receivedOn) },
      { name: words.text('document.method'), value: payment.method },
      { name: words.text('document.paidBy'), value: payment.paidBy.name },
      { name: words.text('document.reference'), value: payment.reference },
    ],
    table: {
      headings: [words.text('document.paidFor'), words.text('document.amountIn', { currency })],
      widths: [84],
      rows: [
        ...payment.allocations.map((part) => [paidInvoice(part.invoiceId), money(part.amount)]),
        ...(toCredit > 0 ? [[words.text('document.toCredit'), money(toCredit)]] : []),
      ],
    },
    totals: [{ name: words.text('document.totalIn', { currency }), value: money(amount), important: true }],
    notes: [],
    pageOf: words.pageOf,
  };
}
