import { fromMask } from '../../../shared/access/permissions.ts';
import { syncLogin } from '../../../shared/accounts/logins/admission.ts';
import {
  type Account,
  calledName,
  type Contact,
  forgotten,
  type Login,
  type MemberOfStaff,
  ownName,
} from '../../../shared/accounts/people.ts';
import {
  acceptedRow,
  accountRows,
  claimedRow,
  contactRows,
  loginRow,
  releasedRow,
} from '../../../shared/accounts/people-store.ts';
import { normalAddress } from '../../../shared/accounts/keys.ts';
import { ownerAddressRows } from '../../../shared/accounts/organisation.ts';
import { administratorsRow } from '../../../shared/accounts/staff/staff-store.ts';
import { secondsToInstant, toInstant, toSeconds } from '../../../shared/core/clock.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import { conflict, invalid, notFound } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { answeredInvitation, invitationStanding } from '../../../shared/mail/limits/invitations.ts';
import type { Action } from '../../../shared/table/table.ts';
import type { Actor } from '../../../shared/write/actor.ts';
import { type Change, commit, type WriteContext } from '../../../shared/write/commit.ts';
import { ownLogin } from '../end-sessions.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';
import { openInvitation, openOwnership, type OpenInvitation } from './open-invitation.ts';

/** Longer than the function runs: a press that died does not keep the next one out for long. */
const claimSeconds = 30;

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
      throw invalid([
        { path: 'password', code: 'not-allowed', message: 'must be left out: this login has its password' },
      ]);
    }
    await writeAcceptance(dependencies, byItsPerson(open, now), open, login);
    return answer;
  }
  const { name, password } = input;
  if (name === undefined) throw invalid([{ path: 'name', code: 'required', message: 'must be said' }]);
  if (password === undefined)
    throw invalid([{ path: 'password', code: 'required', message: 'must be chosen' }]);
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
  const { login, key, invitation } = open;
  const nowSeconds = toSeconds(now);
  await commit(dependencies, byItsPerson(open, now), {
    actions: [claimedRow(key, invitation, nowSeconds, nowSeconds + claimSeconds)],
    activity: [],
    outbox: [],
  });
  try {
    await dependencies.directory.choosePassword({ ...login, name }, password);
    // Whoever signed in with the old password until now is out.
    const endedAt = dependencies.clock();
    const notBeforeSeconds = Math.max(login.notBeforeSeconds, toSeconds(endedAt));
    const proven: Login = { ...forgotten(login), name, namedBySelf: true, proven: true, notBeforeSeconds };
    await writeAcceptance(dependencies, byItsPerson({ ...open, login: proven }, now), open, proven);
    await dependencies.secondOver(endedAt);
  } catch (error) {
    // The user pool becomes what the row says again, and the link works for another try.
    await syncLogin(dependencies, login.userId).catch(() => undefined);
    await dependencies.table.transact([releasedRow(key, invitation)]).catch(() => undefined);
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
  const open =
    (await openInvitation(dependencies, login, accountId)) ??
    (await openOwnership(dependencies, login, accountId));
  if (!open) throw notFound();
  if (!open.login.proven) {
    throw conflict(
      'Use the link in the invitation that was mailed to you: it proves that the address is yours.',
    );
  }
  await writeAcceptance(dependencies, context, open, open.login);
}

/** Who presses a mailed link is the person whom it invites. */
function byItsPerson(open: OpenInvitation, now: Date): WriteContext {
  return { actor: actorBehind(open), grantedBy: null, now, idempotent: null };
}

function actorBehind(open: OpenInvitation): Actor {
  const { userId: id } = open.login;
  const name = calledName(open.login);
  if (open.to === 'staff') return { kind: 'staff', id, name };
  if (open.to === 'ownership') return { kind: 'owner', id, name };
  const { contactId } = open.membership;
  return contactId === null ? { kind: 'owner', id, name } : { kind: 'contact', id: contactId, name };
}

async function writeAcceptance(
  dependencies: OwnLoginDependencies,
  context: WriteContext,
  open: OpenInvitation,
  login: Login,
): Promise<void> {
  const { key, invitation, login: before } = open;
  const gained = await gainedBy(dependencies, open, login, context.now);
  await commit(dependencies, context, {
    actions: [acceptedRow(key, invitation), loginRow(login, { version: before.version }), ...gained.actions],
    activity: gained.activity,
    outbox: [{ kind: 'sync-login', userId: login.userId }, ...gained.outbox],
  });
}

