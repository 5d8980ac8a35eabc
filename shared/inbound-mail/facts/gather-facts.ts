import { findReplyToken, isGenuine } from '../../mail/reply-token.ts';
import type { Actor } from '../../write/actor.ts';
import type { LinkSettings } from '../../access/link.ts';
import { normalAddress } from '../../accounts/keys.ts';
import { openMainAccount } from '../../accounts/linked.ts';
import { type KnownAddress, managesTickets } from '../../accounts/people.ts';
import { type Department, departmentOf } from '../../settings/departments.ts';
import type { Ticket } from '../../tickets/ticket.ts';
import { type AnswerCount, mayAnswer } from '../../mail/received/answer-limit.ts';
import { type Belief, belief } from '../../mail/received/belief.ts';
import { readReceiverHeader } from '../../mail/received/receiver-header.ts';
import type { Settings } from '../../settings/settings.ts';
import { countedAddress } from '../../mail/limits/counted-address.ts';
import { type Hour, inHour, networkOf, readHour } from '../../mail/limits/hour.ts';
import { domainOf } from '../../core/organisational-domain.ts';
import type { MailDecisionFacts } from '../decide-mail.ts';
import { readsTickets, type SenderPart } from './sender-part.ts';
import { partsOf } from './sender-parts.ts';
import type { InboundDependencies } from '../inbound-dependencies.ts';
import { messageIdOf, type Received } from '../../mail/received/received.ts';
import { asksForSilence, automaticSign } from '../../mail/message/automatic-mail.ts';
import type { InboundMessage } from '../../mail/message/read-message.ts';

/** The facts that a message is decided by, and the rows read for them. */
export interface MailFacts {
  known: MailDecisionFacts;
  ticket: Ticket | undefined;
  ticketFoundBy: keyof typeof ways | null;
  department: Department;
  ownAddresses: ReadonlySet<string>;
  answers: AnswerCount | undefined;
  /** What counts the sender's messages: the address, or the network of one that is not believed. */
  hour: Hour;
  /** The Message-ID, or null if another message has it: repeating an id must not take over a conversation. */
  ownMessageId: string | null;
  /** The sender's entry in the main account, if they participate as one of its people. */
  fromMain: KnownAddress | null;
  /** The host that handed the message in; null where the receiver's header does not say. */
  client: string | null;
  /** Who of staff adds it, where nothing shows that it is from its From. */
  addedBy: Actor | null;
  settings: Settings;
}

/** What is overridden for a message that is handled anew. */
export interface Overrides {
  /** Its limits; never what has to be shown. */
  limits: boolean;
  /** The holder of its address said that it is theirs. */
  confirmed: boolean;
  /** Who of staff handles it anew: what is not believed goes in as added by them. */
  by: Actor | null;
}

export async function gatherFacts(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
  overrides: Overrides,
  now: Date,
): Promise<MailFacts> {
  const { people, threads, mails, questions, table } = dependencies;
  const from = message.from ?? '';
  const { messageId } = message;
  const { settings } = await dependencies.settings();
  const { client, ...believed } = believe(message, received, settings);
  const belief = overrides.confirmed ? confirmed : believed.belief;
  const [address, thread, answers, hour, mayAsk, question, idOwner, departments] = await Promise.all([
    people.byAddress(from),
    findThread(dependencies, received, message),
    mails.answers(from),
    readHour(table, belief.believed ? countedAddress(from) : networkOf(client)),
    questions.mayAsk(from, now),
    questions.byMail(message.answers),
    messageId === null ? undefined : threads.find([messageId]),
    dependencies.departments(),
  ]);
  const department = departmentOf(departments, received.recipients);
  const ownAddresses = new Set(
    [dependencies.supportAddress, ...departments.map((each) => each.address)].map(normalAddress),
  );
  const ownDomains = [...ownAddresses].map(domainOf);
  const parts = await partsOf({ table, people, settings, ownDomains }, from, address);
  const fromMain =
    thread &&
    (await participantOfMainAccount(dependencies, thread.ticket, address.accounts, { settings, now }));
  const automatic = automaticSign(message.headers, { from: received.envelopeFrom }, from, ownAddresses);
  const known: MailDecisionFacts = {
    from: message.from,
    verdicts: received.verdicts,
    belief,
    automatic,
    asksForSilence: asksForSilence(message.headers, automatic),
    overHourlyLimit: !overrides.limits && inHour(hour, now) >= settings['mail.hourlyLimit'],
    thread: thread && placeOf(thread),
    belongsToThread:
      thread !== null && (fromMain !== null || participates(thread.ticket, from, parts, { settings, now })),
    parts,
    question: question?.email === from ? question : null,
    mayAsk,
    asksSender: settings['mail.unprovenSenders'] === 'confirm',
    addedByStaff: overrides.by !== null,
    department,
    mayAnswer: mayAnswer(answers, now),
  };
  const ownMessageId = idOwner ? null : messageId;
  return {
    known,
    ticket: thread?.ticket,
    ticketFoundBy: thread?.foundBy ?? null,
    department,
    ownAddresses,
    answers,
    hour,
    ownMessageId,
    fromMain,
    client,
    addedBy: belief.believed ? null : overrides.by,
    settings,
  };
}

