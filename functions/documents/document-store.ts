import {
  type Action,
  absent,
  equals,
  type Key,
  type Position,
  type Table,
} from '../../shared/table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../shared/table/page.ts';
import type { Document } from './document.ts';

const prefix = 'DOCUMENT#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });

/** The most queries for one page of a filtered list; after them the page may be short. */
const mostQueries = 4;

export function documentStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<Document | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    /** Newest first, filtered by `keep`. */
    async list(
      accountId: string,
      page: PageRequest,
      filter: (documents: Document[]) => Promise<Document[]>,
    ): Promise<StoredPage<Document>> {
      const source = { pk: `ACCOUNT#${accountId}`, prefix, descending: true };
      const items: Document[] = [];
      let after: Position | undefined = page.after;
      for (let query = 0; query < mostQueries; query++) {
        const limit = page.limit - items.length;
        const result = await table.query({ ...source, limit, after });
        items.push(...(await filter(strippedPage<Document>(result).items)));
        after = result.next ?? undefined;
        if (!after || items.length === page.limit) break;
      }
      return { items, next: after ?? null };
    },
  };
}

export type DocumentStore = ReturnType<typeof documentStore>;

/** The row of a document; fails if it is no longer at the version that was read (null: it is new). */
export function documentRow(document: Document, readVersion: string | null): Action {
  return {
    put: { ...document, ...keyOf(document.accountId, document.id) },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}
