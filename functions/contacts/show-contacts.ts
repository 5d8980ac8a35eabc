import { type ContactFacts, contactView } from '../../shared/accounts/contact.ts';
import { type Contact, isInvited } from '../../shared/accounts/people.ts';
import { invitationStandings, invitationView } from '../../shared/mail/limits/invitations.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { ContactDependencies } from './contact-dependencies.ts';

type Reads = Pick<ContactDependencies, 'people' | 'table'>;

/** Contacts of one account as the API returns them. */
export async function showContacts(dependencies: Reads, contacts: readonly Contact[], now: Date) {
  const facts = await contactFacts(dependencies, contacts, now);
  return contacts.map((contact, index) => contactView(contact, facts[index]!, now));
}

/** The answer with one contact, at its version. */
export async function contactReply(dependencies: Reads, contact: Contact, now: Date): Promise<Reply> {
  const [body] = await showContacts(dependencies, [contact], now);
  return { body, version: contact.version };
}

/** What happened in their account with the contacts' logins, and with the invitations that wait. */
export async function contactFacts(
  { people, table }: Reads,
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
