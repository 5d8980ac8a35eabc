import { isExpired } from '../../../shared/access/caller.ts';
import { fromMask, labelOf } from '../../../shared/access/permissions.ts';
import { secondsToInstant, toSeconds } from '../../../shared/core/clock.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import { conflict, invalid, notFound } from '../../../shared/core/problem.ts';
import type { Account, Contact, Login } from '../../../shared/accounts/people.ts';
import {
  acceptedMemberRow,
  claimedMemberRow,
  releasedMemberRow,
  accountRows,
  contactRows,
  loginRow,
  type Membership,
} from '../../../shared/accounts/people-store.ts';
import { readInvitation } from '../../../shared/mail/invitations/signed-link.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { type Change, commit, type WriteContext } from '../../../shared/write/commit.ts';
import { syncLogin } from '../../../shared/accounts/admission.ts';
import { ownLogin } from '../end-sessions.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/** Longer than the function runs: a press that died does not keep the next one out for long. */
const claimSeconds = 30;

/** An invitation that waits, with all that it is about. */
export interface OpenInvitation {
  login: Login;
  account: Account;
  membership: Membership & { invitation: string };
  contact: Contact | undefined;
}

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
  if (open?.membership.invitation !== link.invitation) {
    throw conflict('This invitation was answered, withdrawn, or is over. Ask for a new one.');
  }
  return { ...open, expiresAtSeconds: link.expiresAtSeconds };
}

async function openInvitation(
  { people, clock }: OwnLoginDependencies,
  login: Login,
  accountId: string,
): Promise<OpenInvitation | undefined> {
  const [account, membership] = await Promise.all([
    people.account(accountId),
    people.membership(login.userId, accountId),
  ]);
  if (!account || !membership || membership.invitation === null) return undefined;
  // Access that has ended by now is nothing to accept.
  if (isExpired(membership.expiresAtSeconds, clock())) return undefined;
  const { contactId, invitation } = membership;
  const contact = contactId === null ? undefined : await people.contact(accountId, contactId);
  return { login, account, membership: { ...membership, invitation }, contact };
}

export function invitationView({
  login,
  account,
  membership,
  expiresAtSeconds,
}: OpenInvitation & { expiresAtSeconds: number }) {
  return {
    accountName: account.name,
    email: login.email,
    role: membership.role,
    permissions: fromMask(membership.permissions).map((key) => ({ key, label: labelOf(key) })),
    expiresAt: secondsToInstant(expiresAtSeconds),
    passwordRequired: !login.proven,
  };
}

/**
 * Accepts by the mailed link. An unproven login is proven by it: its person says their name and chooses the password, and
 * what signed in with it until then is useless. A proven one accepts by the press alone.
 */
export async function acceptByLink(
  dependencies: OwnLoginDependencies,
  open: OpenInvitation,
  input: { name?: string | undefined; password?: string | undefined },
  now: Date,
): Promise<{ email: string; signInUrl: string }> {
  const { login } = open;
  const answer = { email: login.email, signInUrl: dependencies.portalUrl };
  if (login.proven) {
    if (input.password !== undefined) {
      throw invalid([{ path: 'password', message: 'must be left out: this login has its password' }]);
    }
    await writeAcceptance(dependencies, portalOf(open, now), open, login);
    return answer;
  }
  const { name, password } = input;
  if (name === undefined) throw invalid([{ path: 'name', message: 'must be said' }]);
  if (password === undefined) throw invalid([{ path: 'password', message: 'must be chosen' }]);
  await proveByPassword(dependencies, open, { name, password }, now);
  return answer;
}

/** One press at a time: of two, the password of the one that is accepted has to be the one that works. */
async function proveByPassword(
  dependencies: OwnLoginDependencies,
  open: OpenInvitation,
  { name, password }: { name: string; password: string },
  now: Date,
): Promise<void> {
  const { login, account, membership } = open;
  const { userId } = login;
  const claim = (untilSeconds: number) =>
    commit(dependencies, portalOf(open, now), {
      actions: [claimedMemberRow(userId, account.id, membership.invitation, toSeconds(now), untilSeconds)],
      activity: [],
      outbox: [],
    });
  await claim(toSeconds(now) + claimSeconds);
  try {
    await dependencies.directory.choosePassword({ ...login, name }, password);
    // Whoever signed in with the old password until now is out.
    const endedAt = dependencies.clock();
    const notBeforeSeconds = Math.max(login.notBeforeSeconds, toSeconds(endedAt));
    const proven: Login = { ...login, name, proven: true, notBeforeSeconds };
    await writeAcceptance(dependencies, portalOf(open, now), open, proven);
    await dependencies.secondOver(endedAt);
  } catch (error) {
    // The user pool becomes what the row says again, and the link works for another try.
    await syncLogin(dependencies, userId).catch(() => undefined);
    await dependencies.table
      .transact([releasedMemberRow(userId, account.id, membership.invitation)])
      .catch(() => undefined);
    throw error;
  }
}

/**
 * Accepts in the portal, as a login that is proven.
 * @throws Problem where nothing waits, or the login has to be proven first
 */
export async function acceptMembership(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  accountId: string,
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  const open = await openInvitation(dependencies, login, accountId);
  if (!open) throw notFound();
  if (!open.login.proven) {
    throw conflict(
      'Use the link in the invitation that was mailed to you: it proves that the address is yours.',
    );
  }
  await writeAcceptance(dependencies, context, open, open.login);
}

/** Who presses a mailed link is the person whom it invites. */
function portalOf({ login, membership }: OpenInvitation, now: Date): WriteContext {
  const { contactId } = membership;
  const actor =
    contactId === null
      ? { kind: 'owner' as const, id: login.userId, name: login.name }
      : { kind: 'contact' as const, id: contactId, name: login.name };
  return { actor, grantedBy: null, now, idempotent: null };
}

async function writeAcceptance(
  dependencies: OwnLoginDependencies,
  context: WriteContext,
  { account, membership, contact, login: before }: OpenInvitation,
  login: Login,
): Promise<void> {
  const { userId } = login;
  const change: Change = {
    actions: [
      acceptedMemberRow(userId, account.id, membership.invitation),
      loginRow(login, { version: before.version }),
      ...(contact ? contactRows(contact, withoutInvitation(contact)) : []),
      ...(membership.role === 'owner' ? ownerRows(account, login) : []),
    ],
    activity: [
      {
        accountId: account.id,
        action: 'membership.accepted',
        subject: contact
          ? { kind: 'contact', id: contact.id, name: contact.name }
          : { kind: 'owner', id: userId, name: login.name },
        before: { status: 'invited' },
        after: { status: 'active', permissions: fromMask(membership.permissions) },
      },
    ],
    outbox: [{ kind: 'sync-login', userId }],
  };
  await commit(dependencies, context, change);
}

function withoutInvitation(contact: Contact): Contact {
  const { invitation: _, ...subAccount } = contact.subAccount!;
  return { ...contact, subAccount, version: newVersion() };
}

/** The owner is called what the person calls themselves. */
function ownerRows(account: Account, { name }: Login) {
  if (account.owner.name === name) return [];
  const after = { ...account, owner: { ...account.owner, name }, version: newVersion() };
  return accountRows(after, { version: account.version });
}
