import { decideBeneath, heldBy } from '../../shared/access/decide.ts';
import { toMask } from '../../shared/access/permissions.ts';
import { toSeconds } from '../../shared/domain/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { linkOf } from '../../shared/people/people.ts';
import type { PeopleStore } from '../../shared/people/people-store.ts';
import type { Settings } from '../../shared/provider/settings.ts';
import type { KeptNotification } from './notification-store.ts';

/** In whose eyes notifications are looked at. */
export type Reader = Pick<RequestContext, 'accountId' | 'authority' | 'caller' | 'now'>;

export interface AudienceDependencies {
  people: Pick<PeopleStore, 'accounts'>;
  settings(): Promise<Settings>;
}

/** Whether a notification is for whoever acts in this right: it names the person, or permissions that all are held. */
function isFor(
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

/**
 * Those of the notifications that are for the reader. What tells a main account of one beneath it is told while that one
 * is linked and open to it: then alone more is read.
 */
export async function thoseFor(
  { people, settings }: AudienceDependencies,
  reader: Reader,
  notifications: readonly KeptNotification[],
): Promise<KeptNotification[]> {
  const theirs = notifications.filter((notification) => isFor(reader, notification));
  const ids = [...new Set(theirs.flatMap(({ beneathId }) => beneathId ?? []))];
  if (ids.length === 0) return theirs;
  const [accounts, current] = await Promise.all([people.accounts(ids), settings()]);
  const open = new Set(
    accounts.flatMap((account) => {
      const link = account && linkOf(account, current);
      if (!account || link?.mainAccountId !== reader.accountId) return [];
      return decideBeneath(reader.caller, link, 'member', reader.now).allowed ? [account.id] : [];
    }),
  );
  return theirs.filter(({ beneathId }) => beneathId === undefined || open.has(beneathId));
}
