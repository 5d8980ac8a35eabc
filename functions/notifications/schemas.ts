import * as z from 'zod';
import { listOf } from '../../shared/http/schemas.ts';
import { notificationKinds } from '../../shared/notifications/notification.ts';

export const notification = z.object({
  id: z.string(),
  accountId: z.string(),
  kind: z.enum(notificationKinds),
  text: z.string(),
  subject: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  /** The path of its subject in the API. */
  href: z.string(),
  /** Whether the caller has read it; each person has their own marks. */
  read: z.boolean(),
  createdAt: z.string(),
});

export const notificationList = listOf(notification).extend({
  /** Of the latest hundred that the caller may see: 100 means a hundred or more. */
  unread: z.int(),
});
