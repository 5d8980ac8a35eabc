import { accountPath, route } from '../../shared/http/route.ts';
import { plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const notifications = `${accountPath}/notifications` as const;

export const listNotifications = route({
  method: 'GET',
  path: notifications,
  permission: 'member',
  summary: 'What the caller is told in this account, newest first, and how much of it is unread',
  query: plainListQuery,
  success: 200,
  answer: schemas.notificationList,
});

export const postNotificationRead = route({
  method: 'POST',
  path: `${notifications}/{notificationId}/read`,
  permission: 'member',
  whenBlocked: true,
  summary: 'Mark a notification as read by the caller, and nobody else',
  success: 200,
  answer: schemas.notification,
});

export const notificationsRoutes = [listNotifications, postNotificationRead];
