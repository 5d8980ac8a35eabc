import type { Language } from '../../shared/language/languages.ts';
import { isExpired } from '../../shared/access/caller.ts';
import type { DeadAddress, DeadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { firstSpoken } from '../../shared/language/choose.ts';
import type { Audience, MailTask, TicketOpener } from '../../shared/mail/mail-task.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { openMainAccount } from '../../shared/accounts/linked.ts';
import { type Account, type Contact, managesTickets, type MailKind } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { StaffStore } from '../../shared/accounts/staff/staff-store.ts';
import type { Position } from '../../shared/table/table.ts';
import type { StoredSettings } from '../../shared/settings/settings.ts';
import { peopleOf, type Person, type Recipients, ticketRecipients } from '../../shared/tickets/recipients.ts';
import { contactsLanguages, ownersLanguage, personsLanguage } from './reader-language.ts';

export interface RecipientDependencies {
  people: PeopleStore;
  staff: Pick<StaffStore, 'member' | 'administrators'>;
  deadAddresses: DeadAddressStore;
  settings(): Promise<StoredSettings>;
}

/** Those who read a mail in one language. */
export interface Readers extends Living {
  language: Language;
}

/** Those among somebody's readers that can be written to. */
interface Living {
  recipients: Recipients;
  /** The marks of those that were left out because their address is dead. */
  dead: DeadAddress[];
  /** Those of the recipients, in lower case, who neither asked for it nor take part: what they get on a day is limited. */
  limited: ReadonlySet<string>;
  /** Those of the recipients, in lower case, whose mail goes to them alone. */
  doubted: ReadonlySet<string>;
}

/**
 * The recipients at the moment of sending, in one group for each language: people who were removed by then, or opted out,
 * get nothing. A ticket's mail is one message, in its opener's language.
 */
export async function findReaders(
  dependencies: RecipientDependencies,
  { accountId, audience, language }: Pick<MailTask, 'accountId' | 'audience' | 'language'>,
  now: Date,
): Promise<Readers[]> {
  const { people, deadAddresses } = dependencies;
  const account = await accountOf(people, accountId);
  switch (audience.kind) {
    case 'person': {
      const { contactId } = audience;
      const contact =
        accountId === null || contactId === null ? undefined : await people.contact(accountId, contactId);
      const isRemoved = accountId !== null && contactId !== null && !contact;
      if (isRemoved) return [];
      const living = await livingOf(deadAddresses, { to: audience, cc: [] });
      const theirs = language ?? (await personsLanguage(people, account, audience, contact));
      return [{ language: theirs, ...living, limited: new Set([normalAddress(audience.email)]) }];
    }
    case 'administrators': {
      const administrators = await dependencies.staff.administrators();
      const logins = await people.logins(administrators?.userIds ?? []);
      return readersOf(
        deadAddresses,
        logins.flatMap((login) => {
          if (!login) return [];
          const { email, name, language: own } = login;
          return [{ email, name, language: firstSpoken(own) }];
        }),
      );
    }
    case 'people': {
      const [to = null, ...cc] = audience.people;
      const living = await livingOf(deadAddresses, { to, cc });
      const limited = addressesOf(audience.people.filter((person) => person.limited));
      return [{ language: firstSpoken(language, account?.language), ...living, limited }];
    }
    case 'owner':
      return account ? readersOf(deadAddresses, [await ownerOf(people, account)]) : [];
    case 'everybody':
      return account ? everybody(dependencies, account) : [];
    case 'list':
      return account ? listReaders(dependencies, account, audience.list, now) : [];
    case 'ticket':
      return account ? [await ticketReaders(dependencies, account, audience, now)] : [];
  }
}

async function accountOf(people: PeopleStore, accountId: string | null): Promise<Account | undefined> {
  return accountId === null ? undefined : people.account(accountId);
}

async function listReaders(
  { people, deadAddresses }: RecipientDependencies,
  account: Account,
  list: MailKind | 'managers',
  now: Date,
): Promise<Readers[]> {
  const { owner } = account;
  const listed = await people.mailList(account.id, list);
  const current = listed.filter((contact) => !isExpired(contact.expiresAtSeconds, now));
  // Mail to those who manage access is not a preference: it is always sent.
  const wanted = list === 'managers' || owner.emailPreferences[list];
  const contacts = await people.contactsById(
    account.id,
    current.map(({ contactId }) => contactId),
  );
  const languages = await contactsLanguages(
    people,
    account,
    contacts.filter((contact) => contact !== undefined),
  );
  const byAddress = new Map<string, Person & { language: Language }>();
  if (wanted) {
    byAddress.set(normalAddress(owner.email), await ownerOf(people, account));
  }
  for (const { contactId, email, name } of current) {
    const language = languages.get(contactId) ?? firstSpoken(account.language);
    byAddress.set(normalAddress(email), { email, name, language });
  }
  const readers = await readersOf(deadAddresses, byAddress.values());
  if (list !== 'managers') return readers;
  // It is no mail of a kind: somebody whom the account made a manager, and who has shown nothing, did not ask for it.
  return readers.map((each) => ({ ...each, limited: addressesOf(peopleOf(each.recipients)) }));
}

const addressesOf = (people: readonly Person[]): ReadonlySet<string> =>
  new Set(people.map(({ email }) => normalAddress(email)));

async function ownerOf(people: PeopleStore, account: Account): Promise<Person & { language: Language }> {
  const { email, name } = account.owner;
  return { email, name, language: await ownersLanguage(people, account) };
}

async function everybody(
  { people, deadAddresses }: RecipientDependencies,
  account: Account,
): Promise<Readers[]> {
  const all = [await ownerOf(people, account)];
  let after: Position | undefined;
  do {
    const page = await people.contacts(account.id, { limit: 100, after });
    const languages = await contactsLanguages(people, account, page.items);
    const language = (id: string) => languages.get(id) ?? firstSpoken(account.language);
    all.push(
      ...page.items.map((each) => ({ email: each.email, name: each.name, language: language(each.id) })),
    );
    after = page.next ?? undefined;
  } while (after);
  return readersOf(deadAddresses, all);
}

/** These people in one group for each language, without those whose address is dead. */
async function readersOf(
  deadAddresses: DeadAddressStore,
  all: Iterable<Person & { language: Language }>,
): Promise<Readers[]> {
  const readers: Readers[] = [];
  for (const [language, [to = null, ...cc]] of Map.groupBy(all, (person) => person.language)) {
    readers.push({ language, ...(await livingOf(deadAddresses, { to, cc })) });
  }
  return readers;
}

async function ticketReaders(
  { people, deadAddresses, settings }: RecipientDependencies,
  account: Account,
  audience: Extract<Audience, { kind: 'ticket' }>,
  now: Date,
): Promise<Readers> {
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
  // A contact is written to at their present address, whatever it was when they were copied.
  const copied = audience.cc.flatMap(({ email, contactId, wrote }) => {
    const contact = contactId === null ? undefined : byId.get(contactId);
    if (contactId !== null && !contact) return [];
    const isSame = !contact || normalAddress(contact.email) === normalAddress(email);
    return [{ email: contact?.email ?? email, name: '', wrote: isSame && wrote === true }];
  });
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
    cc: copied.map(({ email, name }) => ({ email, name })),
    bounced: new Set<string>(),
  };
  const { to, cc } = ticketRecipients(ticketPeople);
  const { dead, doubted } = await deadAddresses.standing(peopleOf({ to, cc }).map((person) => person.email));
  const recipients = ticketRecipients({ ...ticketPeople, bounced: new Set(dead.keys()) });
  const participants = ticketRecipients({ ...ticketPeople, cc: [] });
  const asked = new Set(peopleOf(participants).map(({ email }) => normalAddress(email)));
  const limited = new Set(
    copied
      .filter(({ wrote }) => !wrote)
      .map(({ email }) => normalAddress(email))
      .filter((address) => !asked.has(address)),
  );
  const language = await openersLanguage(people, account, opener, openerContact);
  return { language, recipients, dead: [...dead.values()], doubted, limited };
}

async function openersLanguage(
  people: PeopleStore,
  account: Account,
  { kind, mainAccountId }: TicketOpener,
  contact: Contact | undefined,
): Promise<Language> {
  const home = kind === 'main-account' ? await accountOf(people, mainAccountId ?? null) : account;
  if (home && contact) return (await contactsLanguages(people, home, [contact])).get(contact.id)!;
  if (home && (kind === 'owner' || kind === 'main-account')) return ownersLanguage(people, home);
  return firstSpoken(account.language);
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

/** The recipients without those whose address is dead. */
async function livingOf(deadAddresses: DeadAddressStore, { to, cc }: Recipients): Promise<Living> {
  const all = peopleOf({ to, cc });
  const { dead, doubted } = await deadAddresses.standing(all.map((person) => person.email));
  const [first = null, ...others] = all.filter((person) => !dead.has(normalAddress(person.email)));
  return { recipients: { to: first, cc: others }, dead: [...dead.values()], doubted, limited: new Set() };
}
