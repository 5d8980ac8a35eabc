import { type Action, absent, equals, type Key, type Table } from '../table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import type { Quote } from './quote.ts';

const prefix = 'QUOTE#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });

export function quoteStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<Quote | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    /** Newest first. */
    async list(accountId: string, page: PageRequest): Promise<StoredPage<Quote>> {
      return strippedPage(
        await table.query({ pk: `ACCOUNT#${accountId}`, prefix, descending: true, ...page }),
      );
    },
  };
}

export type QuoteStore = ReturnType<typeof quoteStore>;

/** Writes a quote; fails where its version is no longer the one that was read. Null for a new quote. */
export function quoteRow(quote: Quote, readVersion: string | null): Action {
  return {
    put: { ...quote, ...keyOf(quote.accountId, quote.id) },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}
