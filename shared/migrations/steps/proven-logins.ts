import { memberPrefix } from '../../table/keys.ts';
import { equals, type Item } from '../../table/table.ts';
import { newVersion } from '../../core/ids.ts';
import type { Migration } from '../migration.ts';

/**
 * Who set a password with a code that was mailed, and an owner who has signed in, has shown that the address is theirs.
 * Others keep what they have and are unproven for anything new.
 */
export const provenLogins: Migration = {
  version: 1,
  name: 'proven-logins',
  async row({ table }, row) {
    if (row.sk !== 'LOGIN' || !row.pk.startsWith('USER#') || row['madeWithPassword'] === undefined) return [];
    const { items } = await table.query({ pk: row.pk, prefix: memberPrefix, limit: 1000 });
    const proven = row['proven'] === true || isProven(row, items);
    return [
      {
        update: { pk: row.pk, sk: row.sk },
        set: { proven, schema: 1, version: newVersion() },
        remove: ['madeWithPassword'],
        when: equals({ version: String(row['version']) }),
      },
    ];
  },
};

function isProven(login: Item, memberships: Item[]): boolean {
  // One that was disabled comes back by invitation alone.
  if (typeof login['lastSignInAt'] !== 'string' || login['accounts'] === 0) return false;
  return login['madeWithPassword'] === false || memberships.some(({ role }) => role === 'owner');
}
