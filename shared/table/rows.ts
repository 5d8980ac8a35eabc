import type { Item, Key } from './table.ts';

/** Every row of the table, page by page in no particular order: for migrations alone, as functions may not scan. */
export interface Rows {
  /** Strongly consistent. `after` is the previous page's `next`. */
  scan(after: Key | null, limit: number): Promise<{ items: Item[]; next: Key | null }>;
}
