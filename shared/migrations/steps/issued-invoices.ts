import type { Account } from '../../accounts/people.ts';
import { fixedParties, isFixed } from '../../invoices/documents/fixed-parties.ts';
import { logoRow } from '../../invoices/documents/logos.ts';
import { partiesOf } from '../../invoices/documents/parties.ts';
import type { Invoice } from '../../invoices/invoice.ts';
import { readSettings } from '../../settings/settings.ts';
import type { Migration } from '../migration.ts';

/** Invoices from before their parties were kept say for ever what they read now. */
export const issuedInvoices: Migration = {
  version: 4,
  name: 'issued-invoices',
  async once({ table }) {
    const logo = (await readSettings(table)).settings['provider.logo'];
    if (logo !== '') await table.transact([logoRow(logo)]);
  },
  async row({ table, providerName }, row) {
    const { pk, sk } = row;
    if (!pk.startsWith('ACCOUNT#') || !sk.startsWith('INVOICE#')) return [];
    const invoice = row as unknown as Invoice;
    if (invoice.number === null || isFixed(invoice)) return [];
    const [account, { settings }] = await Promise.all([
      table.get({ pk, sk: 'ACCOUNT' }),
      readSettings(table),
    ]);
    if (!account) return [];
    return [fixedParties(invoice, partiesOf(account as unknown as Account, settings, providerName)).action];
  },
};