type Gained = Pick<Change, 'actions' | 'activity' | 'outbox'>;

function gainedBy(
  dependencies: OwnLoginDependencies,
  open: OpenInvitation,
  login: Login,
  now: Date,
): Promise<Gained> {
  switch (open.to) {
    case 'staff':
      return staffChange(dependencies, open.member);
    case 'account':
      return accountChange(dependencies, open, login, now);
    case 'ownership':
      return ownershipChange(dependencies, open, login);
  }
}

/** From here on nothing but time is missing. */
async function ownershipChange(
  { table }: OwnLoginDependencies,
  { account, ownership }: Extract<OpenInvitation, { to: 'ownership' }>,
  login: Login,
): Promise<Gained> {
  const { userId } = login;
  const { id, effectiveAtSeconds } = ownership;
  return {
    actions: answeredInvitation(await invitationStanding(table, account.id, login.email)),
    activity: [
      {
        accountId: account.id,
        action: 'owner.accepted',
        subject: { kind: 'owner', id: userId, name: calledName(login) },
        before: null,
        after: { effectiveAt: secondsToInstant(effectiveAtSeconds) },
      },
    ],
    outbox: [{ kind: 'change-owner', accountId: account.id, userId, id }],
  };
}

async function staffChange(
  { staff }: OwnLoginDependencies,
  { userId, roles }: MemberOfStaff,
): Promise<Gained> {
  if (!roles.includes('administrator')) return { actions: [], activity: [], outbox: [] };
  const before = await staff.administrators();
  const after = administratorsRow([...(before?.userIds ?? []), userId], before);
  return { actions: [after], activity: [], outbox: [] };
}

async function accountChange(
  { table, people }: OwnLoginDependencies,
  { account, membership, contact }: Extract<OpenInvitation, { to: 'account' }>,
  login: Login,
  now: Date,
): Promise<Gained> {
  const { role, permissions } = membership;
  const standing = await invitationStanding(table, account.id, login.email);
  const email = await addressIn(people, account, contact?.email ?? account.owner.email, login);
  return {
    actions: [
      ...answeredInvitation(standing),
      ...(contact ? contactRows(contact, accepted(contact, login, email)) : []),
      ...(role === 'owner'
        ? ownerRows(account, { name: ownName(login) ?? account.owner.name, email }, now)
        : []),
    ],
    activity: [
      {
        accountId: account.id,
        action: 'membership.accepted',
        subject: contact
          ? { kind: 'contact', id: contact.id, name: contact.name }
          : { kind: 'owner', id: login.userId, name: calledName(login) },
        before: { status: 'invited' },
        after: { status: 'active', permissions: fromMask(permissions) },
      },
    ],
    outbox: [],
  };
}

/**
 * The address under which an account writes to its person: that of their login, as they may have moved while the account
 * was not to know. It stays the one before where the account knows that of the login as somebody else's.
 */
async function addressIn(
  people: OwnLoginDependencies['people'],
  { id }: Account,
  known: string,
  { email }: Login,
): Promise<string> {
  if (normalAddress(known) === normalAddress(email)) return known;
  const { accounts } = await people.byAddress(email);
  return accounts.some(({ accountId }) => accountId === id) ? known : normalAddress(email);
}

/** Their acceptance shows that the address is theirs, in this account, whatever becomes of the login. */
function accepted(contact: Contact, login: Login, email: string): Contact {
  const { invitation: _, ...subAccount } = contact.subAccount!;
  const isOfLogin = normalAddress(email) === normalAddress(login.email);
  return { ...contact, email, subAccount, ...(isOfLogin && { proven: true }), version: newVersion() };
}

/** The owner is called what the person calls themselves, once they do. */
function ownerRows(account: Account, { name, email }: Pick<Login, 'name' | 'email'>, now: Date): Action[] {
  const { owner, version } = account;
  if (owner.name === name && owner.email === email) return [];
  const after = { ...account, owner: { ...owner, name, email }, version: newVersion() };
  const addresses = owner.email === email ? [] : ownerAddressRows(after, owner, toInstant(now));
  return [...accountRows(after, { version }), ...addresses];
}
