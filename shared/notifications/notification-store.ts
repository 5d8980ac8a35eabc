import type { Action, Key, Position, Table } from '../table/table.ts';
import { toInstant } from '../core/clock.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { type Notification, notificationKey, notificationPrefix } from './notification.ts';

/** A notification as stored. */
export interface StoredNotification extends Notification {
  /** Unix seconds. */
  expiresAt: number;
}

/** When a person read the notifications of an account: instants by notification id. */
type ReadMarks = Record<string, string>;

/** The most read marks stored for a person and account. */
export const mostMarks = 500;
const idPrefix = 'ntf_';
/** In the account's partition, because the authoriser reads the whole partition of the person with every request. */
const marksKey = (accountId: string, userId: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `NOTIFICATIONS-READ#${userId}`,
});

/** The most queries for one page of a filtered list; after them the page may be short. */
const mostQueries = 3;

export function notificationStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<StoredNotification | undefined> {
      return stripped(await table.get(notificationKey(accountId, id)));
    },
    /** Newest first, filtered by `keep`. */
    async list(
      accountId: string,
      page: PageRequest,
      filter: (notifications: StoredNotification[]) => Promise<StoredNotification[]>,
    ): Promise<StoredPage<StoredNotification>> {
      const source = { pk: `ACCOUNT#${accountId}`, prefix: notificationPrefix, descending: true };
      const items: StoredNotification[] = [];
      let after: Position | undefined = page.after;
      for (let query = 0; query < mostQueries; query++) {
        const limit = page.limit - items.length;
        const result = await table.query({ ...source, limit, after });
        items.push(...(await filter(strippedPage<StoredNotification>(result).items)));
        after = result.next ?? undefined;
        if (!after || items.length === page.limit) break;
      }
      return { items, next: after ?? null };
    },
    async marksOf(accountId: string, userId: string): Promise<ReadMarks> {
      const row = (await table.get(marksKey(accountId, userId))) ?? {};
      return Object.fromEntries(
        Object.entries(row).filter(([name]) => name.startsWith(idPrefix)),
      ) as ReadMarks;
    },
  };
}

export type NotificationStore = ReturnType<typeof notificationStore>;

/**
 * Marks one more notification as read by this person. It needs no version: reading two at once writes two attributes of
 * one row. Above `mostMarks` the marks of the oldest notifications are removed.
 */
export function readMark(
  { accountId, id }: Pick<Notification, 'accountId' | 'id'>,
  userId: string,
  marks: ReadMarks,
  now: Date,
): Action {
  // Ids sort by creation time.
  const markedIds = Object.keys(marks).toSorted();
  return {
    update: marksKey(accountId, userId),
    set: { [id]: toInstant(now) },
    remove: markedIds.slice(0, Math.max(0, markedIds.length + 1 - mostMarks)),
  };
}
