import { normalAddress } from '../../../shared/accounts/keys.ts';
import { dayIn } from '../../../shared/core/day.ts';
import { type HeldMail, heldMails } from '../../../shared/mail/limits/held-mail.ts';
import { digestOn } from '../../../shared/mail/limits/mails-of-day.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import type { Ticket } from '../../../shared/tickets/ticket.ts';
import { commit, portalContext, retryWhileStale } from '../../../shared/write/commit.ts';
import type { HoldDependencies } from './hold-back.ts';

const hourMs = 60 * 60 * 1000;

/**
 * When to look again for the end of the day whose held mail this task brings, or for a day that has room for it; null for
 * other mail, and where it may go out now. It counts among the mails of the day on which it goes.
 */
export async function digestWaitsUntil(
  dependencies: HoldDependencies,
  { digestOf, accountId, audience }: MailTask,
  now: Date,
): Promise<Date | null> {
  if (digestOf === undefined || audience.kind !== 'person') return null;
  const { timeZone } = (await dependencies.settings()).settings;
  const today = dayIn(timeZone, now);
  const later = new Date(now.getTime() + hourMs);
  if (today <= digestOf) return later;
  return retryWhileStale(async () => {
    const on = { day: digestOf, on: today };
    const actions = await digestOn(dependencies.table, accountId, audience.email, on, now);
    if (actions === null) return later;
    await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
    return null;
  });
}

/**
 * What was held back from a reader on the digest's day, of the tickets that they are still in and of mail that is still
 * theirs. Null where nothing is left to be said, undefined for other mail.
 */
export async function digestData(
  dependencies: HoldDependencies,
  { digestOf, accountId }: MailTask,
  email: string,
): Promise<Record<string, string> | null | undefined> {
  if (digestOf === undefined) return undefined;
  const { table, tickets } = dependencies;
  const { mails, isMore } = await heldMails(table, email, accountId, digestOf);
  const ticketIds = [...new Set(mails.flatMap(({ ticketId }) => ticketId ?? []))];
  const open = new Set<string>();
  for (const id of ticketIds) {
    const ticket = await tickets.locate(id);
    if (ticket && (await takesPart(dependencies, ticket, email))) open.add(id);
  }
  const wanted = [];
  for (const mail of mails) {
    const { ticketId } = mail;
    const isTheirs =
      ticketId === null ? await isStillTheirs(dependencies, accountId, mail, email) : open.has(ticketId);
    if (isTheirs) wanted.push(mail);
  }
  if (wanted.length === 0) return null;
  const said = wanted.map(({ subject, text }) => `${subject}\n\n${text.trim()}`);
  return { text: [...said, ...(isMore ? ['…'] : [])].join('\n\n---\n\n') };
}

/** Who was copied as a contact is out with the contact, and so is an address that is the contact's no more. */
async function takesPart(
  { people }: HoldDependencies,
  { accountId, cc, left = [] }: Ticket,
  email: string,
): Promise<boolean> {
  const address = normalAddress(email);
  if (left.includes(address)) return false;
  if (cc.some((copied) => copied.contactId === null && normalAddress(copied.email) === address)) return true;
  const contacts = await people.contactsById(
    accountId,
    cc.flatMap(({ contactId }) => contactId ?? []),
  );
  return contacts.some((contact) => contact && normalAddress(contact.email) === address);
}

/** Whether a mail that is about no ticket would still be written to this address. */
async function isStillTheirs(
  { people }: HoldDependencies,
  accountId: string | null,
  { contactId, list }: HeldMail,
  email: string,
): Promise<boolean> {
  if (accountId === null) return true;
  const address = normalAddress(email);
  if (list !== undefined) {
    const listed = await people.mailList(accountId, list);
    return listed.some((contact) => normalAddress(contact.email) === address);
  }
  if (contactId === undefined) return true;
  const contact = await people.contact(accountId, contactId);
  return contact !== undefined && normalAddress(contact.email) === address;
}
