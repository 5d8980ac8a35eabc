import { isExpired } from '../../../shared/access/caller.ts';
import { fromMask, labelOf, type Permission, permissionKeys } from '../../../shared/access/permissions.ts';
import { staffRoles } from '../../../shared/access/staff.ts';
import type { Account, Contact, Login, MemberOfStaff } from '../../../shared/accounts/people.ts';
import { type Ownership, ownershipKey } from '../../../shared/accounts/ownership/ownership.ts';
import type { Membership } from '../../../shared/accounts/people-store.ts';
import { secondsToInstant, toSeconds } from '../../../shared/core/clock.ts';
import { conflict, notFound } from '../../../shared/core/problem.ts';
import { ownedBy, readInvitation, staffPlace } from '../../../shared/mail/invitations/signed-link.ts';
import { memberKey, staffKey } from '../../../shared/table/keys.ts';
import type { Key } from '../../../shared/table/table.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/** An invitation that waits, with all that it is about: a part in an account, a place among staff, or an account to own. */
export type OpenInvitation = {
  login: Login;
  invitation: string;
  /** The row that waits. */
  key: Key;
} & (
  | { to: 'account'; account: Account; membership: Membership; contact: Contact | undefined }
  | { to: 'staff'; member: MemberOfStaff }
  | { to: 'ownership'; account: Account; ownership: Ownership }
);

/**
 * The invitation behind a mailed link.
 * @throws Problem where the link was never signed, is over, was answered, or the address has changed
 */
export async function invitationBehind(
  dependencies: OwnLoginDependencies,
  token: string,
): Promise<OpenInvitation & { expiresAtSeconds: number }> {
  const link = readInvitation(token);
  const login = link && (await dependencies.people.login(link.userId));
  if (!link || !login || !link.isFor(login.email, await dependencies.linkKeys())) throw notFound();
  const isOver = link.expiresAtSeconds <= toSeconds(dependencies.clock());
  const open = isOver ? undefined : await openInvitation(dependencies, login, link.accountId);
  if (open?.invitation !== link.invitation) {
    throw conflict('This invitation was answered, withdrawn, or is over. Ask for a new one.');
  }
  return { ...open, expiresAtSeconds: link.expiresAtSeconds };
}

/** What waits for a login in an account, among staff, or in an account to own; undefined where nothing does. */
export async function openInvitation(
  dependencies: OwnLoginDependencies,
  login: Login,
  accountId: string,
): Promise<OpenInvitation | undefined> {
  const { people, staff, clock } = dependencies;
  const { userId } = login;
  const owned = ownedBy(accountId);
  if (owned !== null) return openOwnership(dependencies, login, owned);
  if (accountId === staffPlace) {
    const member = await staff.member(userId);
    return member?.invitation === undefined
      ? undefined
      : { to: 'staff', login, key: staffKey(userId), invitation: member.invitation, member };
  }
  const [account, membership] = await Promise.all([
    people.account(accountId),
    people.membership(userId, accountId),
  ]);
  if (!account || !membership || membership.invitation === null) return undefined;
  // Access that has ended by now is nothing to accept.
  if (isExpired(membership.expiresAtSeconds, clock())) return undefined;
  const { contactId, invitation } = membership;
  const contact = contactId === null ? undefined : await people.contact(accountId, contactId);
  const key = memberKey(userId, accountId);
  return { to: 'account', login, key, invitation, account, membership, contact };
}

/** An account that waits for this login to accept that it is to own it. */
export async function openOwnership(
  { people }: Pick<OwnLoginDependencies, 'people'>,
  login: Login,
  accountId: string,
): Promise<OpenInvitation | undefined> {
  const { userId } = login;
  const [account, ownership] = await Promise.all([
    people.account(accountId),
    people.ownership(userId, accountId),
  ]);
  const { invitation } = ownership ?? {};
  if (!account || !ownership || invitation === undefined) return undefined;
  return { to: 'ownership', login, key: ownershipKey(userId, accountId), invitation, account, ownership };
}

function offeredBy(open: OpenInvitation, providerName: string) {
  const areas = (keys: readonly Permission[]) => keys.map((key) => ({ key, label: labelOf(key) }));
  switch (open.to) {
    case 'staff':
      return {
        accountName: providerName,
        role: 'staff' as const,
        permissions: open.member.roles.map((key) => ({ key, label: staffRoles[key].label })),
      };
    case 'ownership':
      return {
        accountName: open.account.name,
        role: 'owner' as const,
        permissions: areas(permissionKeys),
        effectiveAt: secondsToInstant(open.ownership.effectiveAtSeconds),
      };
    case 'account':
      return {
        accountName: open.account.name,
        role: open.membership.role,
        permissions: areas(fromMask(open.membership.permissions)),
      };
  }
}

/** What an invitation offers, as its page shows it. */
export function invitationView(
  open: OpenInvitation & { expiresAtSeconds: number },
  { providerName }: Pick<OwnLoginDependencies, 'providerName'>,
) {
  const { login } = open;
  return {
    effectiveAt: null,
    ...offeredBy(open, providerName),
    email: login.email,
    expiresAt: secondsToInstant(open.expiresAtSeconds),
    passwordRequired: !login.proven,
  };
}
