import { pageOf } from '../http/page.ts';
import type { RequestContext } from '../http/request.ts';
import type { Notification } from './notification.ts';
import type { Reply } from '../write/idempotency.ts';
import { type AudienceDependencies, type Reader, visibleNotifications } from './audience.ts';
import type { NotificationStore } from './notification-store.ts';

export interface ShowNotificationsDependencies extends AudienceDependencies {
  notifications: NotificationStore;
}

/** Only the latest notifications are counted, so that the count has a bounded cost. */
const mostCounted = 100;

/** The notifications of an account that the caller may see, newest first, each with whether this person has read it. */
export async function listNotifications(
  dependencies: ShowNotificationsDependencies,
  context: RequestContext,
  query: { limit: number; cursor?: string | undefined },
  listScope: string,
): Promise<Reply> {
  const { notifications } = dependencies;
  const { accountId, caller } = context;
  const pendingMarks = notifications.marksOf(accountId, caller.userId);
  const [page, marks, unread] = await Promise.all([
    pageOf(query, listScope, (part) =>
      notifications.list(accountId, part, (batch) => visibleNotifications(dependencies, context, batch)),
    ),
    pendingMarks,
    countUnread(dependencies, context, pendingMarks),
  ]);
  const items = page.items.map((notification) => notificationView(notification, notification.id in marks));
  return { body: { items, nextCursor: page.nextCursor, unread } };
}

/**
 * The number of unread notifications among the latest hundred that this person may see in the account: 100 means a
 * hundred or more.
 */
export async function countUnread(
  dependencies: ShowNotificationsDependencies,
  reader: Reader,
  pendingMarks = dependencies.notifications.marksOf(reader.accountId, reader.caller.userId),
): Promise<number> {
  const latest = { limit: mostCounted, after: undefined };
  const [{ items }, marks] = await Promise.all([
    dependencies.notifications.list(reader.accountId, latest, (batch) =>
      visibleNotifications(dependencies, reader, batch),
    ),
    pendingMarks,
  ]);
  return items.filter(({ id }) => !(id in marks)).length;
}

/** The notification as the API returns it, without its audience. */
export function notificationView(notification: Notification, read: boolean) {
  const { id, accountId, kind, text, subject, href, createdAt } = notification;
  return { id, accountId, kind, text, subject, href, read, createdAt };
}
