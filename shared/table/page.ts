import { type Index, indexes, type Item, type Page, type Position, positionOf } from './table.ts';

/** The requested part of a list. */
export interface PageRequest {
  limit: number;
  after: Position | undefined;
}

export interface StoredPage<T> {
  items: T[];
  next: Position | null;
}

const keyAttributes = new Set(['pk', 'sk', ...indexes.flatMap((index) => [`${index}pk`, `${index}sk`])]);

/** An item without its key attributes. */
export function stripped<T>(item: Item | undefined): T | undefined {
  if (!item) return undefined;
  const bare: Record<string, unknown> = {};
  for (const name of Object.keys(item)) if (!keyAttributes.has(name)) bare[name] = item[name];
  return bare as T;
}

export function strippedPage<T>(page: Page): StoredPage<T> {
  return { items: page.items.map((item) => stripped<T>(item)!), next: page.next };
}

/** The most rows that are read in one query of a filtered list, and the most queries for one of its pages. */
const filteredRows = 100;
const mostFilteredQueries = 20;

/**
 * A page of those rows of a list, of the table itself or of an index, that `keep` lets through: full while there are more, and with the position of the next one that is let through. After very many rows that are not it may be short.
 */
export async function filteredPage<T>(
  read: (page: PageRequest) => Promise<Page>,
  { limit, after }: PageRequest,
  keep: (entry: T) => boolean,
  index?: Index,
): Promise<StoredPage<T>> {
  const kept: Item[] = [];
  let position = after;
  for (let query = 0; query < mostFilteredQueries; query++) {
    // The first rows are most often all that is needed: one more than the page shows whether there are others.
    const { items, next } = await read({ limit: query === 0 ? limit + 1 : filteredRows, after: position });
    kept.push(...items.filter((item) => keep(stripped<T>(item)!)));
    position = next ?? undefined;
    if (kept.length > limit || position === undefined) break;
  }
  const shown = kept.slice(0, limit);
  const next = kept.length > limit ? positionOf(shown.at(-1)!, index) : (position ?? null);
  return { items: shown.map((item) => stripped<T>(item)!), next };
}
