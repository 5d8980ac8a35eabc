import { isExpired } from '../../shared/access/caller.ts';
import { contactView, requireDelegation } from '../../shared/accounts/contact.ts';
import { contactKey } from '../../shared/accounts/keys.ts';
import { type Contact, heldPermissions, isInvited } from '../../shared/accounts/people.ts';
import { conflict, notFound, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { bouncesOf } from '../../shared/mail/delivery/dead-addresses.ts';
import { invitationMail } from '../../shared/mail/invitations/invitation-mail.ts';
import {
  invitationStanding,
  invitationView,
  mailedInvitation,
  mayInvite,
  nextInvitationAt,
} from '../../shared/mail/limits/invitations.ts';
import { strangerRows, strangersOfDay } from '../../shared/mail/limits/strangers.ts';
import { equals } from '../../shared/table/table.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { type ContactDependencies, loadContact } from './contact-dependencies.ts';

/**
 * Mails the invitation that a contact's access waits for once more.
 * @throws Problem `conflict` where nothing waits, `invitation-limit` with `nextAt`, `too-many-strangers`
 */
export async function inviteAgain(
  dependencies: ContactDependencies,
  context: RequestContext,
  contactId: string,
): Promise<Reply> {
  const { accountId, now } = context;
  const { people, table } = dependencies;
  const contact = await loadContact(dependencies, context, contactId);
  const { subAccount } = contact;
  if (!subAccount || !isInvited(contact) || isExpired(subAccount.expiresAtSeconds, now)) {
    throw conflict('No invitation of this contact waits to be accepted.');
  }
  requireUnchangedAllowed(context, contact);
  const [account, login, standing, [bounced], day] = await Promise.all([
    people.account(accountId),
    people.login(subAccount.userId),
    invitationStanding(table, accountId, contact.email),
    bouncesOf(dependencies, context, [contact.email]),
    dependencies.settings().then((settings) => strangersOfDay(table, settings, accountId, now)),
  ]);
  if (!account || !login) throw notFound();
  if (!mayInvite(standing, now)) {
    throw new Problem('invitation-limit', 'This address was invited as often as it may be for now.', {
      nextAt: nextInvitationAt(standing, now),
    });
  }
  const invitation = subAccount.invitation!;
  const mailed = mailedInvitation(standing, invitation, now);
  const person = { name: contact.name, contactId };
  const { permissions } = subAccount;
  const view = invitationView(mailed.standing, invitation, now);
  const facts = { lastSignInAt: null, invitation: view, ...bounced };
  const reply = { body: contactView(contact, facts, now), version: contact.version };
  await commit(dependencies, context, {
    actions: [
      { check: contactKey(accountId, contactId), when: equals({ version: contact.version }) },
      ...mailed.actions,
      ...strangerRows(day, [contact.email], now),
    ],
    activity: [],
    outbox: [invitationMail({ login, account, person, permissions, by: context.actor.name })],
    answer: reply,
  });
  return reply;
}

/** Nobody invites to what they could not give. */
function requireUnchangedAllowed({ authority, now }: RequestContext, contact: Contact): void {
  const wantsUntilSeconds = contact.subAccount?.expiresAtSeconds ?? null;
  const change = { wants: heldPermissions(contact, now), wantsUntilSeconds, changesAccess: false };
  requireDelegation(authority, contact, change, now);
}
