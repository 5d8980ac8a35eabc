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

/** Something that the people of an account are told in the portal, beside the mail they get of it. */
export interface Notification {
  id: string;
  accountId: string;
  kind: (typeof notificationKinds)[number];
  /** Whom it is for: those who hold all of these permissions, or one person. */
  to: { permissions: Permission[] } | { userId: string };
  /** Not for people of a main account, who see what their own permissions open. */
  hiddenFromMainAccount?: boolean;
  /** The linked account that it tells a main account of: only while that one is open to it. */
  beneathId?: string;
  text: string;
  subject: { kind: string; id: string; name: string };
  /** Where the portal shows what it is about. */
  href: string;
  createdAt: string;
}

export const notificationPrefix = 'NOTIFICATION#';
export const notificationKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${notificationPrefix}${id}`,
});

/** So long a notification is kept. */
const keptSeconds = 180 * 24 * 60 * 60;

/** The row of a notification: it is written in the transaction of what it reports, or not at all. */
export function notified(notification: Omit<Notification, 'id' | 'createdAt'>, now: Date): Action {
  const id = newId('notification', now);
  const key = notificationKey(notification.accountId, id);
  const expiresAt = toSeconds(now) + keptSeconds;
  return { put: { ...notification, id, createdAt: toInstant(now), ...key, expiresAt } };
}
