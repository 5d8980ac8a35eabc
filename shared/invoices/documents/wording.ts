import type { Day } from '../../core/day.ts';
import { decimalText } from '../../core/money.ts';
import type { Language } from '../../language/languages.ts';
import type { Key } from '../../language/messages.ts';
import { text, type Values } from '../../language/text.ts';
import { addressLines } from './parties.ts';
import type { Buyer, Parties, Seller } from './party.ts';

/** How documents in a language say days, amounts and words. */
export function wording(language: Language) {
  return {
    text: (key: Key, values?: Values) => text(language, key, values),
    day: (day: Day) => dayText(language, day),
    amount: (amount: number, currency: string) => amountText(language, amount, currency),
    pageOf: (page: number, pages: number) => text(language, 'document.page', { page, pages }),
  };
}

export type Wording = ReturnType<typeof wording>;

export function dayText(language: Language, day: Day): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}

/** In major units with the currency's own decimals, without its code: columns say that. */
function amountText(language: Language, amount: number, currency: string): string {
  const decimal = decimalText({ amount, currency });
  const digits = decimal.split('.')[1]?.length ?? 0;
  // As text, because a large amount has more digits than a number holds.
  return numberFormat(language, digits).format(decimal as Intl.StringNumericLiteral);
}

const formats = new Map<string, Intl.NumberFormat>();

/** Kept, because making one takes longer than printing a line. */
function numberFormat(language: Language, digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = formats.get(key) ?? new Intl.NumberFormat(language, options);
  formats.set(key, format);
  return format;
}

/** The two parties as they stand at the head of every document. */
export function printedParties(
  { seller, buyer }: Pick<Parties, 'seller' | 'buyer'>,
  logo: Uint8Array | null,
  words: Wording,
) {
  const taxId = (of: Seller | Buyer) =>
    of.taxId === null ? [] : [words.text('document.taxId', { taxId: of.taxId })];
  return {
    seller: { name: seller.name, lines: [...seller.address, ...taxId(seller)], footer: seller.footer, logo },
    buyer: {
      heading: words.text('document.billedTo'),
      name: buyer.name,
      lines: [...addressLines(buyer.address), ...taxId(buyer)],
    },
  };
}
