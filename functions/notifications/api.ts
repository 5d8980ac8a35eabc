import { type BoundRoute, on } from '../../shared/http/request.ts';
import { markRead, type NotificationDependencies } from './mark-read.ts';
import * as routes from './routes.ts';
import { listNotifications } from '../../shared/notifications/show-notifications.ts';

export function notificationsApi(dependencies: NotificationDependencies): BoundRoute[] {
  return [
    on(routes.listNotifications, ({ context, query, listScope }) =>
      listNotifications(dependencies, context, query, listScope),
    ),
    on(routes.postNotificationRead, ({ context, params }) =>
      markRead(dependencies, context, params['notificationId']!),
    ),
  ];
}
