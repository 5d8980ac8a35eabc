import { isExpired } from '../../shared/access/caller.ts';
import { fromMask } from '../../shared/access/permissions.ts';
import { secondsToInstant } from '../../shared/domain/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { PeopleStore } from '../../shared/people/people-store.ts';

/** The caller and its parts in accounts; what has expired is not listed. */
export async function showMe(people: PeopleStore, { caller, now }: RequestContext): Promise<Reply> {
  const grants = caller.grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now));
  const accounts = await people.accounts(grants.map((grant) => grant.accountId));
  const memberships = grants.map((grant, index) => ({
    accountId: grant.accountId,
    accountName: accounts[index]?.name ?? '',
    role: grant.role,
    permissions: fromMask(grant.permissions),
    expiresAt: secondsToInstant(grant.expiresAtSeconds),
  }));
  const user = { id: caller.userId, name: caller.name, email: caller.email };
  return { body: { user, staff: caller.staff, memberships } };
}
