import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Taxed, taxOf } from '../../../../shared/invoices/tax/tax-of.ts';
import type { TaxRule } from '../../../../shared/settings/tax-rules.ts';

const days = ['2025-12-31', '2026-01-01', '2026-07-01', '2027-01-01'];
const anyRule: fc.Arbitrary<TaxRule> = fc.record({
  country: fc.constantFrom('*', 'DE', 'FR'),
  business: fc.constantFrom(undefined, true, false),
  taxClass: fc.constantFrom(undefined, 'domains', 'books'),
  rate: fc.integer({ min: 0, max: 30 }).map(String),
  from: fc.constantFrom(...days),
});
/** The provider may not say two things for the same buyers from the same day on. */
const anyRules = fc.uniqueArray(anyRule, {
  maxLength: 30,
  selector: ({ country, business, taxClass, from }) => JSON.stringify([country, business, taxClass, from]),
});
const anyTaxed: fc.Arbitrary<Taxed> = fc.record({
  country: fc.constantFrom(null, 'DE', 'FR', 'US'),
  business: fc.boolean(),
  taxClass: fc.constantFrom(null, 'domains', 'books'),
  day: fc.constantFrom(...days),
});

/** The order, written down: each kind of rule counts before all those below it. */
const order = ({ country, business, taxClass }: Taxed) => [
  { country, business, taxClass },
  { country, business, taxClass: undefined },
  { country, business: undefined, taxClass },
  { country, business: undefined, taxClass: undefined },
  { country: '*', business, taxClass },
  { country: '*', business, taxClass: undefined },
  { country: '*', business: undefined, taxClass },
  { country: '*', business: undefined, taxClass: undefined },
];

function firstOf(taxed: Taxed, rules: readonly TaxRule[]): TaxRule | undefined {
  for (const kind of order(taxed)) {
    const begun = rules.filter(
      (rule) =>
        rule.country === kind.country &&
        rule.business === kind.business &&
        rule.taxClass === kind.taxClass &&
        rule.from <= taxed.day,
    );
    const latest = begun.toSorted((a, b) => (a.from < b.from ? -1 : 1)).at(-1);
    if (latest) return latest;
  }
  return undefined;
}

describe('the rule that applies', () => {
  test('is the latest of the most specific kind: country, then business, then class', () => {
    fc.assert(
      fc.property(anyTaxed, anyRules, (taxed, rules) => {
        expect(taxOf(taxed, rules)?.rate).toBe(firstOf(taxed, rules)?.rate);
      }),
      { numRuns: 2000 },
    );
  });

  test('does not depend on the order in which they are written', () => {
    fc.assert(
      fc.property(
        anyTaxed,
        anyRules.chain((rules) =>
          fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })),
        ),
        (taxed, [rules, shuffled]) => {
          expect(taxOf(taxed, shuffled)).toEqual(taxOf(taxed, rules));
        },
      ),
    );
  });

  test('stays the same however many begin later', () => {
    fc.assert(
      fc.property(anyTaxed, anyRules, (taxed, rules) => {
        const begun = rules.filter(({ from }) => from <= taxed.day);
        expect(taxOf(taxed, rules)).toEqual(taxOf(taxed, begun));
      }),
    );
  });

  test('is the general one of a country before the exact one of all countries, with its words', () => {
    const rules: TaxRule[] = [
      { country: '*', business: true, taxClass: 'domains', rate: '0', from: '2026-06-01' },
      { country: 'DE', rate: '19', words: { en: 'VAT', de: 'USt.' }, from: '2026-01-01' },
    ];
    const taxed = { country: 'DE', business: true, taxClass: 'domains', day: '2026-07-01' };
    expect(taxOf(taxed, rules)).toEqual({ rate: '19', words: { en: 'VAT', de: 'USt.' } });
    expect(taxOf({ ...taxed, country: 'FR' }, rules)).toEqual({ rate: '0', words: null });
    expect(taxOf({ ...taxed, country: 'FR', taxClass: null }, rules)).toBeNull();
    expect(taxOf({ ...taxed, country: null, day: '2026-05-31' }, rules)).toBeNull();
  });

  test('begins on its day', () => {
    const rules: TaxRule[] = [
      { country: 'EE', rate: '22', from: '2024-01-01' },
      { country: 'EE', rate: '24', from: '2025-07-01' },
    ];
    const on = (day: string) => taxOf({ country: 'EE', business: false, taxClass: null, day }, rules)?.rate;
    expect(['2023-12-31', '2024-01-01', '2025-06-30', '2025-07-01'].map(on)).toEqual([
      undefined,
      '22',
      '22',
      '24',
    ]);
  });
});
