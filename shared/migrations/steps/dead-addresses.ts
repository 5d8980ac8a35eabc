import { deadRow } from '../../mail/delivery/dead-addresses.ts';
import { equals } from '../../table/table.ts';
import type { Migration } from '../migration.ts';

/**
 * Of the marks of earlier releases those stay that the mail service itself asked for, and staff find them. Notices that
 * came by mail made marks too, and complaints did: what they stopped goes on.
 */
export const deadAddresses: Migration = {
  version: 2,
  name: 'dead-addresses',
  async row(_, row) {
    const { pk, sk } = row;
    if (sk !== 'BOUNCED' || !pk.startsWith('EMAIL#') || row['gsi1pk'] !== undefined) return [];
    const at = String(row['at']);
    const reason = String(row['reason']);
    if (reason !== 'bounced for good') return [{ delete: { pk, sk }, when: equals({ at, reason }) }];
    return [deadRow({ ...row, address: pk.slice('EMAIL#'.length), at, reason }, { address: '', at, reason })];
  },
};
