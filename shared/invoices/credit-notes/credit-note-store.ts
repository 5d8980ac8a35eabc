import { type Action, absent, type Key, type Table } from '../../table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../table/page.ts';
import { byDay, type DayRange } from '../../table/by-day.ts';
import type { CreditNote } from './credit-note.ts';

const prefix = 'CREDIT-NOTE#';
/** Of all accounts, by the day of their number. */
const ofDays = byDay('CREDIT-NOTES');
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });

export function creditNoteStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<CreditNote | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    async getMany(accountId: string, ids: readonly string[]): Promise<(CreditNote | undefined)[]> {
      const items = await table.getMany(ids.map((id) => keyOf(accountId, id)));
      return items.map((item) => stripped<CreditNote>(item));
    },
    /** Of all accounts, by the days of their numbers, the last ones first where `descending`. */
    async numbered(range: DayRange, page: PageRequest, descending = false): Promise<StoredPage<CreditNote>> {
      return strippedPage(await ofDays.page(table, range, page, descending));
    },
    /** Newest first. */
    async list(accountId: string, page: PageRequest): Promise<StoredPage<CreditNote>> {
      const pk = `ACCOUNT#${accountId}`;
      return strippedPage(await table.query({ pk, prefix, descending: true, ...page }));
    },
  };
}

export type CreditNoteStore = ReturnType<typeof creditNoteStore>;

export function creditNoteRow(note: CreditNote): Action {
  return { put: { ...note, ...notedKeys(note), ...keyOf(note.accountId, note.id) }, when: absent };
}

/** How a note is found by its day. */
export const notedKeys = ({ issuedOn, id }: CreditNote) => ofDays.keys(issuedOn, id);
