import { withTaxIdToCheck } from '../../accounts/tax-id/tax-id-check.ts';
import type { Account } from '../../accounts/people.ts';
import { outboxEntry } from '../../write/outbox-task.ts';
import type { Migration } from '../migration.ts';

/** The tax ids of accounts from before they were looked at are looked at once. */
export const taxIdsToCheck: Migration = {
  version: 3,
  name: 'tax-ids-to-check',
  async row(_, row) {
    const { pk, sk } = row;
    if (!pk.startsWith('ACCOUNT#') || sk !== 'ACCOUNT' || row['taxIdCheck'] !== undefined) return [];
    const account = row as unknown as Account;
    const { outbox } = withTaxIdToCheck({ taxId: null, address: account.address }, account);
    return outbox.map((task) => outboxEntry(task, new Date()).action);
  },
};
