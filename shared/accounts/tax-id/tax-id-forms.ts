import { otherCountryCodes } from './country.ts';

/**
 * Where the forms are from. The EU's: the table in VIES's questions and answers, “What is the format of a VAT number?”.
 * Whether such a number exists is for VIES to say, so their check digits are not looked at. Those of the others are,
 * since nobody is asked.
 *
 * Written on 2026-11-30 from
 * - EU: https://ec.europa.eu/taxation_customs/vies/#/faq
 * - GB: https://www.gov.uk/guidance/vat-eu-country-codes-vat-numbers-and-vat-in-other-languages
 * - CH: https://www.uid.admin.ch
 * - NO: https://www.brreg.no/en/
 */

interface TaxIdForm {
  /** ISO 3166-1 alpha-2: whose addresses have such tax ids. */
  country: string;
  /** What the number begins with where it is written in full. */
  prefix: string;
  /** The rest of it. */
  number: RegExp;
  /** Words that may follow. */
  suffix?: RegExp;
  isRight?: (digits: string) => boolean;
  /** Whether VIES knows such numbers. */
  inVies: boolean;
}

const eu = (prefix: string, number: RegExp, country = prefix): TaxIdForm => ({
  country,
  prefix,
  number,
  inVies: true,
});

const british = /^(\d{9}|\d{12}|GD\d{3}|HA\d{3})$/;

const forms: readonly TaxIdForm[] = [
  eu('AT', /^U\d{8}$/),
  eu('BE', /^[01]\d{9}$/),
  eu('BG', /^\d{9,10}$/),
  eu('CY', /^\d{8}[A-Z]$/),
  eu('CZ', /^\d{8,10}$/),
  eu('DE', /^\d{9}$/),
  eu('DK', /^\d{8}$/),
  eu('EE', /^\d{9}$/),
  eu('EL', /^\d{9}$/, 'GR'),
  eu('ES', /^([A-Z]\d{7}[A-Z\d]|\d{8}[A-Z])$/),
  eu('FI', /^\d{8}$/),
  eu('FR', /^[A-HJ-NP-Z\d]{2}\d{9}$/),
  eu('HR', /^\d{11}$/),
  eu('HU', /^\d{8}$/),
  eu('IE', /^(\d[A-Z\d+*]\d{5}[A-Z]|\d{7}[A-Z]{2})$/),
  eu('IT', /^\d{11}$/),
  eu('LT', /^(\d{9}|\d{12})$/),
  eu('LU', /^\d{8}$/),
  eu('LV', /^\d{11}$/),
  eu('MT', /^\d{8}$/),
  eu('NL', /^[A-Z\d+*]{12}$/),
  eu('PL', /^\d{10}$/),
  eu('PT', /^\d{9}$/),
  eu('RO', /^\d{2,10}$/),
  eu('SE', /^\d{12}$/),
  eu('SI', /^\d{8}$/),
  eu('SK', /^\d{10}$/),
  // Northern Ireland's traders in goods; without its prefix a number is Great Britain's.
  eu('XI', british, 'GB'),
  { country: 'GB', prefix: 'GB', number: british, isRight: isBritish, inVies: false },
  {
    country: 'CH',
    prefix: 'CHE',
    number: /^[1-9]\d{8}$/,
    suffix: /(MWST|TVA|IVA)$/,
    isRight: isSwiss,
    inVies: false,
  },
  { country: 'NO', prefix: 'NO', number: /^[89]\d{8}$/, suffix: /MVA$/, isRight: isNorwegian, inVies: false },
];

/** A number in the form that the tax office gives them. */
export interface TaxIdNumber {
  prefix: string;
  /** Without prefix, separators and words. */
  number: string;
  inVies: boolean;
}

/** A tax id as a buyer in that country has one; `wrong` in its form, or `unknown` where no form of that country is known. */
export function numberOf(taxId: string, country: string | null): TaxIdNumber | 'wrong' | 'unknown' {
  const known = forms.filter((form) => form.country === country);
  if (known.length === 0) return 'unknown';
  return firstThatFits(taxId, known) ?? 'wrong';
}

/** A tax id that VIES knows the form of, by its prefix alone; undefined for others. */
export function viesNumberOf(taxId: string): TaxIdNumber | undefined {
  return firstThatFits(
    taxId,
    forms.filter(({ inVies, prefix }) => inVies && withoutSeparators(taxId).startsWith(prefix)),
  );
}

function firstThatFits(taxId: string, candidates: readonly TaxIdForm[]): TaxIdNumber | undefined {
  for (const form of candidates) {
    const { prefix, inVies } = form;
    const number = restsOf(taxId, form).find(
      (rest) => form.number.test(rest) && (form.isRight?.(rest) ?? true),
    );
    if (number !== undefined) return { prefix, number, inVies };
  }
  return undefined;
}

/** What may be the number: after the prefix, or all of it where people left the prefix out. */
function restsOf(taxId: string, { country, prefix, suffix = /$/ }: TaxIdForm): string[] {
  const text = withoutSeparators(taxId).replace(suffix, '');
  const prefixes = [
    prefix,
    country,
    ...Object.keys(otherCountryCodes).filter((code) => otherCountryCodes[code] === country),
  ];
  const after = prefixes.flatMap((each) => (text.startsWith(each) ? [text.slice(each.length)] : []));
  // XI alone tells its numbers from Great Britain's.
  return prefix === 'XI' ? (text.startsWith(prefix) ? [text.slice(prefix.length)] : []) : [...after, text];
}

function withoutSeparators(taxId: string): string {
  return taxId.toUpperCase().replaceAll(/[\s./-]/g, '');
}

const weighted = (digits: string, weights: readonly number[]) =>
  weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);

/** The last two of nine digits make the weighted sum a multiple of 97, since 2010 with 55 added as well. */
function isBritish(number: string): boolean {
  // Government departments and health authorities have numbers of three digits below and from 500.
  if (number.startsWith('GD')) return Number(number.slice(2)) < 500;
  if (number.startsWith('HA')) return Number(number.slice(2)) >= 500;
  const sum = weighted(number, [8, 7, 6, 5, 4, 3, 2]) + Number(number.slice(7, 9));
  return sum > 0 && (sum % 97 === 0 || (sum + 55) % 97 === 0);
}

function isSwiss(number: string): boolean {
  return checkDigit(weighted(number, [5, 4, 3, 2, 7, 6, 5, 4])) === Number(number[8]);
}

function isNorwegian(number: string): boolean {
  return checkDigit(weighted(number, [3, 2, 7, 6, 5, 4, 3, 2])) === Number(number[8]);
}

/** Modulo 11; 10 is no digit, so that no number has it. */
const checkDigit = (sum: number) => (11 - (sum % 11)) % 11;
