import { toInstant } from '../../shared/domain/clock.ts';
import { newId, newVersion } from '../../shared/domain/ids.ts';
import { conflict } from '../../shared/domain/problem.ts';
import type { MailTask, TicketOpener } from '../../shared/mail/mail-task.ts';
import type { Change } from '../../shared/write/commit.ts';
import {
  type AuthorKind,
  type Copied,
  drawTicketNumber,
  mostMessages,
  moves,
  type Priority,
  type Ticket,
  type TicketEvent,
  type TicketMessage,
} from './ticket.ts';
import { changedTicketRow, messageRow, newTicketRows } from './ticket-store.ts';

/** Who writes, and what: from the portal or out of a mail. */
export interface Written {
  author: { kind: AuthorKind; name: string; email: string };
  via: 'portal' | 'email';
  body: string;
  quoted?: string;
  private?: boolean;
  /** The Message-ID of the mail it came in. */
  messageId?: string;
}

export interface NewTicket extends Written {
  accountId: string;
  accountName: string;
  /** Whose ticket it is: as its mail knows them, and as people read it. */
  opener: TicketOpener;
  openerId: string;
  subject: string;
  priority: Priority;
  cc: Copied[];
  hiddenFromMainAccount: boolean;
}

export interface Conversation {
  ticket: Ticket;
  message: TicketMessage;
  change: Change;
}

/** A new ticket with its first message, and the confirmation to those who will get its replies. */
export function startTicket(input: NewTicket, now: Date, portalUrl: string): Conversation {
  const { accountId, subject, priority, cc, hiddenFromMainAccount, opener } = input;
  const ticket: Ticket = {
    id: newId('ticket', now),
    number: drawTicketNumber(),
    accountId,
    subject,
    status: 'open',
    opener,
    openedBy: { kind: opener.kind, id: input.openerId, name: opener.name },
    priority,
    cc,
    hiddenFromMainAccount,
    messageCount: 1,
    version: newVersion(),
    createdAt: toInstant(now),
    updatedAt: toInstant(now),
  };
  const message = newMessage(ticket.id, input, now);
  const mail = ticketMail(ticket, message, input.accountName, portalUrl);
  const confirmation: MailTask = {
    ...mail,
    template: 'ticket-opened',
    audience: { ...mail.audience, author: null },
    data: { ...mail.data, openedBy: opener.name },
    inReplyTo: input.messageId ?? null,
  };
  const change = {
    actions: newTicketRows(ticket, message),
    activity: [activity(ticket, 'ticket.opened', null, { status: ticket.status, subject })],
    outbox: [confirmation],
  };
  return { ticket, message, change };
}

/** One more message. A client's or staff's moves the ticket and is mailed; a private note does neither. */
export function addReply(
  before: Ticket,
  written: Written,
  accountName: string,
  now: Date,
  portalUrl: string,
): Conversation {
  if (before.messageCount >= mostMessages) throw conflict('This ticket is full. Please open a new one.');
  const event: TicketEvent = written.author.kind === 'staff' ? 'staff-reply' : 'client-reply';
  const status = written.private ? before.status : moved(before, event);
  const ticket: Ticket = {
    ...before,
    status,
    messageCount: before.messageCount + 1,
    version: newVersion(),
    updatedAt: toInstant(now),
  };
  const message = newMessage(ticket.id, written, now);
  const mail = ticketMail(ticket, message, accountName, portalUrl);
  const change = {
    actions: [changedTicketRow(ticket, before), messageRow(message)],
    activity: [activity(ticket, 'ticket.replied', { status: before.status }, { status })],
    outbox: written.private ? [] : [{ ...mail, inReplyTo: written.messageId ?? null }],
  };
  return { ticket, message, change };
}

/** A move without a message: closing and reopening. */
export function moveTicket(before: Ticket, event: TicketEvent, now: Date): Omit<Conversation, 'message'> {
  const status = moved(before, event);
  const ticket = { ...before, status, version: newVersion(), updatedAt: toInstant(now) };
  const action = event === 'close' ? 'ticket.closed' : 'ticket.reopened';
  const change = {
    actions: [changedTicketRow(ticket, before)],
    activity: [activity(ticket, action, { status: before.status }, { status })],
    outbox: [],
  };
  return { ticket, change };
}

/** @throws Problem where the table of moves knows no such move */
function moved(ticket: Ticket, event: TicketEvent) {
  const status = moves[ticket.status][event];
  if (!status) throw conflict(`This ticket is ${ticket.status}.`);
  return status;
}

function newMessage(ticketId: string, written: Written, now: Date): TicketMessage {
  const { author, via, body, quoted } = written;
  return {
    id: newId('message', now),
    ticketId,
    author,
    via,
    body,
    ...(quoted === undefined || quoted === '' ? {} : { quoted }),
    private: written.private ?? false,
    createdAt: toInstant(now),
  };
}

function ticketMail(ticket: Ticket, message: TicketMessage, accountName: string, portalUrl: string) {
  const { opener, hiddenFromMainAccount, accountId, number, subject } = ticket;
  return {
    kind: 'mail',
    template: 'ticket-reply',
    accountId,
    mailKind: 'support',
    audience: { kind: 'ticket', opener, cc: ticket.cc, hiddenFromMainAccount, author: message.author.email },
    data: {
      accountName,
      author: message.author.name,
      number,
      subject,
      message: message.body,
      ticketUrl: `${portalUrl}/accounts/${accountId}/tickets/${ticket.id}`,
    },
    thread: ticket.id,
    inReplyTo: null as string | null,
  } satisfies MailTask;
}

function activity(
  ticket: Ticket,
  action: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown>,
) {
  const subject = { kind: 'ticket', id: ticket.id, name: `#${ticket.number} ${ticket.subject}` };
  return { accountId: ticket.accountId, action, subject, before, after };
}
