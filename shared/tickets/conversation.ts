import type { Permission } from '../access/permissions.ts';
import { normalAddress } from '../accounts/keys.ts';
import type { Action } from '../table/table.ts';
import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import { conflict } from '../core/problem.ts';
import type { MailTask, TicketOpener } from '../mail/mail-task.ts';
import type { TemplateName } from '../mail/templates.ts';
import { notificationRow } from '../notifications/notification.ts';
import type { Change } from '../write/commit.ts';
import type { Attachment } from './attachment.ts';
import { receivedAttachmentRow, boundAttachmentRow } from './attachment-store.ts';
import {
  type AuthorKind,
  type Copied,
  newTicketNumber,
  mostMessages,
  transitions,
  type Priority,
  extendSearchText,
  type Ticket,
  type TicketEvent,
  type TicketMessage,
} from './ticket.ts';
import { changedTicketRow, messageRow, newTicketRows } from './ticket-store.ts';

/** A message to add to a ticket, written in the portal or received by mail. */
export interface Written {
  author: { kind: AuthorKind; name: string; email: string };
  via: 'portal' | 'email';
  body: string;
  quoted?: string;
  bodyHtml?: string;
  private?: boolean;
  /** Uploads that the message refers to, or a mail's attachments. */
  attachments: Attachment[];
  /** The Message-ID of the mail. */
  messageId?: string;
  /** The author wants no automatic answer. */
  asksForSilence?: boolean;
  /** Nobody is mailed, and the ticket waits for staff, whoever added it. */
  silent?: boolean;
}

interface NewTicket extends Written {
  accountId: string;
  accountName: string;
  /** The opener, as the ticket's mail needs them; `openerId` is their id in the API. */
  opener: TicketOpener;
  openerId: string;
  subject: string;
  departmentId: string | null;
  priority: Priority;
  cc: Copied[];
  hiddenFromMainAccount: boolean;
}

export interface Conversation {
  ticket: Ticket;
  message: TicketMessage;
  change: Change;
}

/** A new ticket with its first message, and the confirmation to the people who will get its replies. */
export function startTicket(input: NewTicket, now: Date, portalUrl: string): Conversation {
  const { accountId, subject, priority, cc, hiddenFromMainAccount, opener, departmentId } = input;
  const ticket: Ticket = {
    id: newId('ticket', now),
    number: newTicketNumber(),
    accountId,
    subject,
    status: 'open',
    opener,
    openedBy: { kind: opener.kind, id: input.openerId, name: opener.name },
    departmentId,
    priority,
    assignee: null,
    cc,
    hiddenFromMainAccount,
    lastAuthor: normalAddress(input.author.email),
    messageCount: 1,
    searchText: extendSearchText(subject.toLowerCase(), input.body),
    warnedAt: null,
    version: newVersion(),
    createdAt: toInstant(now),
    updatedAt: toInstant(now),
  };
  const { message, rows } = newMessage(ticket.id, input, now);
  const mail = ticketMail('ticket-opened', ticket, message, input.accountName, portalUrl);
  const confirmation: MailTask = {
    ...mail,
    // The author gets it too, as it contains the ticket's number, unless they ask for no automatic answers.
    audience: { ...mail.audience, author: input.asksForSilence ? input.author.email : null },
    data: { ...mail.data, openedBy: opener.name },
    inReplyTo: input.messageId ?? null,
  };
  const change = {
    actions: [...newTicketRows(ticket, message), ...rows, ...messageNotifications(ticket, message, now)],
    activity: [ticketActivity(ticket, 'ticket.opened', null, { status: ticket.status, subject })],
    outbox: input.silent ? [] : [confirmation],
  };
  return { ticket, message, change };
}

/**
 * Adds a message. A reply changes the ticket's status and is mailed; a private note does neither.
 * @throws Problem if the ticket holds 1000 messages already
 */
export function addReply(
  before: Ticket,
  written: Written,
  accountName: string,
  now: Date,
  portalUrl: string,
): Conversation {
  if (before.messageCount >= mostMessages) throw conflict('This ticket is full. Please open a new one.');
  const silent = written.silent ?? false;
  const event: TicketEvent = written.author.kind === 'staff' && !silent ? 'staff-reply' : 'client-reply';
  const isPrivate = written.private ?? false;
  const status = isPrivate ? before.status : statusAfter(before, event);
  const ticket: Ticket = {
    ...before,
    status,
    lastAuthor: normalAddress(written.author.email),
    cc: before.cc.map((copied) =>
      normalAddress(copied.email) === normalAddress(written.author.email)
        ? { ...copied, wrote: true as const }
        : copied,
    ),
    ...(before.left ? { left: withoutAddress(before.left, written.author.email) } : {}),
    messageCount: before.messageCount + 1,
    searchText: isPrivate ? before.searchText : extendSearchText(before.searchText, written.body),
    warnedAt: null,
    version: newVersion(),
    updatedAt: toInstant(now),
  };
  const { message, rows } = newMessage(ticket.id, written, now);
  const mail = ticketMail('ticket-reply', ticket, message, accountName, portalUrl);
  const change = {
    actions: [
      changedTicketRow(ticket, before),
      ...rows,
      messageRow(message),
      ...messageNotifications(ticket, message, now),
    ],
    // A private note is not in the activity log, which the account can read.
    activity: isPrivate
      ? []
      : [ticketActivity(ticket, 'ticket.replied', { status: before.status }, { status })],
    outbox: isPrivate || silent ? [] : [{ ...mail, inReplyTo: written.messageId ?? null }],
  };
  return { ticket, message, change };
}

