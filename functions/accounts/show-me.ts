import { isExpired } from '../../shared/access/caller.ts';
import { fromMask } from '../../shared/access/permissions.ts';
import { secondsToInstant } from '../../shared/core/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { type LinkedAccountDependencies, openLinkedAccounts } from '../../shared/accounts/linked.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

/**
 * The caller and their memberships, without expired ones; those that wait to be accepted read `invited`. The linked
 * accounts of a main account follow it while the settings open them.
 */
export async function showMe(
  dependencies: LinkedAccountDependencies,
  { caller, now }: RequestContext,
): Promise<Reply> {
  const { people } = dependencies;
  const { login, memberships } = await people.loginWithMemberships(caller.userId);
  // Who did not prove the address may be somebody else: what waits for its holder is not shown.
  const isHolder = login?.proven === true;
  const current = memberships.filter(
    (each) => !isExpired(each.expiresAtSeconds, now) && (isHolder || each.invitation === null),
  );
  const accounts = await people.accounts(current.map((each) => each.accountId));
  const listed = await Promise.all(
    current.map(async ({ accountId, role, permissions, expiresAtSeconds, invitation }, index) => {
      const account = accounts[index];
      const view = (of: { id: string; name: string }, as: string, mask: number) => ({
        accountId: of.id,
        accountName: of.name,
        role: as,
        status: invitation === null ? 'active' : 'invited',
        permissions: fromMask(mask),
        expiresAt: secondsToInstant(expiresAtSeconds),
      });
      const isOpen = account && invitation === null;
      const linked = isOpen ? await openLinkedAccounts(dependencies, account, permissions) : [];
      return [
        view(account ?? { id: accountId, name: '' }, role, permissions),
        ...linked.map((each) => view(each.account, 'main-account', each.permissions)),
      ];
    }),
  );
  const user = {
    id: caller.userId,
    name: login?.name ?? caller.name,
    email: caller.email,
    language: login?.language ?? 'en',
    timeZone: login?.timeZone ?? null,
    secondFactor: login?.secondFactor !== undefined,
    proven: login?.proven ?? false,
  };
  return {
    body: { user, staff: caller.staff ? { roles: caller.staff.roles } : false, memberships: listed.flat() },
  };
}
