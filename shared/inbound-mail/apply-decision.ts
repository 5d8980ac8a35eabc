import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import type { TicketOpener } from '../mail/mail-task.ts';
import { threadRows } from '../mail/threads.ts';
import {
  guestsAccountId,
  mailKinds,
  type Account,
  type Contact,
  type EmailPreferences,
} from '../accounts/people.ts';
import { accountRows } from '../accounts/people-store.ts';
import { systemActor } from '../write/actor.ts';
import { type Change, StaleRead } from '../write/commit.ts';
import { type Attachment, objectKeyOf } from '../tickets/attachment.ts';
import { addReply, type Conversation, startTicket, type Written } from '../tickets/conversation.ts';
import type { AuthorKind } from '../tickets/ticket.ts';
import type { AppliedDecision } from './applied-decision.ts';
import { isStilled, repeatAfter, runAfter, stilled, withRun } from './brake.ts';
import { extendedCc, type ExtendedCc } from './copied.ts';
import type { SenderPart } from './facts/sender-part.ts';
import { keptWithQuestion, waiting } from './waiting.ts';
import { countAnswer } from '../mail/received/answer-limit.ts';
import type { MailDecision } from './decide-mail.ts';
import type { MailFacts } from './facts/gather-facts.ts';
import type { FromMain } from './facts/taking-part.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import { answerCountRow } from '../mail/received/inbound-mail-store.ts';
import type { InboundMessage } from '../mail/message/read-message.ts';
import { isReplySubject, splitFirstMail } from '../mail/quotes/first-mail.ts';
import { splitReply } from '../mail/quotes/reply-text.ts';

const noChange: Change = { actions: [], activity: [], outbox: [] };

/** The rows, activity and mail that a decision leads to. Attachments are stored at once. */
export async function applyDecision(
  dependencies: InboundDependencies,
  message: InboundMessage,
  decision: MailDecision,
  facts: MailFacts,
  now: Date,
): Promise<AppliedDecision> {
  switch (decision.outcome) {
    case 'ticket':
      return decision.part === null
        ? openAsGuest(dependencies, message, facts, now)
        : openByMail(dependencies, message, decision.part, facts, now);
    case 'reply':
      return replyByMail(dependencies, message, facts, now);
    case 'answered':
      return answerByMail(dependencies, message, decision.answer, facts, now);
    case 'ignored':
      return decision.answers
        ? keptWithQuestion(dependencies, message, decision.answers, now)
        : { change: noChange, actor: systemActor, trace: noticeTrace(message) };
    case 'quarantined':
      return { change: noChange, actor: systemActor, trace: [], ...waiting(message, decision, facts, now) };
  }
}

/** A row holds 400 KB, text and HTML together; a mail with larger HTML is displayed as text. */
const largestHtmlBytes = 150_000;

/** The sender of a message, as the ticket, its mail and the activity log name them. */
interface Sender {
  kind: Extract<AuthorKind, 'owner' | 'contact' | 'main-account' | 'guest'>;
  id: string;
  contactId: string | null;
  name: string;
  email: string;
}

async function openByMail(
  dependencies: InboundDependencies,
  message: InboundMessage,
  part: SenderPart,
  facts: MailFacts,
  now: Date,
): Promise<AppliedDecision> {
  const account = accountIn(facts, part.accountId);
  return openTicket(dependencies, message, facts, account, senderOf(account, part.contact), now);
}

/** Guests' tickets are in an account of their own, to which only staff have access. */
async function openAsGuest(
  dependencies: InboundDependencies,
  message: InboundMessage,
  facts: MailFacts,
  now: Date,
): Promise<AppliedDecision> {
  const existing = await dependencies.people.account(guestsAccountId);
  const account = existing ?? guestsAccount(dependencies, now);
  const opened = await openTicket(dependencies, message, facts, account, guestOf(message), now);
  if (existing) return opened;
  const actions = [...accountRows(account, 'new'), ...opened.change.actions];
  return { ...opened, change: { ...opened.change, actions } };
}

function guestsAccount({ providerName, supportAddress }: InboundDependencies, now: Date): Account {
  const emailPreferences = Object.fromEntries(mailKinds.map((kind) => [kind, false])) as EmailPreferences;
  return {
    id: guestsAccountId,
    name: 'Guests',
    address: {},
    taxId: null,
    currency: 'GBP',
    owner: { userId: 'guests', name: providerName, email: supportAddress, emailPreferences },
    version: newVersion(),
    createdAt: toInstant(now),
  };
}

async function openTicket(
  dependencies: InboundDependencies,
  message: InboundMessage,
  facts: MailFacts,
  account: Account,
  sender: Sender,
  now: Date,
): Promise<AppliedDecision> {
  const { kind, contactId, name, email } = sender;
  const opener: TicketOpener = { kind, contactId, name, email };
  const written = await writtenBy(dependencies, message, facts, { sender, accountId: account.id }, now);
  const copied = await extendedCc(dependencies, account.id, message, null, facts, now);
  const run = repeatAfter(facts.hour.run, message.subject, written.body);
  const conversation = startTicket(
    {
      accountId: account.id,
      accountName: account.name,
      ...written,
      asksForSilence: facts.known.asksForSilence,
      opener,
      openerId: sender.id,
      subject: message.subject === '' ? '(no subject)' : message.subject,
      departmentId: facts.department.id,
      priority: 'medium',
      cc: copied.cc,
      hiddenFromMainAccount: false,
      silent: facts.addedBy !== null || isStilled(run),
    },
    now,
    dependencies.portalUrl,
  );
  const applied = { ...withThread(conversation, facts, sender, copied, now), run };
  return isStilled(run) ? stilled(applied, conversation.ticket, email, run, now) : applied;
}

