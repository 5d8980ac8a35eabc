import { isExpired } from '../../shared/access/caller.ts';
import { permissionsBeneath } from '../../shared/access/decide.ts';
import { fromMask, includes } from '../../shared/access/permissions.ts';
import { secondsToInstant } from '../../shared/domain/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { everyLinked } from '../../shared/people/linked.ts';
import { linkOf } from '../../shared/people/people.ts';
import type { PeopleStore } from '../../shared/people/people-store.ts';
import type { Settings } from '../../shared/provider/settings.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

export interface ShowMeDependencies {
  people: PeopleStore;
  settings(): Promise<Settings>;
}

/**
 * The caller and its parts in accounts; what has expired is not listed. Accounts beneath a main account follow it,
 * while the settings open them.
 */
export async function showMe(
  dependencies: ShowMeDependencies,
  { caller, now }: RequestContext,
): Promise<Reply> {
  const grants = caller.grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now));
  const accounts = await dependencies.people.accounts(grants.map((grant) => grant.accountId));
  const settings = accounts.some((account) => account?.linkedAccounts)
    ? await dependencies.settings()
    : undefined;
  const memberships = await Promise.all(
    grants.map(async (grant, index) => {
      const account = accounts[index];
      const expiresAt = secondsToInstant(grant.expiresAtSeconds);
      const own = {
        accountId: grant.accountId,
        accountName: account?.name ?? '',
        role: grant.role as string,
        permissions: fromMask(grant.permissions),
        expiresAt,
      };
      const leads = settings && account?.linkedAccounts && includes(grant.permissions, 'linked-accounts');
      if (!leads) return [own];
      const linked = await everyLinked(dependencies.people, account.id);
      const beneath = linked.flatMap((each) => {
        const link = linkOf(each, settings);
        if (!link?.isOpen) return [];
        const permissions = fromMask(permissionsBeneath(grant, link));
        return [{ accountId: each.id, accountName: each.name, role: 'main-account', permissions, expiresAt }];
      });
      return [own, ...beneath];
    }),
  );
  const user = { id: caller.userId, name: caller.name, email: caller.email };
  return { body: { user, staff: caller.staff, memberships: memberships.flat() } };
}
