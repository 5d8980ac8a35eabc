import type { Item, Page, Position } from './table.ts';
import { indexes } from './table.ts';

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
  return Object.fromEntries(Object.entries(item).filter(([name]) => !keyAttributes.has(name))) as T;
}

export function strippedPage<T>(page: Page): StoredPage<T> {
  return { items: page.items.map((item) => stripped<T>(item)!), next: page.next };
}