async function replyByMail(
  dependencies: InboundDependencies,
  message: InboundMessage,
  facts: MailFacts,
  now: Date,
): Promise<AppliedDecision> {
  const before = facts.ticket!;
  const { accountId } = before;
  const part = facts.known.parts.find((each) => each.accountId === accountId);
  const account = accountIn(facts, accountId);
  const sender = part
    ? senderOf(account, part.contact)
    : facts.fromMain
      ? senderOfMainAccount(facts.fromMain)
      : guestOf(message);
  const written = await writtenBy(dependencies, message, facts, { sender, accountId }, now);
  const copied = await extendedCc(dependencies, accountId, message, before, facts, now);
  const run = runAfter(before, sender.email, written.body, now);
  const ticket = { ...before, cc: copied.cc, ...withRun(before, sender.email, run) };
  const silent = facts.addedBy !== null || isStilled(run);
  const conversation = addReply(ticket, { ...written, silent }, account.name, now, dependencies.portalUrl);
  const applied = withThread(conversation, facts, sender, copied, now);
  return isStilled(run) ? stilled(applied, conversation.ticket, sender.email, run, now) : applied;
}

function accountIn({ accounts }: MailFacts, accountId: string): Account {
  const account = accounts.get(accountId);
  // The address was just resolved to it, so it is being changed now.
  if (!account) throw new StaleRead();
  return account;
}

function senderOfMainAccount({ account, contact }: FromMain): Sender {
  return { ...senderOf(account, contact), kind: 'main-account', contactId: null };
}

function senderOf(account: Account, contact: Contact | null): Sender {
  const { userId, name, email } = account.owner;
  if (!contact) return { kind: 'owner', id: userId, contactId: null, name, email };
  return { kind: 'contact', id: contact.id, contactId: contact.id, name: contact.name, email: contact.email };
}

function guestOf({ from, fromName }: InboundMessage): Sender {
  const email = from ?? '';
  return { kind: 'guest', id: email, contactId: null, name: fromName || email, email };
}

/** Of a message that staff add without belief in its From, the author is who added it. */
function authorOf(sender: Sender, { addedBy }: MailFacts): Written['author'] {
  if (addedBy) return { kind: 'staff', name: addedBy.name, email: '' };
  const { kind, name, email } = sender;
  return { kind, name, email };
}

/** The new text, the folded text, and the attachments, which are stored before any row refers to them. */
async function writtenBy(
  { files }: InboundDependencies,
  message: InboundMessage,
  facts: MailFacts,
  { sender, accountId }: { sender: Sender; accountId: string },
  now: Date,
): Promise<Written> {
  const isAnswer =
    facts.ticket !== undefined || message.answers.length > 0 || isReplySubject(message.subject);
  const { body, quoted } = isAnswer ? splitReply(message.text) : splitFirstMail(message.text);
  const attachments = await Promise.all(
    message.attachments.map(async ({ fileName, contentType, content, dangerous }) => {
      const id = newId('attachment', now);
      const objectKey = objectKeyOf(id);
      const { versionId, checksum } = await files.put(objectKey, content, contentType);
      const attachment: Attachment = {
        id,
        accountId,
        ticketId: null,
        fileName,
        contentType,
        size: content.byteLength,
        objectKey,
        versionId,
        checksum,
        held: dangerous,
        private: false,
        createdAt: toInstant(now),
      };
      return attachment;
    }),
  );
  return {
    author: authorOf(sender, facts),
    via: 'email',
    body: body.trim() === '' ? '(no text)' : body,
    quoted,
    ...(message.html === null || Buffer.byteLength(message.html) > largestHtmlBytes
      ? {}
      : { bodyHtml: message.html }),
    attachments,
    ...(message.messageId === null ? {} : { messageId: message.messageId }),
  };
}

function withThread(
  { ticket, change }: Conversation,
  facts: MailFacts,
  sender: Sender,
  copied: ExtendedCc,
  now: Date,
): AppliedDecision {
  const messageId = facts.ownMessageId;
  const threading = messageId ? threadRows({ ticketId: ticket.id, messageId, at: toInstant(now) }) : [];
  const { kind, id, name } = sender;
  return {
    change: { ...change, actions: [...change.actions, ...threading, ...copied.actions] },
    actor: facts.addedBy ?? { kind, id, name },
    ticketId: ticket.id,
    trace: copied.trace,
  };
}

function answerByMail(
  { portalUrl, supportAddress }: InboundDependencies,
  message: InboundMessage,
  template: 'unknown-sender' | 'replies-only',
  { answers, department, settings }: MailFacts,
  now: Date,
): AppliedDecision {
  const email = message.from ?? '';
  const { subject } = message;
  return {
    actor: systemActor,
    trace: [],
    change: {
      actions: [answerCountRow(email, countAnswer(answers, now), answers)],
      activity: [],
      outbox: [
        {
          kind: 'mail',
          template,
          accountId: null,
          mailKind: 'general',
          departmentId: department.id,
          audience: { kind: 'person', email, name: message.fromName, contactId: null },
          data:
            template === 'unknown-sender'
              ? { subject, signUpUrl: settings['portal.signUpUrl'], supportAddress }
              : { subject, portalUrl },
          thread: null,
          inReplyTo: message.messageId,
        },
      ],
    },
  };
}

/** What a notice says that came by mail. Anybody can write one who has our mail: it marks no address. */
function noticeTrace({ bounce }: InboundMessage): string[] {
  const named = bounce?.recipients.slice(0, 5).map(({ address, status }) => `${address} ${status}`.trim());
  return named ? [`a notice by mail about ${named.join(', ') || 'nobody'}: it marks no address`] : [];
}
