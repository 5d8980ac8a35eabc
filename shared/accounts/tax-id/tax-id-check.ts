import type { Account, TaxIdCheck } from '../people.ts';

/** What was found of the account's tax id; undefined where it has none, or another than was looked at. */
export function checkOf({
  taxId,
  taxIdCheck,
}: Pick<Account, 'taxId' | 'taxIdCheck'>): TaxIdCheck | undefined {
  return taxId !== null && taxIdCheck?.taxId === taxId ? taxIdCheck : undefined;
}

/** Whether the account is taxed as a business: its tax id was found to be valid. */
export function isBusiness(account: Pick<Account, 'taxId' | 'taxIdCheck'>): boolean {
  return checkOf(account)?.state === 'valid';
}
