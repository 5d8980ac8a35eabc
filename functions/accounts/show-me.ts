import { isExpired } from '../../shared/access/caller.ts';
import { fromMask } from '../../shared/access/permissions.ts';
import { secondsToInstant } from '../../shared/core/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { type LinkedAccountDependencies, openLinkedAccounts } from '../../shared/accounts/linked.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

/**
 * The caller and their memberships, without expired ones. The linked accounts of a main account follow it while the
 * settings open them.
 */
export async function showMe(
  dependencies: LinkedAccountDependencies,
  { caller, now }: RequestContext,
): Promise<Reply> {
  const grants = caller.grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now));
  const accounts = await dependencies.people.accounts(grants.map((grant) => grant.accountId));
  const memberships = await Promise.all(
    grants.map(async ({ accountId, role, permissions, expiresAtSeconds }, index) => {
      const account = accounts[index];
      const expiresAt = secondsToInstant(expiresAtSeconds);
      const membership = (of: { id: string; name: string }, as: string, mask: number) => ({
        accountId: of.id,
        accountName: of.name,
        role: as,
        permissions: fromMask(mask),
        expiresAt,
      });
      const linked = account ? await openLinkedAccounts(dependencies, account, permissions) : [];
      return [
        membership(account ?? { id: accountId, name: '' }, role, permissions),
        ...linked.map((each) => membership(each.account, 'main-account', each.permissions)),
      ];
    }),
  );
  const user = { id: caller.userId, name: caller.name, email: caller.email };
  return { body: { user, staff: caller.staff, memberships: memberships.flat() } };
}
