import type { Account } from '../../accounts/people.ts';
import type { Day } from '../../core/day.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Totals } from '../invoice.ts';
import { lineTaxes, retaxed } from './line-taxes.ts';

interface TaxedTodayDependencies {
  people: { account(accountId: string): Promise<Account | undefined> };
  settings(): Promise<Settings>;
}

/** What an account reads of its drafts and quotes: those that have not become an invoice are taxed as of today. */
export async function taxedToday<T extends Totals & { taxIncluded?: boolean }>(
  { people, settings }: TaxedTodayDependencies,
  accountId: string,
  items: readonly T[],
  isOpen: (item: T) => boolean,
  today: Day,
): Promise<readonly T[]> {
  if (!items.some(isOpen)) return items;
  const [account, current] = await Promise.all([people.account(accountId), settings()]);
  if (!account) return items;
  const lineTax = lineTaxes(account, current, today);
  return items.map((item) => (isOpen(item) ? retaxed(item, item.taxIncluded ?? false, lineTax) : item));
}
