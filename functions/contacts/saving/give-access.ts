import { admit, type Admission } from '../../../shared/accounts/logins/admission.ts';
import { contactActivity } from '../../../shared/accounts/contact.ts';
import {
  accountUnchanged,
  contactRows,
  memberRow,
  type NewMembership,
} from '../../../shared/accounts/people-store.ts';
import type { Contact } from '../../../shared/accounts/people.ts';
import { toInstant } from '../../../shared/core/clock.ts';
import { conflict, notFound, Problem } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { accountInvitation } from '../../../shared/mail/invitations/invitation-mail.ts';
import {
  invitationStanding,
  invitationView,
  mailedInvitation,
  mayInvite,
} from '../../../shared/mail/limits/invitations.ts';
import { strangerRows, strangersOfDay } from '../../../shared/mail/limits/strangers.ts';
import type { Action } from '../../../shared/table/table.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { ContactDependencies } from '../contact-dependencies.ts';
import type { AccessDetails, ContactPlan, SavedContact } from './plan-contact.ts';

/**
 * Gives a contact access: a new login, or the one that its address has. Where a limit of invitations is reached the
 * access is given all the same, and only the mail is left out.
 * @throws Problem `login-exists`, `email-taken`, `too-many-strangers`, and where the account is closed
 */
export async function giveAccess(
  dependencies: ContactDependencies,
  context: RequestContext,
  { before, person, password }: ContactPlan,
  details: AccessDetails,
): Promise<SavedContact> {
  const { accountId, now } = context;
  const { table } = dependencies;
  const [account, standing, day] = await Promise.all([
    dependencies.people.account(accountId),
    invitationStanding(table, accountId, person.email),
    dependencies.settings().then((settings) => strangersOfDay(table, settings, accountId, now)),
  ]);
  if (!account) throw notFound();
  if (account.status === 'inactive') throw conflict(`${account.name} is closed: nobody is let into it.`);
  const isMailed = mayInvite(standing, now);
  // A password is looked at for as many addresses a day as may be mailed, so that logins are not found by trying.
  const asStranger = isMailed || password !== null ? strangerRows(day, [person.email], now) : [];
  const admission = await admitOrCount(dependencies, context, person, password, asStranger);
  const { userId } = admission.login;
  const { invitation } = admission;
  const waiting = invitation === undefined ? {} : { invitation };
  const contact: Contact = {
    ...person,
    subAccount: { userId, ended: false, invited: false, ...waiting, grantedAt: toInstant(now), ...details },
  };
  const mailed = invitation !== undefined && isMailed ? mailedInvitation(standing, invitation, now) : null;
  const view =
    invitation === undefined
      ? {}
      : { invitation: invitationView(mailed?.standing ?? standing, invitation, now) };
  const [lastSignInAt = null] = await dependencies.people.lastUsed(accountId, [userId]);
  const by = context.actor.name;
  const invitee = { name: contact.name, contactId: contact.id };
  const { permissions } = details;
  return {
    contact,
    facts: { lastSignInAt, ...view },
    actions: [
      // It is not being closed meanwhile.
      accountUnchanged(account),
      ...contactRows(before, contact),
      memberRow(userId, membershipOf(contact, details, invitation)),
      ...admission.actions,
      ...(mailed ? [...mailed.actions, ...asStranger] : []),
    ],
    activity: [contactActivity('sub-account.activated', before ?? person, contact, { access: true })],
    outbox: [
      ...admission.outbox,
      ...(mailed ? accountInvitation({ admission, account, person: invitee, permissions, by }) : []),
    ],
    complete: (write) => admission.complete(write),
  };
}

/** A refusal tells that the address has a login, so it is counted as if the address had been mailed. */
async function admitOrCount(
  dependencies: ContactDependencies,
  context: RequestContext,
  person: Contact,
  password: string | null,
  asStranger: Action[],
): Promise<Admission> {
  try {
    const { name, email } = person;
    const admission = await admit(dependencies, { name, email, password }, context.now);
    await requireOnePart(dependencies, person, admission);
    return admission;
  } catch (error) {
    const tells = error instanceof Problem && ['login-exists', 'email-taken'].includes(error.kind);
    if (!tells) throw error;
    await commit(
      dependencies,
      { ...context, idempotent: null },
      { actions: asStranger, activity: [], outbox: [] },
    );
    throw error;
  }
}

/**
 * A login has one part in an account. Its address may have changed since it was given one that it has not accepted, and
 * then the account knows it by the old address still.
 */
async function requireOnePart(
  { people }: ContactDependencies,
  { id, accountId }: Contact,
  { login }: Admission,
): Promise<void> {
  const part = await people.membership(login.userId, accountId);
  // Where the same contact was given access a moment ago, the write fails and all is read again.
  if (!part || part.contactId === id) return;
  throw new Problem('email-taken', 'The owner or another contact of this account has this address.');
}

export function membershipOf(
  { accountId, id }: Contact,
  { permissions, expiresAtSeconds }: AccessDetails,
  invitation: string | undefined,
): NewMembership {
  const waiting = invitation === undefined ? {} : { invitation };
  return { accountId, role: 'sub-account', contactId: id, permissions, expiresAtSeconds, ...waiting };
}
