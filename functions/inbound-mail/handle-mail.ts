import type { Clock } from '../../shared/domain/clock.ts';
import { toInstant } from '../../shared/domain/clock.ts';
import { newId } from '../../shared/domain/ids.ts';
import { threadRows, type ThreadStore } from '../../shared/mail/threads.ts';
import { normalAddress } from '../../shared/people/keys.ts';
import type { Account, Contact } from '../../shared/people/people.ts';
import type { PeopleStore } from '../../shared/people/people-store.ts';
import type { Actor } from '../../shared/write/actor.ts';
import { type Change, commit, StaleRead, type WriteDependencies } from '../../shared/write/commit.ts';
import { addReply, type Conversation, startTicket, type Written } from '../tickets/conversation.ts';
import type { Copied, Ticket } from '../tickets/ticket.ts';
import { mostCopied } from '../tickets/ticket.ts';
import type { TicketStore } from '../tickets/ticket-store.ts';
import { countAnswer, mayAnswer } from './answer-limit.ts';
import { decideMail, type KnownAboutMail, type MailDecision, type Verdicts } from './decide-mail.ts';
import { answersRow, type InboundMailStore, type InboundRecord, recordRow } from './inbound-mail-store.ts';
import { asksForSilence, machineReason } from './machine.ts';
import { type InboundMessage, readMessage } from './read-message.ts';
import { splitReply } from './reply-text.ts';

/** A message as the receiver hands it over: where it lies, and what was found out about it. */
export interface Received {
  objectKey: string;
  envelopeFrom: string;
  verdicts: Verdicts;
}

export interface InboundDependencies extends WriteDependencies {
  mails: InboundMailStore;
  people: PeopleStore;
  tickets: TicketStore;
  threads: ThreadStore;
  readObject(key: string): Promise<Uint8Array>;
  /** The addresses that the portal itself receives and writes from, in lower case. */
  ownAddresses: ReadonlySet<string>;
  portalUrl: string;
  clock: Clock;
}

const maxRuns = 6;

/** Handles one message: decided, carried out and recorded in one transaction. A repeat changes nothing. */
export async function handleMail(
  dependencies: InboundDependencies,
  received: Received,
): Promise<InboundRecord> {
  const message = await readMessage(await dependencies.readObject(received.objectKey));
  for (let runs = 1; ; runs++) {
    const earlier = await dependencies.mails.find(message.fingerprint);
    if (earlier) return earlier;
    try {
      return await handleOnce(dependencies, received, message);
    } catch (error) {
      // Something was written in between, perhaps by this message's own twin: look again.
      if (!(error instanceof StaleRead) || runs === maxRuns) throw error;
    }
  }
}

async function handleOnce(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
): Promise<InboundRecord> {
  const now = dependencies.clock();
  const found = await findOut(dependencies, received, message, now);
  const decision = decideMail(found.known);
  const carried = await carryOut(dependencies, message, decision, found, now);
  const record: InboundRecord = {
    id: newId('inboundMail', now),
    fingerprint: message.fingerprint,
    receivedAt: toInstant(now),
    from: message.from ?? '',
    subject: message.subject,
    outcome: decision.outcome,
    reason: decision.reason,
    trace: decision.trace,
    ticketId: carried.ticketId,
    objectKey: received.objectKey,
  };
  const { change, actor } = carried;
  await commit(
    dependencies,
    { actor, grantedBy: null, now, idempotent: null },
    { ...change, actions: [recordRow(record), ...change.actions] },
  );
  return record;
}

interface FoundOut {
  known: KnownAboutMail;
  ticket: Ticket | undefined;
  answers: Awaited<ReturnType<InboundMailStore['answers']>>;
  /** The message's own id, unless another message has it: nobody takes over a conversation by repeating an id. */
  ownMessageId: string | null;
}