/** A press makes the message its holder's; its page shows no CC, so that it brings nobody else in. */
const confirmed: Belief = {
  believed: true,
  by: 'its holder',
  bySpfAlone: true,
  reason: 'the holder of the address says so',
};

/** Whether From is believed, by what the receiver told us apart from the message and by what it wrote above it. */
export function believe(
  message: InboundMessage,
  received: Received,
  settings: Settings,
): { belief: Belief; client: string | null } {
  const { envelopeFrom, verdicts, dmarcPolicy } = received;
  const header = readReceiverHeader(message.fields, messageIdOf(received));
  const sharedNetworks = settings['mail.sharedNetworks'];
  return {
    belief: belief({ from: message.from, envelopeFrom, verdicts, dmarcPolicy, header, sharedNetworks }),
    client: 'fault' in header ? null : header.client,
  };
}

/** By which a message finds its ticket, the surest first. */
const ways = {
  token: 'the token in the address',
  references: 'In-Reply-To or References',
  subject: 'the tag in the subject',
} as const;

interface Thread {
  ticket: Ticket;
  foundBy: keyof typeof ways;
}

function placeOf({ ticket, foundBy }: Thread): MailDecisionFacts['thread'] {
  return { accountId: ticket.accountId, ticketId: ticket.id, foundBy: ways[foundBy] };
}

/** Finds the ticket by the token in the address, else by the answered messages, else by the tag in the subject. */
async function findThread(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
): Promise<Thread | null> {
  const { threads, tickets } = dependencies;
  const byToken = await findByToken(dependencies, [...received.recipients, ...message.to]);
  if (byToken) return { ticket: byToken, foundBy: 'token' };
  const threaded = await threads.find(message.answers);
  const byReference = threaded && (await tickets.locate(threaded.ticketId));
  if (byReference) return { ticket: byReference, foundBy: 'references' };
  const number = /\[Ticket ID: (\d{6})\]/.exec(message.subject)?.[1];
  const bySubject = number === undefined ? undefined : await findByNumber(dependencies, number);
  return bySubject ? { ticket: bySubject, foundBy: 'subject' } : null;
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

/** Whether the sender gets the ticket's mail, or may read all tickets of its account. */
function participates(
  { accountId, opener, cc }: Ticket,
  from: string,
  parts: readonly SenderPart[],
  { settings, now }: { settings: Settings; now: Date },
): boolean {
  if (opener.kind === 'guest' && normalAddress(opener.email) === from) return true;
  const part = parts.find((each) => each.accountId === accountId);
  const contactId = part?.contact?.id;
  // Who was copied as a contact is out with the contact, and in under whichever address that has by now; anybody else may
  // have become one since.
  const isCopied = cc.some((copied) =>
    copied.contactId === null ? normalAddress(copied.email) === from : copied.contactId === contactId,
  );
  if (isCopied) return true;
  if (!part) return false;
  if (readsTickets(part, now) || (contactId !== undefined && opener.contactId === contactId)) return true;
  const getsOwners = settings['tickets.copyContactsOnOwnersTickets'] && opener.kind === 'owner';
  return getsOwners && part.contact?.emailPreferences.support === true;
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
