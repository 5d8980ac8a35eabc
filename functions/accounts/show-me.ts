import { isExpired } from '../../shared/access/caller.ts';
import { fromMask, permissionKeys } from '../../shared/access/permissions.ts';
import { secondsToInstant } from '../../shared/core/clock.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { loginView } from '../../shared/accounts/logins/login-view.ts';
import type { Ownership } from '../../shared/accounts/ownership/ownership.ts';
import type { Account } from '../../shared/accounts/people.ts';
import type { Membership, PeopleStore } from '../../shared/accounts/people-store.ts';
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
  const { login, memberships, ownerships } = await people.loginWithMemberships(caller.userId);
  if (!login) throw notFound();
  // Who did not prove the address may be somebody else: what waits for its holder is not shown.
  const isHolder = login.proven === true;
  const current = memberships.filter(
    (each) => !isExpired(each.expiresAtSeconds, now) && (isHolder || each.invitation === null),
  );
  const toOwn = isHolder ? ownerships.filter((each) => isUnanswered(each, current)) : [];
  const [accounts, accountsToOwn] = await Promise.all([
    people.accounts(current.map((each) => each.accountId)),
    people.accounts(toOwn.map((each) => each.accountId)),
  ]);
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
  const mail = await ownSwitches(people, current, accounts);
  const staff = caller.staff ? { roles: caller.staff.roles } : false;
  const invited = accountsToOwn.flatMap((account) => (account ? [nextOwnersPart(account)] : []));
  return { body: { user: loginView(login), staff, memberships: [...listed.flat(), ...invited], mail } };
}

/** An account is listed once: who has a part in it already reads that one. */
function isUnanswered({ accountId, invitation }: Ownership, parts: readonly Membership[]): boolean {
  return invitation !== undefined && !parts.some((part) => part.accountId === accountId);
}

function nextOwnersPart({ id, name }: Account) {
  return {
    accountId: id,
    accountName: name,
    role: 'owner',
    status: 'invited',
    permissions: permissionKeys,
    expiresAt: null,
  };
}

/** The person's mail switches where they are in: an owner's stand in the account, a sub-account's in its contact. */
async function ownSwitches(
  people: PeopleStore,
  memberships: readonly Membership[],
  accounts: readonly (Account | undefined)[],
) {
  const accepted = memberships.filter(({ invitation }) => invitation === null);
  const contacts = await people.contactsOf(accepted);
  return accepted.flatMap((part, index) => {
    const { accountId, contactId } = part;
    const account = accounts[memberships.indexOf(part)];
    const preferences =
      contactId === null ? account?.owner.emailPreferences : contacts[index]?.emailPreferences;
    return preferences ? [{ accountId, emailPreferences: preferences }] : [];
  });
}
