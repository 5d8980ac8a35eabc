import { contactActivity } from '../../shared/accounts/contact.ts';
import type { Account, Contact, MailKind } from '../../shared/accounts/people.ts';
import { accountRows, contactRows, type PeopleStore } from '../../shared/accounts/people-store.ts';
import { profileActivity } from '../../shared/accounts/profile.ts';
import { toSeconds } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import type { Language } from '../../shared/language/languages.ts';
import { text } from '../../shared/language/text.ts';
import { page, words } from '../../shared/http/pages/page.ts';
import { readSwitch, type SwitchLink } from '../../shared/mail/invitations/signed-link.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { ReplyKeys } from '../../shared/mail/reply-token.ts';
import { type Change, commit, portalContext, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

export interface SwitchDependencies extends WriteDependencies {
  people: PeopleStore;
  linkKeys(): Promise<ReplyKeys>;
}

/** A kind of mail that a mailed link switches off, or on again, for the person whom it was mailed to. */
export interface MailSwitch {
  account: Account;
  /** Null for the owner. */
  contact: Contact | null;
  email: string;
  link: SwitchLink;
}

/** @throws Problem where the link was never signed for the address that the person has now, or is over */
export async function switchBehind(
  { people, linkKeys }: SwitchDependencies,
  token: string,
  now: Date,
): Promise<MailSwitch> {
  const link = readSwitch(token);
  if (!link) throw notFound();
  const { accountId, contactId } = link;
  const [account, contact] = await Promise.all([
    people.account(accountId),
    contactId === null ? null : people.contact(accountId, contactId),
  ]);
  if (!account || contact === undefined) throw notFound();
  const { email } = contact ?? account.owner;
  if (!link.isFor(email, await linkKeys())) throw notFound();
  if (link.expiresAtSeconds <= toSeconds(now)) throw conflict('This link is over. Use one of a newer mail.');
  return { account, contact, email, link };
}

export function switchView({ account, contact, email, link }: MailSwitch) {
  const { kind, on } = link;
  const isOn = (contact ?? account.owner).emailPreferences[kind];
  return { accountName: account.name, email, kind, switchesOn: on, isOn };
}

/**
 * Switches by a press, or by the reader's mail program on its own (RFC 8058). An owner gets invoices: for them only a
 * press counts. Whoever is switched off is told by mail, with a link back.
 */
export async function switchByLink(
  dependencies: SwitchDependencies,
  behind: MailSwitch,
  isPress: boolean,
  now: Date,
): Promise<void> {
  const { account, contact, link } = behind;
  const { kind, on } = link;
  if (!isPress && (contact === null || on)) return;
  const before = (contact ?? account.owner).emailPreferences;
  if (before[kind] === on) return;
  const emailPreferences = { ...before, [kind]: on };
  const change = contact
    ? contactsChange(contact, emailPreferences)
    : ownersChange(account, emailPreferences);
  const outbox = on ? [] : [switchedOffMail(behind)];
  const { id, name } = contact ?? { id: account.owner.userId, name: account.owner.name };
  const actor = { kind: contact ? ('contact' as const) : ('owner' as const), id, name };
  await commit(dependencies, { ...portalContext(now), actor }, { ...change, outbox });
}

function contactsChange(
  before: Contact,
  emailPreferences: Contact['emailPreferences'],
): Omit<Change, 'outbox'> {
  const after = { ...before, emailPreferences, version: newVersion() };
  return {
    actions: contactRows(before, after),
    activity: [contactActivity('contact.changed', before, after, { access: false })],
  };
}

function ownersChange(
  before: Account,
  emailPreferences: Account['owner']['emailPreferences'],
): Omit<Change, 'outbox'> {
  const after = { ...before, owner: { ...before.owner, emailPreferences }, version: newVersion() };
  return {
    actions: accountRows(after, { version: before.version }),
    activity: [profileActivity(before, after)],
  };
}

/** It cannot be switched off itself. */
function switchedOffMail({ account, contact, email, link }: MailSwitch): MailTask {
  const { kind, contactId } = link;
  const { id: accountId, name: accountName } = account;
  const { name } = contact ?? account.owner;
  return {
    kind: 'mail',
    template: 'mail-switched-off',
    accountId,
    mailKind: 'general',
    audience: { kind: 'person', email, name, contactId },
    data: { accountName, mailKind: kindIn('en', kind) },
    words: { mailKind: { key: `mailKind.${kind}` } },
    mailSwitch: { accountId, contactId, kind, on: true },
    thread: null,
    inReplyTo: null,
  };
}

export function switchPage(
  language: Language,
  { accountName, email, kind, switchesOn }: ReturnType<typeof switchView>,
): Reply {
  const said = { accountName, email, mailKind: kindIn(language, kind) };
  const way = switchesOn ? 'on' : 'off';
  return page(
    language,
    'page.switch.title',
    `<p>${words(language, `page.switch.${way}`, said)}</p>
<form method="post"><p><button name="press" value="yes">${words(language, `page.switch.${way}Press`)}</button></p></form>`,
  );
}

export function switchedPage(
  language: Language,
  { accountName, email, kind, switchesOn }: ReturnType<typeof switchView>,
): Reply {
  const said = { accountName, email, mailKind: kindIn(language, kind) };
  const way = switchesOn ? 'switchedOn' : 'switchedOff';
  return page(language, 'page.switch.title', `<p>${words(language, `page.switch.${way}`, said)}</p>`);
}

const kindIn = (language: Language, kind: MailKind): string => text(language, `mailKind.${kind}`);
