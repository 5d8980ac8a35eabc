import type { Permission } from '../access/permissions.ts';
import type { Action, Key } from '../table/table.ts';
import { toInstant, toSeconds } from '../core/clock.ts';
import { newId } from '../core/ids.ts';

export const notificationKinds = [
  'order-waiting',
  'order-decided',
  'invoice-issued',
  'ticket-message',
  'access-requested',
  'access-decided',
  'renewal-failed',
] as const;

/** A notification that people of an account see in the portal, in addition to any mail. */
export interface Notification {
  id: string;
  accountId: string;
  kind: (typeof notificationKinds)[number];
  /** The audience: everybody who holds all of these permissions, or one person. */
  to: { permissions: Permission[] } | { userId: string };
  /** Hidden from people of a main account, who otherwise see what their permissions open. */
  hiddenFromMainAccount?: boolean;
  /** The linked account that a main account is notified about; visible only while that one is open to it. */
  beneathId?: string;
  text: string;
  subject: { kind: string; id: string; name: string };
  /** The path of its subject in the API. */
  href: string;
  createdAt: string;
}

export const notificationPrefix = 'NOTIFICATION#';
export const notificationKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${notificationPrefix}${id}`,
});

/** How long a notification is stored. */
const storedSeconds = 180 * 24 * 60 * 60;

/** The row of a new notification, to be written in the same transaction as what it reports. */
export function notificationRow(notification: Omit<Notification, 'id' | 'createdAt'>, now: Date): Action {
  const id = newId('notification', now);
  const key = notificationKey(notification.accountId, id);
  const expiresAt = toSeconds(now) + storedSeconds;
  return { put: { ...notification, id, createdAt: toInstant(now), ...key, expiresAt } };
}
