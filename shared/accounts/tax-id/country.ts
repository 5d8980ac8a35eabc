import type { Account } from '../people.ts';

/** Codes by which tax offices and people call countries that ISO 3166 calls otherwise. */
export const otherCountryCodes: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' };

/** The country of an account's address, by its code in ISO 3166; null where the address names none. */
export function countryOf({ address: { country } }: Pick<Account, 'address'>): string | null {
  return country === undefined ? null : (otherCountryCodes[country] ?? country);
}
