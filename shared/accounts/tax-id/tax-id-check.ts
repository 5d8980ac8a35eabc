import type { OutboxTask } from '../../write/outbox-task.ts';
import type { Account, TaxIdCheck, TaxIdState } from '../people.ts';
import { countryOf } from './country.ts';
import type { TaxIdNumber } from './tax-id-forms.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Looks at an account's tax id, again and again while nobody knows it. */
    'check-tax-id': { accountId: string; taxId: string; country: string | null };
  }
}

/** Who knows which tax ids exist. */
export interface TaxIdRegistry {
  /** `unknown` where it does not answer; `asker` is in whose name it is asked, where that is known. */
  check(
    taxId: Pick<TaxIdNumber, 'prefix' | 'number'>,
    asker?: Pick<TaxIdNumber, 'prefix' | 'number'>,
  ): Promise<{ state: TaxIdState; answer?: Record<string, string> }>;
}

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

/** An account whose tax id or country may be others now: what was found of those before is dropped, and looked at anew. */
export function withTaxIdToCheck(
  before: Pick<Account, 'taxId' | 'address'>,
  after: Account,
): { account: Account; outbox: OutboxTask[] } {
  const country = countryOf(after);
  if (after.taxId === before.taxId && country === countryOf(before)) return { account: after, outbox: [] };
  const account = { ...after, taxIdCheck: null };
  const { id: accountId, taxId } = after;
  return { account, outbox: taxId === null ? [] : [{ kind: 'check-tax-id', accountId, taxId, country }] };
}
