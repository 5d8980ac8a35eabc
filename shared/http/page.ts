import type { PageRequest, StoredPage } from '../table/page.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/**
 * Answers a list with the page that the query asks for and the cursor of the next one.
 * @throws Problem `invalid-request` for a cursor that is not of this list
 */
export async function pageOf<T>(
  query: { limit: number; cursor?: string | undefined },
  listScope: string,
  read: (page: PageRequest) => Promise<StoredPage<T>>,
): Promise<{ items: T[]; nextCursor: string | null }> {
  const after = query.cursor === undefined ? undefined : decodeCursor(listScope, query.cursor);
  const { items, next } = await read({ limit: query.limit, after });
  return { items, nextCursor: next && encodeCursor(listScope, next) };
}
