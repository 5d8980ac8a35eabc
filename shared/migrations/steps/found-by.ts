import { nameRows } from '../../accounts/account-names.ts';
import { missingOrganisationRow } from '../../accounts/organisation.ts';
import type { Account } from '../../accounts/people.ts';
import { type Invoice } from '../../invoices/invoice.ts';
import { invoiceStore, numberRow } from '../../invoices/invoice-store.ts';
import { equals } from '../../table/table.ts';
import type { Migration } from '../migration.ts';

/**
 * Staff find an account by the words of its name, and by the number of each invoice that was issued to it; mail finds it
 * by the domain of its owner.
 */
export const foundBy: Migration = {
  version: 1,
  name: 'found-by',
  async row({ table }, row) {
    const { pk, sk } = row;
    if (!pk.startsWith('ACCOUNT#')) return [];
    if (sk === 'ACCOUNT') {
      const { items } = await table.query({ pk, prefix: 'NAME#', limit: 1 });
      if (items.length > 0) return [];
      const account = row as unknown as Account;
      const unchanged = { check: { pk, sk }, when: equals({ version: String(row['version']) }) };
      return [unchanged, ...nameRows(account, null), ...missingOrganisationRow(account)];
    }
    if (!sk.startsWith('INVOICE#') || typeof row['number'] !== 'string') return [];
    const known = await invoiceStore(table).accountOfNumber(row['number']);
    return known === undefined ? [numberRow(row as unknown as Invoice)] : [];
  },
};