/** Whoever writes in a ticket wants its mail, also if they had left it. */
function withoutAddress(addresses: readonly string[], email: string): string[] {
  return addresses.filter((address) => address !== normalAddress(email));
}

/** Staff's replies notify in the portal too: the account and, if the main account opened the ticket, that one. */
function messageNotifications(
  ticket: Ticket,
  { author, private: isPrivate }: TicketMessage,
  now: Date,
): Action[] {
  if (author.kind !== 'staff' || isPrivate) return [];
  const { id, accountId, number, subject, opener, hiddenFromMainAccount } = ticket;
  const notification = {
    kind: 'ticket-message' as const,
    hiddenFromMainAccount,
    text: `${author.name} wrote in #${number} ${subject}`,
    subject: { kind: 'ticket', id, name: `#${number} ${subject}` },
    href: `/v1/accounts/${accountId}/tickets/${id}`,
  };
  const own = notificationRow({ ...notification, accountId, to: { permissions: ['tickets'] } }, now);
  if (!opener.mainAccountId) return [own];
  const to = { permissions: ['tickets', 'linked-accounts'] as Permission[] };
  return [
    own,
    notificationRow({ ...notification, accountId: opener.mainAccountId, beneathId: accountId, to }, now),
  ];
}

/** Changes a ticket without a message, and logs the change; `warnedAt` alone is not logged. */
export function changeTicket(
  before: Ticket,
  changed: Partial<
    Pick<Ticket, 'status' | 'priority' | 'departmentId' | 'assignee' | 'cc' | 'left' | 'warnedAt'>
  >,
  action: string,
  now: Date,
): Omit<Conversation, 'message'> {
  const onlyWarned = Object.keys(changed).every((name) => name === 'warnedAt');
  const ticket: Ticket = {
    ...before,
    ...changed,
    version: newVersion(),
    updatedAt: onlyWarned ? before.updatedAt : toInstant(now),
  };
  const names = Object.keys(changed) as (keyof typeof changed)[];
  const changedValues = (of: Ticket) => Object.fromEntries(names.map((name) => [name, of[name]]));
  const change = {
    actions: [changedTicketRow(ticket, before)],
    activity: onlyWarned
      ? []
      : [ticketActivity(ticket, action, changedValues(before), changedValues(ticket))],
    outbox: [],
  };
  return { ticket, change };
}

/**
 * The status of the ticket after the event.
 * @throws Problem if the event is not allowed in the ticket's status
 */
export function statusAfter(ticket: Ticket, event: TicketEvent) {
  const status = transitions[ticket.status][event];
  if (!status) throw conflict(`This ticket is ${ticket.status}.`);
  return status;
}

function newMessage(ticketId: string, written: Written, now: Date) {
  const { author, via, body, quoted, bodyHtml, attachments } = written;
  const isPrivate = written.private ?? false;
  const message: TicketMessage = {
    id: newId('message', now),
    ticketId,
    author,
    via,
    body,
    ...(quoted ? { quoted } : {}),
    ...(bodyHtml ? { bodyHtml } : {}),
    attachments: attachments.map(({ id, fileName, contentType, size, held }) => ({
      id,
      fileName,
      contentType,
      size,
      held,
    })),
    private: isPrivate,
    createdAt: toInstant(now),
  };
  const bound = attachments.map((attachment) => ({ ...attachment, ticketId, private: isPrivate }));
  return { message, rows: bound.map(via === 'email' ? receivedAttachmentRow : boundAttachmentRow) };
}

/** The mail about a ticket's message; its recipients are resolved when it is sent. */
export function ticketMail(
  template: TemplateName,
  ticket: Ticket,
  message: Pick<TicketMessage, 'author' | 'body' | 'attachments'>,
  accountName: string,
  portalUrl: string,
) {
  const { opener, hiddenFromMainAccount, accountId, number, subject, departmentId } = ticket;
  return {
    kind: 'mail',
    template,
    accountId,
    mailKind: 'support',
    audience: { kind: 'ticket', opener, cc: ticket.cc, hiddenFromMainAccount, author: message.author.email },
    data: {
      accountName,
      author: message.author.name,
      number,
      subject,
      message: message.body,
      attachments: message.attachments.map(({ fileName, held }) =>
        held ? `${fileName} (kept back)` : fileName,
      ),
      ticketUrl: `${portalUrl}/accounts/${accountId}/tickets/${ticket.id}`,
    },
    thread: { ticketId: ticket.id, number, departmentId },
    inReplyTo: null as string | null,
  } satisfies MailTask;
}

export function ticketActivity(
  ticket: Ticket,
  action: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown>,
) {
  const subject = { kind: 'ticket', id: ticket.id, name: `#${ticket.number} ${ticket.subject}` };
  return { accountId: ticket.accountId, action, subject, before, after };
}
