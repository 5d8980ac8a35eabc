import { type ContactFacts, contactView } from '../../shared/accounts/contact.ts';
import { type Contact, isInvited } from '../../shared/accounts/people.ts';
import { invitationStandings, invitationView } from '../../shared/mail/limits/invitations.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { bouncesOf } from '../../shared/mail/delivery/dead-addresses.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { ContactDependencies } from './contact-dependencies.ts';

type Reads = Pick<ContactDependencies, 'people' | 'table' | 'deadAddresses'>;

/** Contacts of one account as the API returns them. */
export async function showContacts(
  dependencies: Reads,
  context: RequestContext,
  contacts: readonly Contact[],
) {
  const { now } = context;
  const [facts, bounces] = await Promise.all([
    contactFacts(dependencies, contacts, now),
    bouncesOf(
      dependencies,
      context,
      contacts.map(({ email }) => email),
    ),
  ]);
  return contacts.map((contact, nth) => contactView(contact, { ...facts[nth], ...bounces[nth] }, now));
}

/** The answer with one contact, at its version. */
export async function contactReply(
  dependencies: Reads,
  context: RequestContext,
  contact: Contact,
): Promise<Reply> {
  const [body] = await showContacts(dependencies, context, [contact]);
  return { body, version: contact.version };
}

/** What happened in their account with the contacts' logins, and with the invitations that wait. */
export async function contactFacts(
  { people, table }: Pick<ContactDependencies, 'people' | 'table'>,
  contacts: readonly Contact[],
  now: Date,
): Promise<ContactFacts[]> {
  const accountId = contacts[0]?.accountId ?? '';
  const userIds = contacts.flatMap(({ subAccount }) => subAccount?.userId ?? []);
  const addresses = contacts.filter(isInvited).map(({ email }) => email);
  const [used, standings] = await Promise.all([
    people.lastUsed(accountId, userIds),
    invitationStandings(table, accountId, addresses),
  ]);
  return contacts.map((contact): ContactFacts => {
    const { subAccount, email } = contact;
    if (!subAccount) return {};
    const lastSignInAt = used[userIds.indexOf(subAccount.userId)] ?? null;
    if (!isInvited(contact)) return { lastSignInAt };
    const standing = standings[addresses.indexOf(email)]!;
    return { lastSignInAt, invitation: invitationView(standing, subAccount.invitation!, now) };
  });
}
