import { type Action, absent, type Key, type Table } from '../../table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../table/page.ts';
import type { CreditNote } from './credit-note.ts';

const prefix = 'CREDIT-NOTE#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });

export function creditNoteStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<CreditNote | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    /** Newest first. */
    async list(accountId: string, page: PageRequest): Promise<StoredPage<CreditNote>> {
      const pk = `ACCOUNT#${accountId}`;
      return strippedPage(await table.query({ pk, prefix, descending: true, ...page }));
    },
  };
}

export function creditNoteRow(note: CreditNote): Action {
  return { put: { ...note, ...keyOf(note.accountId, note.id) }, when: absent };
}
