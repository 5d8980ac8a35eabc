import type { Account } from '../../accounts/people.ts';
import { countryOf } from '../../accounts/tax-id/country.ts';
import { checkOf, isBusiness } from '../../accounts/tax-id/tax-id-check.ts';
import type { Day } from '../../core/day.ts';
import { firstSpoken } from '../../language/choose.ts';
import { defaultLanguage, type Language } from '../../language/languages.ts';
import type { Settings } from '../../settings/settings.ts';
import type { TaxWords } from '../../settings/tax-rules.ts';
import { type Invoice, type LineTax, sumLines, taxedLine, type Totals } from '../invoice.ts';
import { taxOf } from './tax-of.ts';

/**
 * How the lines of somebody's invoice are taxed on a day. Nothing else decides a rate: carts, quotes and drafts show what it
 * says today, and what takes a number has what it says then.
 */
export function lineTaxes(
  buyer: Pick<Account, 'address' | 'taxId' | 'taxIdCheck' | 'language'>,
  settings: Pick<Settings, 'tax.rules' | 'invoices.defaultTaxRate' | 'provider.taxId'>,
  day: Day,
): LineTax {
  const [country, business] = [countryOf(buyer), isBusiness(buyer)];
  const language = firstSpoken(buyer.language);
  const taxIds = { '{buyerTaxId}': buyer.taxId ?? '', '{sellerTaxId}': settings['provider.taxId'] };
  return (taxClass) => {
    const found = taxOf({ country, business, taxClass, day }, settings['tax.rules']);
    if (!found) return { rate: settings['invoices.defaultTaxRate'], words: null };
    const { rate, words } = found;
    return { rate, words: words && withTaxIds(inLanguage(words, language), taxIds) };
  };
}

function inLanguage(words: TaxWords, language: Language): string {
  if (typeof words === 'string') return words;
  return words[language] ?? words[defaultLanguage] ?? Object.values(words).find(Boolean) ?? '';
}

function withTaxIds(words: string, taxIds: Readonly<Record<string, string>>): string {
  return words.replaceAll(/\{\w+\}/g, (placeholder) => taxIds[placeholder] ?? placeholder);
}

/** The same lines as they are taxed now; one with a rate of its own keeps it. */
export function retaxed<T extends Totals>(totals: T, taxIncluded: boolean, lineTax: LineTax): T {
  const lines = totals.lines.map((line) => {
    // Whoever gave a line its rate meant it, and lines of before the rules have what was shown.
    if (line.taxClass === undefined) return line;
    const { taxWords: _, ...untaxed } = line;
    return taxedLine({ ...untaxed, taxClass: line.taxClass }, undefined, taxIncluded, lineTax);
  });
  return { ...totals, ...sumLines(lines, taxIncluded, totals.currency) };
}

/** The buyer's tax id as an invoice keeps it, with what is known of it when it is issued; null where there is none. */
export function buyerTaxIdOf(
  buyer: Pick<Account, 'taxId' | 'taxIdCheck'>,
): NonNullable<Invoice['buyerTaxId']> | null {
  if (buyer.taxId === null) return null;
  const { state = 'unknown', at = null } = checkOf(buyer) ?? {};
  return { taxId: buyer.taxId, state, at };
}
