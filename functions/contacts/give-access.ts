import type * as z from 'zod';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { invalid, notFound, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { admit } from '../../shared/accounts/admission.ts';
import { accountInvitation } from '../../shared/mail/invitations/invitation-mail.ts';
import type { Contact, Login, SubAccount } from '../../shared/accounts/people.ts';
import {
  changedMemberRow,
  contactRows,
  memberRow,
  type NewMembership,
} from '../../shared/accounts/people-store.ts';
import { commit } from '../../shared/write/commit.ts';
import { type ContactDependencies, loadContact } from './change-contact.ts';
import { contactActivity, contactView, requireDelegation } from '../../shared/accounts/contact.ts';
import type { giveAccess as schema } from './schemas.ts';

type Input = z.output<typeof schema>;

/** Activates a contact's login, or changes the permissions of an active one. */
export async function giveAccess(
  dependencies: ContactDependencies,
  context: RequestContext,
  contactId: string,
  input: Input,
): Promise<Reply> {
  const { now } = context;
  const before = await loadContact(dependencies, context, contactId);
  const expiresAtSeconds = readExpiry(input, now);
  const requested = { wants: input.permissions, wantsUntilSeconds: expiresAtSeconds, changesAccess: true };
  requireDelegation(context.authority, before, requested, now);
  const current = before.subAccount && !before.subAccount.ended ? before.subAccount : null;
  const details = { permissions: input.permissions, expiresAtSeconds, note: input.note ?? null };
  const { subAccount, login } = current
    ? await changeAccess(dependencies, context, before, current, details, input)
    : await activate(dependencies, context, before, details, input);
  const after: Contact = { ...before, ...subAccount };
  return { body: contactView(after, login, now), version: after.version };
}

type Details = Pick<SubAccount, 'permissions' | 'expiresAtSeconds' | 'note'>;
type Changed = { subAccount: Pick<Contact, 'subAccount' | 'version'>; login: Login | undefined };

async function changeAccess(
  dependencies: ContactDependencies,
  context: RequestContext,
  before: Contact,
  current: SubAccount,
  details: Details,
  input: Input,
): Promise<Changed> {
  if (input.password !== undefined) {
    throw new Problem('login-exists', 'This person signs in already; only they can change their password.');
  }
  const subAccount = { subAccount: { ...current, ...details }, version: newVersion() };
  const after: Contact = { ...before, ...subAccount };
  await commit(dependencies, context, {
    actions: [
      ...contactRows(before, after),
      changedMemberRow(current.userId, membershipOf(after, details, current.invitation)),
    ],
    activity: [contactActivity('sub-account.changed', before, after, { access: true })],
    outbox: [],
  });
  return { subAccount, login: await dependencies.people.login(current.userId) };
}

async function activate(
  dependencies: ContactDependencies,
  context: RequestContext,
  before: Contact,
  details: Details,
  input: Input,
): Promise<Changed> {
  const { now } = context;
  const account = await dependencies.people.account(before.accountId);
  if (!account) throw notFound();
  const password = input.password ?? null;
  const admission = await admit(dependencies, { email: before.email, name: before.name, password }, now);
  const { userId } = admission.login;
  const { invitation } = admission;
  const waiting = invitation === undefined ? {} : { invitation };
  const subAccount = {
    subAccount: { userId, ended: false, invited: false, ...waiting, grantedAt: toInstant(now), ...details },
    version: newVersion(),
  };
  const after: Contact = { ...before, ...subAccount };
  const change = {
    actions: [
      ...contactRows(before, after),
      memberRow(userId, membershipOf(after, details, invitation)),
      ...admission.actions,
    ],
    activity: [contactActivity('sub-account.activated', before, after, { access: true })],
    outbox: [
      ...admission.outbox,
      ...accountInvitation({
        admission,
        account,
        person: { name: after.name, contactId: after.id },
        permissions: input.permissions,
        by: context.actor.name,
      }),
    ],
  };
  await admission.complete(() => commit(dependencies, context, change));
  return { subAccount, login: admission.login };
}

function membershipOf(
  contact: Contact,
  { permissions, expiresAtSeconds }: Details,
  invitation: string | undefined,
): NewMembership {
  const { accountId, id } = contact;
  const waiting = invitation === undefined ? {} : { invitation };
  return { accountId, role: 'sub-account', contactId: id, permissions, expiresAtSeconds, ...waiting };
}

function readExpiry(input: Input, now: Date): number | null {
  if (!input.expiresAt) return null;
  const seconds = toSeconds(new Date(input.expiresAt));
  if (seconds <= toSeconds(now)) throw invalid([{ path: 'expiresAt', message: 'must lie in the future' }]);
  return seconds;
}
