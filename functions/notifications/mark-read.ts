import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { visibleNotifications } from '../../shared/notifications/audience.ts';
import { readMark } from '../../shared/notifications/notification-store.ts';
import {
  notificationView,
  type ShowNotificationsDependencies,
} from '../../shared/notifications/show-notifications.ts';

export type NotificationDependencies = WriteDependencies & ShowNotificationsDependencies;

/** Marks a notification as read by the caller only. */
export async function markRead(
  dependencies: NotificationDependencies,
  context: RequestContext,
  notificationId: string,
): Promise<Reply> {
  const { notifications } = dependencies;
  const { accountId, caller, now } = context;
  const [notification, marks] = await Promise.all([
    notifications.get(accountId, notificationId),
    notifications.marksOf(accountId, caller.userId),
  ]);
  const visible = notification ? await visibleNotifications(dependencies, context, [notification]) : [];
  if (!notification || visible.length === 0) throw notFound();
  const reply = { body: notificationView(notification, true) };
  // The instant of the first reading is kept.
  const actions = notificationId in marks ? [] : [readMark(notification, caller.userId, marks, now)];
  // Reading is not logged as activity.
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}
