import type { Actor } from '../../write/actor.ts';
import { normalAddress } from '../../accounts/keys.ts';
import type { Account } from '../../accounts/people.ts';
import { domainOf } from '../../core/organisational-domain.ts';
import type { DeadAddress } from '../../mail/delivery/dead-addresses.ts';
import { countedAddress } from '../../mail/limits/counted-address.ts';
import { type Hour, inHour, networkOf, readHour } from '../../mail/limits/hour.ts';
import { asksForSilence, automaticSign } from '../../mail/message/automatic-mail.ts';
import type { InboundMessage } from '../../mail/message/read-message.ts';
import { type AnswerCount, mayAnswer } from '../../mail/received/answer-limit.ts';
import { type Belief, belief } from '../../mail/received/belief.ts';
import type { InboundRecord } from '../../mail/received/inbound-mail-store.ts';
import { messageIdOf, type Received } from '../../mail/received/received.ts';
import { readReceiverHeader } from '../../mail/received/receiver-header.ts';
import { type Department, departmentOf } from '../../settings/departments.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Ticket } from '../../tickets/ticket.ts';
import type { MailDecisionFacts } from '../decide-mail.ts';
import type { InboundDependencies } from '../inbound-dependencies.ts';
import { partsOf } from './sender-parts.ts';
import { type FromMain, participantOfMainAccount, participates } from './taking-part.ts';
import { findThread, type Thread, ways } from './thread.ts';
import { wayOf } from './way.ts';

/** The facts that a message is decided by, and the rows read for them. */
export interface MailFacts {
  known: MailDecisionFacts;
  /** The name of this copy of the message, by its words and its way, and what became of it before. */
  fingerprint: string;
  earlier: InboundRecord | undefined;
  /** The copy of the message that is in a ticket already. */
  copy: Pick<InboundRecord, 'ticketId'> | undefined;
  ticket: Ticket | undefined;
  ticketFoundBy: Thread['foundBy'] | null;
  /** The ticket's account, and those that know the sender, by id. */
  accounts: ReadonlyMap<string, Account>;
  department: Department;
  ownAddresses: ReadonlySet<string>;
  answers: AnswerCount | undefined;
  /** What counts the sender's messages: the address, or the network of one that is not believed. */
  hour: Hour;
  /** The Message-ID, or null if another message has it: repeating an id must not take over a conversation. */
  ownMessageId: string | null;
  /** The sender in the main account, if they participate as one of its people. */
  fromMain: FromMain | null;
  /** The mark of the sender's address, if it is dead. */
  mark: DeadAddress | undefined;
  /** The host that handed the message in; null where the receiver's header does not say. */
  client: string | null;
  /** Who of staff adds it, where nothing shows that it is from its From. */
  addedBy: Actor | null;
  settings: Settings;
}

/** What is overridden for a message that is handled anew. */
export interface Overrides {
  /** The name that it was recorded under; null for one that arrives. */
  fingerprint: string | null;
  /** Its limits; never what has to be shown. */
  limits: boolean;
  /** The holder of its address said that it is theirs. */
  confirmed: boolean;
  /** Who of staff handles it anew: what is not believed goes in as added by them. */
  by: Actor | null;
}

/** Reads in as few rounds as there are, one after the other: what needs nothing of each other's answers is read at once. */
export async function gatherFacts(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
  overrides: Overrides,
  now: Date,
): Promise<MailFacts> {
  const provider = readProvider(dependencies, received, message, overrides);
  const [asked, counted, sender, thread, read] = await Promise.all([
    provider,
    provider.then((said) => readCounted(dependencies, message, said)),
    readSender(dependencies, message, provider),
    findThread(dependencies, received, message),
    readByMessage(dependencies, message, now),
  ]);
  const { settings, department, belief: found } = asked;
  const { parts } = sender;
  const accounts = thread
    ? await withAccountOf(dependencies, thread.ticket, sender.accounts)
    : sender.accounts;
  const at = { settings, now };
  const fromMain = thread && participantOfMainAccount(thread.ticket, parts, accounts, at);
  const known: MailDecisionFacts = {
    ...factsOfMessage(received, message, asked.ownAddresses),
    belief: found,
    overHourlyLimit: !overrides.limits && inHour(counted.hour, now) >= settings['mail.hourlyLimit'],
    thread: thread && placeOf(thread),
    belongsToThread:
      thread !== null && (fromMain !== null || participates(thread.ticket, message.from ?? '', parts, at)),
    parts,
    question: read.question,
    mayAsk: read.mayAsk,
    asksSender: settings['mail.unprovenSenders'] === 'confirm',
    addedByStaff: overrides.by !== null,
    department,
    mayAnswer: mayAnswer(read.answers, now),
  };
  return {
    known,
    ...asked,
    ...counted,
    ...read,
    ticket: thread?.ticket,
    ticketFoundBy: thread?.foundBy ?? null,
    accounts,
    fromMain,
    addedBy: found.believed ? null : overrides.by,
  };
}

