import * as z from 'zod';
import { otherCountryCodes } from '../../shared/accounts/tax-id/country.ts';
import { exchangeRatePattern } from '../../shared/core/money.ts';
import { languages } from '../../shared/language/languages.ts';
import { mostExchangeRates } from '../../shared/settings/settings.ts';
import { currency, day, percentage } from '../../shared/http/schemas.ts';
import {
  everyCountry,
  longestTaxWords,
  mostTaxRuleBytes,
  mostTaxRules,
  taxClassPattern,
  type TaxRule,
  type TaxWords,
} from '../../shared/settings/tax-rules.ts';

const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

function countryFault(code: string): string | null {
  if (code === everyCountry) return null;
  if (otherCountryCodes[code]) return `must be ${otherCountryCodes[code]}, the code of ISO 3166`;
  const isKnown = /^[A-Z]{2}$/.test(code) && countryNames.of(code) !== undefined;
  return isKnown ? null : 'must be a country of ISO 3166 in two capital letters, or * for all';
}

const country = z
  .string()
  .max(2)
  .superRefine((code, found) => {
    const message = countryFault(code);
    if (message !== null) found.addIssue({ code: 'custom', message });
  });

const placeholders = ['{buyerTaxId}', '{sellerTaxId}'];

const words = z
  .string()
  .trim()
  .min(1)
  .max(longestTaxWords)
  .refine(
    (text) => (text.match(/\{[^{}]*\}|[{}]/g) ?? []).every((each) => placeholders.includes(each)),
    `has no other placeholders than ${placeholders.join(' and ')}`,
  );

const wordsByLanguage = z
  .strictObject(
    Object.fromEntries(languages.map((language) => [language, words.optional()])) as Record<
      (typeof languages)[number],
      z.ZodOptional<typeof words>
    >,
  )
  .refine((texts) => Object.keys(texts).length > 0, 'must have a text');

const rule = z
  .strictObject({
    country,
    business: z.boolean().optional(),
    taxClass: z
      .string()
      .regex(taxClassPattern, 'must be a class such as domains: small letters, digits and hyphens')
      .optional(),
    rate: percentage,
    words: z.union([words, wordsByLanguage]).optional(),
    from: day,
  })
  .refine(({ business, words: said }) => business === true || !namesBuyer(said), {
    path: ['business'],
    message: 'must be true where the words name the buyer’s tax id: others have none',
    params: { code: 'not-allowed' },
  });

function namesBuyer(said: TaxWords | undefined): boolean {
  const texts = typeof said === 'object' ? Object.values(said) : [said];
  return texts.some((text) => text?.includes('{buyerTaxId}'));
}

/** The setting as staff send it. */
export const taxRules = z
  .array(rule)
  .max(mostTaxRules)
  .superRefine((rules, found) => {
    for (const [index, one] of rules.entries()) {
      const earlier = rules.findIndex((other) => saysForSame(one, other));
      if (earlier === index) continue;
      const message = `must not be for the same buyers, products and day as rule ${earlier}`;
      found.addIssue({ code: 'custom', path: [index], message, params: { code: 'duplicate' } });
    }
    if (Buffer.byteLength(JSON.stringify(rules)) > mostTaxRuleBytes) {
      const message = `must be ${mostTaxRuleBytes} bytes of JSON at most`;
      found.addIssue({ code: 'custom', message, params: { code: 'too-long' } });
    }
  });

/** The setting as staff send it. */
export const exchangeRates = z
  .array(
    z.strictObject({
      currency,
      rate: z.string().regex(exchangeRatePattern, 'must be a decimal number above zero, such as 0.86542'),
      from: day,
    }),
  )
  .max(mostExchangeRates)
  .refine(
    (rates) => new Set(rates.map((each) => `${each.currency} ${each.from}`)).size === rates.length,
    'must not name a currency twice for a day',
  );

function saysForSame(one: TaxRule, other: TaxRule): boolean {
  return (
    one.country === other.country &&
    one.business === other.business &&
    one.taxClass === other.taxClass &&
    one.from === other.from
  );
}
