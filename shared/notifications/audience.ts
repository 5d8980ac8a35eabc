import { permissionsOf } from '../access/decide.ts';
import { toMask } from '../access/permissions.ts';
import { toSeconds } from '../core/clock.ts';
import type { RequestContext } from '../http/request.ts';
import { reachedLinkedIds } from '../accounts/linked.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import type { StoredNotification } from './notification-store.ts';

/** The person who reads notifications, and by which right. */
export type Reader = Pick<RequestContext, 'accountId' | 'authority' | 'caller' | 'now'>;

export interface AudienceDependencies {
  people: Pick<PeopleStore, 'accounts'>;
  settings(): Promise<Settings>;
}

/** Whether a notification is for the reader: it names this person, or permissions that the reader holds all of. */
function isFor(
  { authority, caller, now }: Reader,
  { to, hiddenFromMainAccount, expiresAt }: StoredNotification,
): boolean {
  // DynamoDB removes expired rows with a delay.
  if (expiresAt <= toSeconds(now)) return false;
  if (hiddenFromMainAccount && authority.kind === 'main-account') return false;
  if ('userId' in to) return to.userId === caller.userId;
  const needed = toMask(to.permissions);
  return (permissionsOf(authority) & needed) === needed;
}

/**
 * The notifications that are for the reader. A main account sees one about a linked account only while that account is
 * linked and open to it; only such notifications cost further reads.
 */
export async function visibleNotifications(
  dependencies: AudienceDependencies,
  reader: Reader,
  notifications: readonly StoredNotification[],
): Promise<StoredNotification[]> {
  const addressed = notifications.filter((notification) => isFor(reader, notification));
  const ids = addressed.flatMap(({ beneathId }) => beneathId ?? []);
  const openIds = await reachedLinkedIds(dependencies, reader, ids, 'member');
  return addressed.filter(({ beneathId }) => beneathId === undefined || openIds.has(beneathId));
}