/** What the provider set, and how the message stands to it. */
async function readProvider(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
  { confirmed: isConfirmed, fingerprint }: Overrides,
) {
  const [{ settings }, departments] = await Promise.all([
    dependencies.settings(),
    dependencies.departments(),
  ]);
  const { client, belief: found } = believe(message, received, settings);
  const department = departmentOf(departments, received.recipients);
  const ownAddresses = new Set(
    [dependencies.supportAddress, ...departments.map((each) => each.address)].map(normalAddress),
  );
  return {
    settings,
    department,
    ownAddresses,
    client,
    belief: isConfirmed ? confirmed : found,
    fingerprint: fingerprint ?? `${message.fingerprint}#${wayOf(message, received, found, department)}`,
  };
}

type Provider = Awaited<ReturnType<typeof readProvider>>;

/** What became of this copy before, and how much its sender wrote lately: whether it is believed says who that is. */
async function readCounted(
  { mails, table }: InboundDependencies,
  { from }: InboundMessage,
  { belief: found, client, fingerprint }: Provider,
) {
  const [earlier, hour] = await Promise.all([
    mails.find(fingerprint),
    readHour(table, found.believed ? countedAddress(from ?? '') : networkOf(client)),
  ]);
  return { earlier, hour };
}

/** The accounts that know the sender, and how surely. */
async function readSender(
  { people, table }: InboundDependencies,
  { from }: InboundMessage,
  provider: Promise<Provider>,
) {
  const address = from ?? '';
  const [known, { settings, ownAddresses }] = await Promise.all([people.byAddress(address), provider]);
  const ownDomains = [...ownAddresses].map(domainOf);
  return partsOf({ table, people, settings, ownDomains }, address, known);
}

/** What is found by nothing but the message itself. */
async function readByMessage(
  { mails, questions, threads, deadAddresses }: InboundDependencies,
  { from, messageId, fingerprint, answers: answered }: InboundMessage,
  now: Date,
) {
  const address = from ?? '';
  const [answers, mayAsk, asked, idOwner, copy, marks] = await Promise.all([
    mails.answers(address),
    questions.mayAsk(address, now),
    questions.byMail(answered),
    messageId === null ? undefined : threads.find([messageId]),
    from === null ? undefined : mails.copyInTicket(fingerprint, from),
    from === null ? undefined : deadAddresses.dead([from]),
  ]);
  const mark = marks?.get(normalAddress(address));
  const question = asked && asked.email === from ? asked : null;
  return { answers, mayAsk, question, copy, mark, ownMessageId: idOwner ? null : messageId };
}

/** The ticket's account is among those that know its sender, as a rule. */
async function withAccountOf(
  { people }: InboundDependencies,
  { accountId }: Ticket,
  accounts: ReadonlyMap<string, Account>,
): Promise<ReadonlyMap<string, Account>> {
  const account = accounts.has(accountId) ? undefined : await people.account(accountId);
  return account ? new Map([...accounts, [accountId, account]]) : accounts;
}

function factsOfMessage(
  { verdicts, envelopeFrom }: Received,
  { from, headers }: InboundMessage,
  ownAddresses: ReadonlySet<string>,
) {
  const automatic = automaticSign(headers, { from: envelopeFrom }, from ?? '', ownAddresses);
  return { from, verdicts, automatic, asksForSilence: asksForSilence(headers, automatic) };
}

/** A press makes the message its holder's; its page shows no CC, so that it brings nobody else in. */
const confirmed: Belief = {
  believed: true,
  by: 'its holder',
  bySpfAlone: true,
  reason: 'the holder of the address says so',
};

/** Whether From is believed, by what the receiver told us apart from the message and by what it wrote above it. */
function believe(
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

function placeOf({ ticket, foundBy }: Thread): MailDecisionFacts['thread'] {
  return { accountId: ticket.accountId, ticketId: ticket.id, foundBy: ways[foundBy] };
}
