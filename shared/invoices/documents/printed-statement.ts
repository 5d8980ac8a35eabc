import type { Key } from '../../language/messages.ts';
import type { PrintedDocument } from '../../pdf/print-document.ts';
import type { Movement, Statement } from '../ledger/statement.ts';
import type { Parties } from './party.ts';
import { printedParties, type Wording, wording } from './wording.ts';

/** What movements are called; others by the word of their journal. */
const kinds: Record<string, Key> = {
  invoice: 'statement.invoice',
  'credit-note': 'statement.creditNote',
  payment: 'statement.payment',
  refund: 'statement.refund',
  taking: 'statement.taking',
  adjustment: 'statement.adjustment',
};

/** A statement as it is printed, for whoever asks on a day: unlike issued documents it is not kept. */
export function printedStatement(
  statement: Statement,
  parties: Parties,
  logo: Uint8Array | null,
): PrintedDocument {
  const { currency, from, to, opening, closing, movements, subtotals } = statement;
  const words = wording(parties.language);
  const money = (amount: number) => words.amount(amount, currency);
  const days = words.text('document.period', { from: words.day(from), to: words.day(to) });
  return {
    language: parties.language,
    title: words.text('document.statement'),
    number: days,
    date: to,
    mark: null,
    ...printedParties(parties, logo, words),
    facts: [
      { name: words.text('statement.from'), value: words.day(from) },
      { name: words.text('statement.to'), value: words.day(to) },
    ],
    table: {
      headings: [
        words.text('document.description'),
        words.text('document.date'),
        words.text('document.amountIn', { currency }),
        words.text('statement.balance'),
      ],
      widths: [70, 84, 84],
      rows: [
        [words.text('statement.opening'), words.day(from), '', money(opening)],
        ...movements.map((each) => [
          described(each, words),
          words.day(each.on),
          money(each.amount),
          money(each.balance),
        ]),
      ],
    },
    totals: [
      ...subtotals.map(({ accountName, charged, credited }) => ({
        name: accountName,
        value: money(charged - credited),
      })),
      { name: words.text('statement.closing', { currency }), value: money(closing), important: true },
    ],
    notes: [],
    pageOf: words.pageOf,
  };
}

function described({ kind, relatesTo, method, reason }: Movement, words: Wording): string {
  const key = kinds[kind];
  const name = key ? words.text(key) : kind;
  return [name, relatesTo?.number, method, reason].filter(Boolean).join(' ');
}
