import * as z from 'zod';
import { listOf } from '../../shared/http/schemas.ts';
import { notificationKinds } from '../../shared/notifications/notification.ts';

export const notification = z.object({
  id: z.string(),
  accountId: z.string(),
  kind: z.enum(notificationKinds),
  text: z.string(),
  subject: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  /** Where the portal shows what it is about. */
  href: z.string(),
  /** By whoever asks: everybody reads for themselves. */
  read: z.boolean(),
  createdAt: z.string(),
});

export const notificationList = listOf(notification).extend({
  /** Of the latest hundred that the caller may see: 100 stands for a hundred or more. */
  unread: z.int(),
});
