import type { PageRequest, StoredPage } from '../table/page.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/**
 * Answers a list: reads the page that the query asks for and says where the next one begins.
 * @throws Problem for a cursor that this list did not give out
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
