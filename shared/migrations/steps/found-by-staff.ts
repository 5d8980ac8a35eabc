import { nameRows } from '../../accounts/account-names.ts';
import { type Invoice } from '../../invoices/invoice.ts';
import { invoiceStore, numberRow } from '../../invoices/invoice-store.ts';
import { equals } from '../../table/table.ts';
import type { Migration } from '../migration.ts';

/** Staff find an account by the words of its name, and by the number of each invoice that was issued to it. */
export const foundByStaff: Migration = {
  version: 1,
  name: 'found-by-staff',
  async row({ table }, row) {
    const { pk, sk } = row;
    if (!pk.startsWith('ACCOUNT#')) return [];
    if (sk === 'ACCOUNT') {
      const { items } = await table.query({ pk, prefix: 'NAME#', limit: 1 });
      if (items.length > 0) return [];
      const unchanged = { check: { pk, sk }, when: equals({ version: String(row['version']) }) };
      return [unchanged, ...nameRows({ id: String(row['id']), name: String(row['name']) }, null)];
    }
    if (!sk.startsWith('INVOICE#') || typeof row['number'] !== 'string') return [];
    const known = await invoiceStore(table).accountOfNumber(row['number']);
    return known === undefined ? [numberRow(row as unknown as Invoice)] : [];
  },
};
