import { pageOf } from '../http/page.ts';
import type { RequestContext } from '../http/request.ts';
import type { Notification } from './notification.ts';
import type { Reply } from '../write/idempotency.ts';
import { type AudienceDependencies, type Reader, thoseFor } from './audience.ts';
import type { NotificationStore } from './notification-store.ts';

export interface ShowNotificationsDependencies extends AudienceDependencies {
  notifications: NotificationStore;
}

/** Of so many the unread ones are counted, so that a number beside a bell costs the same for everybody. */
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
  const reading = notifications.marksOf(accountId, caller.userId);
  const [page, marks, unread] = await Promise.all([
    pageOf(query, listScope, (part) =>
      notifications.list(accountId, part, (found) => thoseFor(dependencies, context, found)),
    ),
    reading,
    countUnread(dependencies, context, reading),
  ]);
  const items = page.items.map((notification) => notificationView(notification, notification.id in marks));
  return { body: { items, nextCursor: page.nextCursor, unread } };
}

/**
 * How many of the latest hundred notifications that this person may see in the account they have not read: never more
 * than a hundred, which then stands for a hundred or more.
 */
export async function countUnread(
  dependencies: ShowNotificationsDependencies,
  reader: Reader,
  reading = dependencies.notifications.marksOf(reader.accountId, reader.caller.userId),
): Promise<number> {
  const latest = { limit: mostCounted, after: undefined };
  const [{ items }, marks] = await Promise.all([
    dependencies.notifications.list(reader.accountId, latest, (found) =>
      thoseFor(dependencies, reader, found),
    ),
    reading,
  ]);
  return items.filter(({ id }) => !(id in marks)).length;
}

/** What is shown of it; whom else it is for is nobody's business. */
export function notificationView(notification: Notification, read: boolean) {
  const { id, accountId, kind, text, subject, href, createdAt } = notification;
  return { id, accountId, kind, text, subject, href, read, createdAt };
}
