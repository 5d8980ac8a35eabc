import { isExpired } from '../../shared/access/caller.ts';
import type { Audience } from '../../shared/mail/mail-task.ts';
import { normalAddress } from '../../shared/people/keys.ts';
import type { Account, MailKind } from '../../shared/people/people.ts';
import type { PeopleStore } from '../../shared/people/people-store.ts';
import { type Person, type Recipients, ticketRecipients } from '../tickets/recipients.ts';

/** Mail to lists of people: the owner has no preference for who may manage access, that mail always comes. */
const nobody: Recipients = { to: null, cc: [] };

/** Whom a mail goes to, by what is true when it is sent: who has gone by then, or switched it off, gets nothing. */
export async function findRecipients(
  people: PeopleStore,
  accountId: string | null,
  audience: Audience,
  now: Date,
): Promise<Recipients> {
  if (accountId === null) return audience.kind === 'person' ? { to: audience, cc: [] } : nobody;
  const account = await people.account(accountId);
  if (!account) return nobody;
  switch (audience.kind) {
    case 'person':
      return (await remains(people, accountId, audience.contactId)) ? { to: audience, cc: [] } : nobody;
    case 'list':
      return listRecipients(people, account, audience.list, now);
    case 'ticket':
      return ticketAudience(people, account, audience);
  }
}

async function listRecipients(
  people: PeopleStore,
  account: Account,
  list: MailKind | 'managers',
  now: Date,
): Promise<Recipients> {
  const { owner } = account;
  const contacts = await people.mailList(account.id, list);
  const current = contacts.filter((contact) => !isExpired(contact.expiresAtSeconds, now));
  const wanted = list === 'managers' || owner.emailPreferences[list];
  const chosen = new Map<string, Person>();
  for (const person of [...(wanted ? [owner] : []), ...current]) {
    chosen.set(normalAddress(person.email), person);
  }
  const [to = null, ...cc] = chosen.values();
  return { to, cc };
}

async function ticketAudience(
  people: PeopleStore,
  account: Account,
  audience: Extract<Audience, { kind: 'ticket' }>,
): Promise<Recipients> {
  const { opener, author } = audience;
  const contactIds = audience.cc.flatMap((copied) => copied.contactId ?? []);
  const openerIds = opener.contactId === null ? [] : [opener.contactId];
  const [contacts, supportContacts] = await Promise.all([
    people.contactsById(account.id, [...openerIds, ...contactIds]),
    opener.kind === 'owner' ? people.mailList(account.id, 'support') : [],
  ]);
  const byId = new Map(contacts.flatMap((contact) => (contact ? [[contact.id, contact]] : [])));
  const openerContact = opener.contactId === null ? undefined : byId.get(opener.contactId);
  return ticketRecipients({
    opener: openerContact ? { ...opener, email: openerContact.email } : opener,
    openerRemains: opener.contactId === null || openerContact !== undefined,
    author,
    owner: { ...account.owner, wantsSupport: account.owner.emailPreferences.support },
    supportContacts,
    copyContactsOnOwnersTickets: true,
    mainOwner: null,
    cc: audience.cc
      .filter(({ contactId }) => contactId === null || byId.has(contactId))
      .map(({ email }) => ({ email, name: '' })),
    bounced: new Set(),
  });
}

async function remains(people: PeopleStore, accountId: string, contactId: string | null): Promise<boolean> {
  return contactId === null || (await people.contact(accountId, contactId)) !== undefined;
}
