import { newVersion } from '../../core/ids.ts';
import { addressAccountKey, contactKey, normalAddress } from '../../accounts/keys.ts';
import { equals } from '../../table/table.ts';
import type { Migration } from '../migration.ts';

/** Whose mail was believed and went into a ticket has shown that the address is theirs, in that account. */
export const provenContacts: Migration = {
  version: 1,
  name: 'proven-contacts',
  async row({ table }, row) {
    const isMail = row.pk.startsWith('TICKET#') && row.sk.startsWith('MESSAGE#') && row['via'] === 'email';
    const { email = '' } = (row['author'] ?? {}) as { email?: string };
    if (!isMail || normalAddress(email) === '') return [];
    const ticket = await table.get({ pk: row.pk, sk: 'ACCOUNT' });
    if (!ticket) return [];
    const accountId = String(ticket['accountId']);
    const known = await table.get(addressAccountKey(email, accountId));
    if (typeof known?.['contactId'] !== 'string') return [];
    const key = contactKey(accountId, known['contactId']);
    const contact = await table.get(key);
    if (!contact || contact['proven'] === true) return [];
    // With a new version, so that whoever changes the contact now does not write over it.
    const set = { proven: true, version: newVersion() };
    return [{ update: key, set, when: equals({ version: String(contact['version']) }) }];
  },
};
