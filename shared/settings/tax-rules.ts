import * as z from 'zod/mini';
import { percentagePattern } from '../core/money.ts';
import { languages } from '../language/languages.ts';
import type { Day } from '../core/day.ts';

/** What a rule says of the invoice: one text, or one for each language. */
export type TaxWords = string | Partial<Record<(typeof languages)[number], string | undefined>>;

/** From a day on, lines of such buyers and of such products have this rate. */
export interface TaxRule {
  /** ISO 3166-1 alpha-2, or `*` for every country. */
  country: string;
  /** Whether the buyer has a valid tax id; a rule without it is for both. */
  business?: boolean | undefined;
  /** The products' class; a rule without it is for all. */
  taxClass?: string | undefined;
  /** A percentage as a decimal string. */
  rate: string;
  words?: TaxWords | undefined;
  from: Day;
}

export const everyCountry = '*';
export const mostTaxRules = 500;
/** They lie in the row of the settings, which every request may read and which holds 400 KB. */
export const mostTaxRuleBytes = 100_000;
export const longestTaxWords = 500;
export const taxClassPattern = /^[a-z][a-z0-9-]{0,39}$/;
export const taxCountryPattern = /^([A-Z]{2}|\*)$/;

const words = z.string().check(z.minLength(1), z.maxLength(longestTaxWords));

/** The rules as they are stored; what staff send is checked more closely where the route declares it. */
export const storedTaxRules = z
  .array(
    z.object({
      country: z.string().check(z.regex(taxCountryPattern)),
      business: z.optional(z.boolean()),
      taxClass: z.optional(z.string().check(z.regex(taxClassPattern))),
      rate: z.string().check(z.regex(percentagePattern)),
      words: z.optional(
        z.union([
          words,
          z.object(Object.fromEntries(languages.map((language) => [language, z.optional(words)]))),
        ]),
      ),
      from: z.string(),
    }),
  )
  .check(z.maxLength(mostTaxRules));
