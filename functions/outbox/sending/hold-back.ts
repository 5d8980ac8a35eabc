import { normalAddress } from '../../../shared/accounts/keys.ts';
import { isShown } from '../../../shared/accounts/contact.ts';
import type { PeopleStore } from '../../../shared/accounts/people-store.ts';
import { dayIn } from '../../../shared/core/day.ts';
import { digestReader, digestRow, type HeldMail, heldRow } from '../../../shared/mail/limits/held-mail.ts';
import { countedAddress } from '../../../shared/mail/limits/counted-address.ts';
import {
  countedMails,
  digestPlace,
  mailsOfDay,
  withinDay,
} from '../../../shared/mail/limits/mails-of-day.ts';
import { type MailTask, switchOf } from '../../../shared/mail/mail-task.ts';
import { peopleOf, type Person, type Recipients } from '../../../shared/tickets/recipients.ts';
import type { TicketStore } from '../../../shared/tickets/ticket-store.ts';
import { noteHeldBack } from '../../../shared/tickets/undelivered.ts';
import type { StoredSettings } from '../../../shared/settings/settings.ts';
import {
  commit,
  portalContext,
  retryWhileStale,
  type WriteDependencies,
} from '../../../shared/write/commit.ts';
import type { Readers } from '../find-recipients.ts';
import { listOf } from './split-task.ts';

export interface HoldDependencies extends WriteDependencies {
  people: PeopleStore;
  tickets: Pick<TicketStore, 'locate'>;
  settings(): Promise<StoredSettings>;
}

/**
 * Counts a mail against the day of each reader who has shown nothing in the account and has not asked for it, and says
 * who has had enough: they get it with the next day's digest. A task that runs again counts once.
 */
export async function overLimit(
  dependencies: HoldDependencies,
  taskId: string,
  task: MailTask,
  { recipients, limited }: Readers,
  now: Date,
): Promise<Person[]> {
  const { table } = dependencies;
  const { accountId } = task;
  // A digest has its place in the day already.
  if (task.digestOf !== undefined) return [];
  const wanted = peopleOf(recipients).filter(({ email }) => limited.has(normalAddress(email)));
  const unproven = await unprovenAmong(dependencies, task, wanted);
  if (unproven.length === 0) return [];
  const day = await today(dependencies, now);
  const byMailbox = Map.groupBy(unproven, ({ email }) => countedAddress(email));
  // Several spellings of one mailbox are several mails to it.
  const mailOf = ({ email }: Person) => `${taskId} ${normalAddress(email)}`;
  return retryWhileStale(async () => {
    const counts = await mailsOfDay(table, accountId, [...byMailbox.keys()], day);
    const within = [...byMailbox.values()].map((people, nth) => withinDay(counts[nth]!, people.map(mailOf)));
    const actions = counts.flatMap((count, nth) => countedMails(count, within[nth]!, now));
    await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
    const allowed = new Set(within.flat());
    return unproven.filter((person) => !allowed.has(mailOf(person)));
  });
}

async function unprovenAmong(
  { people }: HoldDependencies,
  task: MailTask,
  wanted: readonly Person[],
): Promise<Person[]> {
  // Only a ticket’s mail, and mail to one person that is of no kind, goes to somebody who did not ask for it.
  if (task.audience.kind !== 'ticket' && switchOf(task) !== null) return [];
  const shown = await Promise.all(wanted.map(({ email }) => isProvenIn(people, task.accountId, email)));
  return wanted.filter((_, nth) => !shown[nth]);
}

async function isProvenIn(people: PeopleStore, accountId: string | null, email: string): Promise<boolean> {
  const { userId, accounts } = await people.byAddress(email);
  const known = accounts.find((each) => each.accountId === accountId);
  if (accountId !== null && !known) return false;
  const login = userId === null ? undefined : await people.login(userId);
  if (!known) return login?.proven === true;
  if (known.contactId === null) return true;
  const contact = await people.contact(known.accountId, known.contactId);
  return contact !== undefined && isShown(contact, login);
}

async function today({ settings }: HoldDependencies, now: Date): Promise<string> {
  return dayIn((await settings()).settings.timeZone, now);
}

/** Keeps the mail for those who have had enough, with a digest for the next day and a line in its ticket for staff. */
export async function holdBack(
  dependencies: HoldDependencies,
  taskId: string,
  task: MailTask,
  held: readonly Person[],
  { subject, text }: Pick<HeldMail, 'subject' | 'text'>,
  now: Date,
): Promise<void> {
  const day = await today(dependencies, now);
  const ticketId = task.thread?.ticketId ?? null;
  const { audience } = task;
  const mail: HeldMail = {
    ticketId,
    ...(audience.kind === 'person' && audience.contactId !== null ? { contactId: audience.contactId } : {}),
    ...listOf(task),
    subject,
    text,
  };
  const digested = new Set<string>();
  for (const person of held) {
    const isKept = await retryWhileStale(() => keep(dependencies, { taskId, task, person, day }, mail, now));
    if (isKept) digested.add(normalAddress(person.email));
  }
  if (ticketId === null) return;
  await retryWhileStale(async () => {
    const ticket = await dependencies.tickets.locate(ticketId);
    const emails = held.map(({ email }) => email);
    const change = ticket && noteHeldBack(ticket, { emails, digested }, day, now);
    if (change) await commit(dependencies, portalContext(now), change);
  });
}

/** Keeps it for the digest of that day; false where that goes to another spelling of the mailbox. */
async function keep(
  dependencies: HoldDependencies,
  { taskId, task, person, day }: { taskId: string; task: MailTask; person: Person; day: string },
  mail: HeldMail,
  now: Date,
): Promise<boolean> {
  const { table } = dependencies;
  const { accountId } = task;
  const { email, name } = person;
  const reader = await digestReader(table, email, accountId, day);
  if (reader !== undefined && reader !== normalAddress(email)) return false;
  const isWaiting = reader !== undefined;
  const digest: MailTask = {
    kind: 'mail',
    template: 'held-mail',
    accountId,
    mailKind: task.mailKind,
    audience: { kind: 'person', email, name, contactId: null },
    data: { accountName: task.data['accountName'] ?? '' },
    thread: null,
    inReplyTo: null,
    digestOf: day,
  };
  await commit(dependencies, portalContext(now), {
    actions: [
      heldRow({ email, accountId, day, taskId }, mail, now),
      ...(isWaiting
        ? []
        : [digestRow(email, accountId, day, now), ...(await digestPlace(table, accountId, email, day, now))]),
    ],
    activity: [],
    outbox: isWaiting ? [] : [digest],
  });
  return true;
}

/** The recipients without those, the first of the others in To. */
export function withoutPeople(recipients: Recipients, held: readonly Person[]): Recipients {
  const [to = null, ...cc] = peopleOf(recipients).filter((person) => !held.includes(person));
  return { to, cc };
}
