import { heldBy } from '../../shared/access/decide.ts';
import { toMask } from '../../shared/access/permissions.ts';
import { toSeconds } from '../../shared/domain/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { KeptNotification } from './notification-store.ts';

/** In whose eyes notifications are looked at. */
export type Reader = Pick<RequestContext, 'accountId' | 'authority' | 'caller' | 'now'>;

/** Whether a notification is for whoever acts in this right: it names the person, or permissions that all are held. */
export function isFor(
  { authority, caller, now }: Reader,
  { to, hiddenFromMainAccount, expiresAt }: KeptNotification,
): boolean {
  // DynamoDB removes what has expired in its own time.
  if (expiresAt <= toSeconds(now)) return false;
  if (hiddenFromMainAccount && authority.kind === 'main-account') return false;
  if ('userId' in to) return to.userId === caller.userId;
  const needed = toMask(to.permissions);
  return (heldBy(authority) & needed) === needed;
}
