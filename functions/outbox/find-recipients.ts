import { isExpired } from '../../shared/access/caller.ts';
import type { BounceStore } from '../../shared/mail/delivery/bounces.ts';
import type { Audience, TicketOpener } from '../../shared/mail/mail-task.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { openMainAccount } from '../../shared/accounts/linked.ts';
import { type Account, type Contact, managesTickets, type MailKind } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { StaffStore } from '../../shared/accounts/staff/staff-store.ts';
import type { StoredSettings } from '../../shared/settings/settings.ts';
import { type Person, type Recipients, ticketRecipients } from '../../shared/tickets/recipients.ts';

export interface RecipientDependencies {
  people: PeopleStore;
  staff: Pick<StaffStore, 'member' | 'administrators'>;
  bounces: BounceStore;
  settings(): Promise<StoredSettings>;
}

const nobody: Recipients = { to: null, cc: [] };

/** The recipients at the moment of sending: people who were removed by then, or opted out, get nothing. */
export async function findRecipients(
  dependencies: RecipientDependencies,
  accountId: string | null,
  audience: Audience,
  now: Date,
): Promise<Recipients> {
  const { people, bounces } = dependencies;
  switch (audience.kind) {
    case 'person': {
      const { contactId } = audience;
      const isRemoved = accountId !== null && !(await stillExists(people, accountId, contactId));
      return isRemoved ? nobody : withoutBounced(bounces, { to: audience, cc: [] });
    }
    case 'administrators': {
      const administrators = await dependencies.staff.administrators();
      const logins = await people.logins(administrators?.userIds ?? []);
      const [to = null, ...cc] = logins.flatMap((login) => (login ? [login] : []));
      return withoutBounced(bounces, { to, cc });
    }
    case 'people': {
      const [to = null, ...cc] = audience.people;
      return withoutBounced(bounces, { to, cc });
    }
    case 'list': {
      const account = await accountOf(people, accountId);
      return account
        ? withoutBounced(bounces, await listRecipients(people, account, audience.list, now))
        : nobody;
    }
    case 'ticket': {
      const account = await accountOf(people, accountId);
      return account ? ticketAudience(dependencies, account, audience, now) : nobody;
    }
  }
}

async function accountOf(people: PeopleStore, accountId: string | null): Promise<Account | undefined> {
  return accountId === null ? undefined : people.account(accountId);
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
  // Mail to those who manage access is not a preference: it is always sent.
  const wanted = list === 'managers' || owner.emailPreferences[list];
  const byAddress = new Map<string, Person>();
  for (const person of [...(wanted ? [owner] : []), ...current]) {
    byAddress.set(normalAddress(person.email), person);
  }
  const [to = null, ...cc] = byAddress.values();
  return { to, cc };
}

async function ticketAudience(
  { people, bounces, settings }: RecipientDependencies,
  account: Account,
  audience: Extract<Audience, { kind: 'ticket' }>,
  now: Date,
): Promise<Recipients> {
  const { opener, author, hiddenFromMainAccount } = audience;
  const { settings: current } = await settings();
  const main = await openMainAccount(people, account, current);
  const contactIds = audience.cc.flatMap((copied) => copied.contactId ?? []);
  const openerIds = opener.kind === 'contact' && opener.contactId !== null ? [opener.contactId] : [];
  const [contacts, supportContacts] = await Promise.all([
    people.contactsById(account.id, [...openerIds, ...contactIds]),
    opener.kind === 'owner' ? people.mailList(account.id, 'support') : [],
  ]);
  const byId = new Map(contacts.flatMap((contact) => (contact ? [[contact.id, contact]] : [])));
  const openerContact =
    opener.kind === 'main-account'
      ? await openerInMainAccount(people, opener, now)
      : opener.contactId === null
        ? undefined
        : byId.get(opener.contactId);
  const isFromMain = opener.kind === 'main-account';
  const hasAccess = !isFromMain || (main?.id === opener.mainAccountId && !hiddenFromMainAccount);
  const ticketPeople = {
    opener: openerContact ? { ...opener, email: openerContact.email } : opener,
    openerRemains: hasAccess && (opener.contactId === null || openerContact !== undefined),
    author,
    owner: { ...account.owner, wantsSupport: account.owner.emailPreferences.support },
    supportContacts,
    copyContactsOnOwnersTickets: current['tickets.copyContactsOnOwnersTickets'],
    mainOwner: main && !hiddenFromMainAccount && main.owner.emailPreferences.support ? main.owner : null,
    cc: audience.cc
      .filter(({ contactId }) => contactId === null || byId.has(contactId))
      .map(({ email }) => ({ email, name: '' })),
    bounced: new Set<string>(),
  };
  const { to, cc } = ticketRecipients(ticketPeople);
  const emails = [...(to ? [to] : []), ...cc].map((person) => person.email);
  return ticketRecipients({ ...ticketPeople, bounced: await bounces.bounced(emails) });
}

/** The main account's contact who opened the ticket, if they still exist and may still manage tickets. */
async function openerInMainAccount(
  people: PeopleStore,
  { mainAccountId, contactId }: TicketOpener,
  now: Date,
): Promise<Contact | undefined> {
  if (!mainAccountId || contactId === null) return undefined;
  const contact = await people.contact(mainAccountId, contactId);
  return contact && managesTickets(contact, now) ? contact : undefined;
}

/** The recipients without the addresses that bounced permanently. */
async function withoutBounced(bounces: BounceStore, { to, cc }: Recipients): Promise<Recipients> {
  const all = [...(to ? [to] : []), ...cc];
  const bounced = await bounces.bounced(all.map((person) => person.email));
  const [first = null, ...others] = all.filter((person) => !bounced.has(normalAddress(person.email)));
  return { to: first, cc: others };
}

async function stillExists(
  people: PeopleStore,
  accountId: string,
  contactId: string | null,
): Promise<boolean> {
  return contactId === null || (await people.contact(accountId, contactId)) !== undefined;
}
