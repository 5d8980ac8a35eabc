import { type Language, defaultLanguage } from '../../shared/language/languages.ts';
import { firstSpoken } from '../../shared/language/choose.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { type Account, type Contact, isInvited } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';

type LanguagePeople = Pick<PeopleStore, 'account' | 'login' | 'logins' | 'membership'>;

/**
 * The owner's language. What a person says of themselves counts once they have accepted the account: before that, its
 * sent mail must not tell what they did elsewhere.
 */
export async function ownersLanguage(
  people: LanguagePeople,
  { id, owner, language }: Account,
): Promise<Language> {
  const [login, membership] = await Promise.all([
    people.login(owner.userId),
    people.membership(owner.userId, id),
  ]);
  return firstSpoken(membership?.invitation === null ? login?.language : undefined, language);
}

/** The language of each of these contacts of an account, by its id: the person's own, the contact's, the account's. */
export async function contactsLanguages(
  people: LanguagePeople,
  account: Account,
  contacts: readonly Contact[],
): Promise<Map<string, Language>> {
  const userOf = (contact: Contact) =>
    contact.subAccount && !contact.subAccount.ended && !isInvited(contact) ? [contact.subAccount.userId] : [];
  const logins = await people.logins([...new Set(contacts.flatMap(userOf))]);
  const own = new Map(logins.flatMap((login) => (login ? [[login.userId, login.language]] : [])));
  return new Map(
    contacts.map((contact) => {
      const [userId] = userOf(contact);
      const spoken = userId === undefined ? undefined : own.get(userId);
      return [contact.id, firstSpoken(spoken, contact.language, account.language)];
    }),
  );
}

/** The language of one person who is mailed alone. Who is no contact and not the owner is staff or a stranger. */
export async function personsLanguage(
  people: LanguagePeople,
  account: Account | undefined,
  person: { email: string },
  contact: Contact | undefined,
): Promise<Language> {
  if (!account) return defaultLanguage;
  if (contact) return (await contactsLanguages(people, account, [contact])).get(contact.id)!;
  const isOwner = normalAddress(account.owner.email) === normalAddress(person.email);
  return isOwner ? ownersLanguage(people, account) : defaultLanguage;
}
