import type { Day } from '../../core/day.ts';
import type { TaxRule, TaxWords } from '../../settings/tax-rules.ts';

/** What the tax of a line depends on. */
export interface Taxed {
  /** ISO 3166-1 alpha-2; null where the buyer's address names none. */
  country: string | null;
  /** Whether the buyer has a valid tax id. */
  business: boolean;
  /** The product's class; null for none. */
  taxClass: string | null;
  day: Day;
}

/**
 * The rate and words of the rule that applies; null where none does. Of the rules that have begun the most specific
 * one counts, whichever began last: first one that names the country, then one that says whether the buyer is a
 * business, then one that names the class. Of equally specific ones the latest counts.
 */
export function taxOf(
  taxed: Taxed,
  rules: readonly TaxRule[],
): { rate: string; words: TaxWords | null } | null {
  const [first] = rules.filter((rule) => applies(rule, taxed)).toSorted(byPrecedence);
  return first ? { rate: first.rate, words: first.words ?? null } : null;
}

function applies(rule: TaxRule, { country, business, taxClass, day }: Taxed): boolean {
  return (
    (namesNoCountry(rule) || rule.country === country) &&
    (rule.business === undefined || rule.business === business) &&
    (rule.taxClass === undefined || rule.taxClass === taxClass) &&
    rule.from <= day
  );
}

const namesNoCountry = ({ country }: TaxRule) => country === '*';

/** The one that counts before the other comes first. */
function byPrecedence(one: TaxRule, other: TaxRule): number {
  return (
    Number(namesNoCountry(one)) - Number(namesNoCountry(other)) ||
    Number(one.business === undefined) - Number(other.business === undefined) ||
    Number(one.taxClass === undefined) - Number(other.taxClass === undefined) ||
    (one.from < other.from ? 1 : one.from > other.from ? -1 : 0)
  );
}