async function findOut(
  { people, tickets, threads, mails, ownAddresses }: InboundDependencies,
  received: Received,
  message: InboundMessage,
  now: Date,
): Promise<FoundOut> {
  const from = message.from ?? '';
  const { messageId } = message;
  const [accounts, thread, answers, taken] = await Promise.all([
    people.byAddress(from).then((found) => found.accounts),
    findThread(threads, tickets, message),
    mails.answers(from),
    messageId === null ? undefined : threads.find([messageId]),
  ]);
  const ticket = thread ? await tickets.get(thread.accountId, thread.ticketId) : undefined;
  const known: KnownAboutMail = {
    from: message.from,
    verdicts: received.verdicts,
    machine: machineReason(message.headers, { from: received.envelopeFrom }, from, ownAddresses),
    asksForSilence: asksForSilence(message.headers),
    thread: thread && ticket ? thread : null,
    belongsToThread: ticket !== undefined && takesPart(ticket, from, accounts),
    accounts,
    mayAnswer: mayAnswer(answers, now),
  };
  return { known, ticket, answers, ownMessageId: taken ? null : messageId };
}

async function findThread(threads: ThreadStore, tickets: TicketStore, { answers, subject }: InboundMessage) {
  const threaded = await threads.find(answers);
  if (threaded) {
    const { accountId, ticketId } = threaded;
    return { accountId, ticketId, foundBy: 'In-Reply-To or References' };
  }
  const number = /\[Ticket ID: (\d{6})\]/.exec(subject)?.[1];
  const tagged = number === undefined ? undefined : await tickets.byNumber(number);
  return tagged ? { ...tagged, foundBy: 'the tag in the subject' } : null;
}

/** The sender opened the ticket, is on its CC list, or belongs to its account. */
function takesPart(ticket: Ticket, from: string, accounts: KnownAboutMail['accounts']): boolean {
  return (
    accounts.some((known) => known.accountId === ticket.accountId) ||
    (ticket.opener.kind === 'guest' && normalAddress(ticket.opener.email) === from) ||
    ticket.cc.some((copied) => copied.contactId === null && normalAddress(copied.email) === from)
  );
}

interface CarriedOut {
  change: Change;
  actor: Actor;
  ticketId?: string;
}

const portal: Actor = { kind: 'system', id: 'inbound-mail', name: 'Mail' };
const nothing: Change = { actions: [], activity: [], outbox: [] };

async function carryOut(
  dependencies: InboundDependencies,
  message: InboundMessage,
  decision: MailDecision,
  found: FoundOut,
  now: Date,
): Promise<CarriedOut> {
  switch (decision.outcome) {
    case 'ticket':
      return openByMail(dependencies, message, decision, found, now);
    case 'reply':
      return replyByMail(dependencies, message, found, now);
    case 'answered':
      return answerStranger(dependencies, message, found, now);
    case 'ignored':
    case 'quarantined':
      return { change: nothing, actor: portal };
  }
}

async function openByMail(
  dependencies: InboundDependencies,
  message: InboundMessage,
  decision: { accountId: string; contactId: string | null },
  found: FoundOut,
  now: Date,
): Promise<CarriedOut> {
  const { accountId } = decision;
  const { account, contact } = await loadSender(dependencies, accountId, decision.contactId);
  const { actor, name, email } = senderOf(account, contact);
  const conversation = startTicket(
    {
      accountId,
      accountName: account.name,
      ...writtenBy(message, { kind: contact ? 'contact' : 'owner', name, email }),
      opener: { kind: contact ? 'contact' : 'owner', contactId: contact?.id ?? null, name, email },
      openerId: actor.id,
      subject: message.subject === '' ? '(no subject)' : message.subject,
      priority: 'medium',
      cc: await copiedBy(dependencies, accountId, message, []),
      hiddenFromMainAccount: false,
    },
    now,
    dependencies.portalUrl,
  );
  return carried(conversation, found.ownMessageId, actor, now);
}

async function replyByMail(
  dependencies: InboundDependencies,
  message: InboundMessage,
  found: FoundOut,
  now: Date,
): Promise<CarriedOut> {
  const before = found.ticket!;
  const { accountId } = before;
  const known = found.known.accounts.find((entry) => entry.accountId === accountId);
  const { account, contact } = await loadSender(dependencies, accountId, known?.contactId ?? null);
  const member = known ? senderOf(account, contact) : guestOf(message);
  const kind = known ? (contact ? 'contact' : 'owner') : 'guest';
  const written = writtenBy(message, { kind, name: member.name, email: member.email });
  const ticket = { ...before, cc: await copiedBy(dependencies, accountId, message, before.cc) };
  const conversation = addReply(ticket, written, account.name, now, dependencies.portalUrl);
  return carried(conversation, found.ownMessageId, member.actor, now);
}

