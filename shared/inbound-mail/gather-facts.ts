import { findReplyToken, isGenuine } from '../mail/reply-token.ts';
import type { LinkSettings } from '../access/link.ts';
import { normalAddress } from '../accounts/keys.ts';
import { openMainAccount } from '../accounts/linked.ts';
import { type KnownAddress, managesTickets } from '../accounts/people.ts';
import { type Department, departmentOf } from '../settings/departments.ts';
import type { Ticket } from '../tickets/ticket.ts';
import { type AnswerCount, mayAnswer } from '../mail/received/answer-limit.ts';
import { type Belief, belief } from '../mail/received/belief.ts';
import { readReceiverHeader } from '../mail/received/receiver-header.ts';
import type { Settings } from '../settings/settings.ts';
import type { MailDecisionFacts } from './decide-mail.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import { messageIdOf, type Received } from '../mail/received/received.ts';
import { asksForSilence, automaticReason } from '../mail/message/automatic-mail.ts';
import type { InboundMessage } from '../mail/message/read-message.ts';

/** The facts that a message is decided by, and the rows read for them. */
export interface MailFacts {
  known: MailDecisionFacts;
  ticket: Ticket | undefined;
  department: Department;
  ownAddresses: ReadonlySet<string>;
  answers: AnswerCount | undefined;
  hourlyLimit: number;
  /** The Message-ID, or null if another message has it: repeating an id must not take over a conversation. */
  ownMessageId: string | null;
  /** The sender's entry in the main account, if they participate as one of its people. */
  fromMain: KnownAddress | null;
}

export async function gatherFacts(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
  now: Date,
): Promise<MailFacts> {
  const { people, threads, mails } = dependencies;
  const from = message.from ?? '';
  const { messageId } = message;
  const [accounts, thread, answers, inThisHour, idOwner, departments, { settings }] = await Promise.all([
    people.byAddress(from).then((found) => found.accounts),
    findThread(dependencies, received, message),
    mails.answers(from),
    mails.inThisHour(from, now),
    messageId === null ? undefined : threads.find([messageId]),
    dependencies.departments(),
    dependencies.settings(),
  ]);
  const department = departmentOf(departments, received.recipients);
  const ownAddresses = new Set(
    [dependencies.supportAddress, ...departments.map((each) => each.address)].map(normalAddress),
  );
  const fromMain =
    thread && (await participantOfMainAccount(dependencies, thread.ticket, accounts, { settings, now }));
  const hourlyLimit = settings['mail.hourlyLimit'];
  const known: MailDecisionFacts = {
    from: message.from,
    verdicts: received.verdicts,
    belief: believe(message, received, settings),
    machine: automaticReason(message.headers, { from: received.envelopeFrom }, from, ownAddresses),
    asksForSilence: asksForSilence(message.headers),
    overHourlyLimit: inThisHour >= hourlyLimit,
    thread: thread && {
      accountId: thread.ticket.accountId,
      ticketId: thread.ticket.id,
      foundBy: thread.foundBy,
    },
    belongsToThread: thread !== null && (fromMain !== null || participates(thread.ticket, from, accounts)),
    accounts,
    department,
    mayAnswer: mayAnswer(answers, now),
  };
  const ownMessageId = idOwner ? null : messageId;
  return {
    known,
    ticket: thread?.ticket,
    department,
    ownAddresses,
    answers,
    hourlyLimit,
    ownMessageId,
    fromMain,
  };
}

/** Whether From is believed, by what the receiver told us apart from the message and by what it wrote above it. */
export function believe(message: InboundMessage, received: Received, settings: Settings): Belief {
  const { envelopeFrom, verdicts, dmarcPolicy } = received;
  const header = readReceiverHeader(message.fields, messageIdOf(received));
  const sharedNetworks = settings['mail.sharedNetworks'];
  return belief({ from: message.from, envelopeFrom, verdicts, dmarcPolicy, header, sharedNetworks });
}

interface Thread {
  ticket: Ticket;
  foundBy: string;
}

/** Finds the ticket by the token in the address, else by the answered messages, else by the tag in the subject. */
async function findThread(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
): Promise<Thread | null> {
  const { threads, tickets } = dependencies;
  const byToken = await findByToken(dependencies, [...received.recipients, ...message.to]);
  if (byToken) return { ticket: byToken, foundBy: 'the token in the address' };
  const threaded = await threads.find(message.answers);
  const byReference = threaded && (await tickets.locate(threaded.ticketId));
  if (byReference) return { ticket: byReference, foundBy: 'In-Reply-To or References' };
  const number = /\[Ticket ID: (\d{6})\]/.exec(message.subject)?.[1];
  const bySubject = number === undefined ? undefined : await findByNumber(dependencies, number);
  return bySubject ? { ticket: bySubject, foundBy: 'the tag in the subject' } : null;
}

async function findByToken(
  dependencies: InboundDependencies,
  recipients: readonly string[],
): Promise<Ticket | undefined> {
  const token = findReplyToken(recipients);
  const ticket = token ? await findByNumber(dependencies, token.ticketNumber) : undefined;
  if (!token || !ticket) return undefined;
  return isGenuine(token, ticket.id, await dependencies.replyKeys()) ? ticket : undefined;
}

async function findByNumber({ tickets }: InboundDependencies, number: string): Promise<Ticket | undefined> {
  const id = await tickets.idByNumber(number);
  return id === undefined ? undefined : tickets.locate(id);
}

/** Whether the sender opened the ticket as a guest, is on its CC list, or belongs to its account. */
function participates(ticket: Ticket, from: string, accounts: MailDecisionFacts['accounts']): boolean {
  return (
    accounts.some((known) => known.accountId === ticket.accountId) ||
    (ticket.opener.kind === 'guest' && normalAddress(ticket.opener.email) === from) ||
    ticket.cc.some((copied) => copied.contactId === null && normalAddress(copied.email) === from)
  );
}

/**
 * The main account's owner participates in a linked account's tickets, and so does the contact who opened one from
 * there: while the settings give the main account access, and unless the ticket is hidden from it.
 */
async function participantOfMainAccount(
  { people }: InboundDependencies,
  { accountId, opener, hiddenFromMainAccount }: Ticket,
  accounts: readonly KnownAddress[],
  { settings, now }: { settings: LinkSettings; now: Date },
): Promise<KnownAddress | null> {
  if (hiddenFromMainAccount || accounts.some((known) => known.accountId === accountId)) return null;
  const account = accounts.length > 0 ? await people.account(accountId) : undefined;
  const main = account && (await openMainAccount(people, account, settings));
  const known = accounts.find((each) => each.accountId === main?.id);
  if (!main || !known || known.contactId === null) return known ?? null;
  if (opener.kind !== 'main-account' || opener.contactId !== known.contactId) return null;
  const contact = await people.contact(main.id, known.contactId);
  return contact && managesTickets(contact, now) ? known : null;
}
