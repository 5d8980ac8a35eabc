import { expect } from 'vitest';
import { accountRows } from '../../../shared/accounts/people-store.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import type { TaxRule } from '../../../shared/settings/tax-rules.ts';
import type { MemoryPortal } from '../memory/memory-portal.ts';

/** Rules of a provider in Germany, and words for buyers who owe the tax themselves. */
export const rules: TaxRule[] = [
  { country: 'DE', rate: '19', from: '2020-01-01' },
  { country: 'DE', taxClass: 'domains', rate: '7', from: '2020-01-01' },
  { country: 'DE', rate: '21', from: '2026-04-01' },
  { country: 'FR', rate: '20', from: '2020-01-01' },
  {
    country: 'FR',
    business: true,
    rate: '0',
    words: { en: 'Reverse charge: {sellerTaxId} to {buyerTaxId}', de: 'Steuerschuld: {buyerTaxId}' },
    from: '2020-01-01',
  },
];

export const setTaxRules = async (portal: MemoryPortal, taxRules: readonly TaxRule[] = rules, more = {}) => {
  const body = { 'tax.rules': taxRules, 'invoices.defaultTaxRate': '5', 'provider.taxId': 'DE1', ...more };
  portal.addStaff('ada');
  expect(await portal.call('ada', 'PUT', '/v1/staff/settings', { body })).toMatchObject({ status: 200 });
};

/** Writes what decides an account's tax, as if it had been so all along. */
export async function isBuyer(
  { people, table, now }: MemoryPortal,
  accountId: string,
  { country, taxId = null, state = 'valid', ...more }: Partial<Account> & Buyer,
): Promise<void> {
  const before = (await people.account(accountId))!;
  const taxIdCheck = taxId === null ? null : { taxId, state, at: now.toISOString() };
  const address = { ...before.address, country };
  const after = { ...before, ...more, address, taxId, taxIdCheck, version: newVersion() };
  await table.transact(accountRows(after, { version: before.version }));
}

interface Buyer {
  country?: string | undefined;
  taxId?: string | null;
  state?: 'valid' | 'invalid' | 'unknown';
}

/** A line that has no rate of its own. */
export const untaxed = (amount: number, extra: object = {}) => ({
  description: 'Hosting',
  quantity: 1,
  unitPrice: { amount, currency: 'GBP' },
  ...extra,
});