async function loadSender(
  { people }: InboundDependencies,
  accountId: string,
  contactId: string | null,
): Promise<{ account: Account; contact: Contact | undefined }> {
  const [account, contact] = await Promise.all([
    people.account(accountId),
    contactId === null ? undefined : people.contact(accountId, contactId),
  ]);
  // The address led here a moment ago: whatever it led to is being changed.
  if (!account || (contactId !== null && !contact)) throw new StaleRead();
  return { account, contact };
}

function senderOf(account: Account, contact: Contact | undefined) {
  const { userId, name, email } = account.owner;
  if (!contact) return { actor: { kind: 'owner', id: userId, name } as Actor, name, email };
  return {
    actor: { kind: 'contact', id: contact.id, name: contact.name } as Actor,
    name: contact.name,
    email: contact.email,
  };
}

function guestOf({ from, fromName }: InboundMessage) {
  const email = from ?? '';
  const name = fromName || email;
  return { actor: { kind: 'guest', id: email, name } as Actor, name, email };
}

function writtenBy(message: InboundMessage, author: Written['author']): Written {
  const { body, quoted } = splitReply(message.text);
  const read = body.trim() === '' ? '(no text)' : body;
  return { author, via: 'email', body: read, quoted, messageId: message.messageId ?? undefined };
}

/** The ticket's CC list with the addresses that this sender copied: no address of ours, 20 at most. */
async function copiedBy(
  { tickets, ownAddresses }: InboundDependencies,
  accountId: string,
  message: InboundMessage,
  before: Copied[],
): Promise<Copied[]> {
  const known = new Set([...before.map((copied) => copied.email), message.from, ...ownAddresses]);
  const added = [...new Set(message.cc.map(normalAddress))].filter(
    (email) => !known.has(email) && /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/.test(email),
  );
  const room = added.slice(0, Math.max(0, mostCopied - before.length));
  return room.length === 0 ? before : [...before, ...(await tickets.toCopied(accountId, room))];
}

function carried(
  { ticket, change }: Conversation,
  messageId: string | null,
  actor: Actor,
  now: Date,
): CarriedOut {
  const { id: ticketId, accountId } = ticket;
  const threading = messageId ? threadRows({ ticketId, accountId, messageId, at: toInstant(now) }) : [];
  return { change: { ...change, actions: [...change.actions, ...threading] }, actor, ticketId };
}

function answerStranger(
  { portalUrl }: InboundDependencies,
  message: InboundMessage,
  { answers }: FoundOut,
  now: Date,
): CarriedOut {
  const email = message.from ?? '';
  return {
    actor: portal,
    change: {
      actions: [answersRow(email, countAnswer(answers, now), answers)],
      activity: [],
      outbox: [
        {
          kind: 'mail',
          template: 'unknown-sender',
          accountId: null,
          mailKind: 'general',
          audience: { kind: 'person', email, name: message.fromName, contactId: null },
          data: { subject: message.subject, signUpUrl: `${portalUrl}/sign-up` },
          thread: null,
          inReplyTo: message.messageId,
        },
      ],
    },
  };
}

/** Keeps back a message that could not be handled, so that its batch and its queue go on. */
export async function quarantine(
  dependencies: InboundDependencies,
  received: Received,
  reason: string,
): Promise<void> {
  const now = dependencies.clock();
  await dependencies.mails.record({
    id: newId('inboundMail', now),
    // Of the place where it lies: what could not be read has no fingerprint of its own.
    fingerprint: `unread#${received.objectKey}`,
    receivedAt: toInstant(now),
    from: '',
    subject: '',
    outcome: 'quarantined',
    reason,
    trace: [],
    objectKey: received.objectKey,
  });
}
