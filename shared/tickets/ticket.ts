import { randomInt } from 'node:crypto';
import type { Authority } from '../access/decide.ts';
import type { RequestContext } from '../http/request.ts';
import type { TicketOpener } from '../mail/mail-task.ts';

export const statuses = ['open', 'answered', 'customer-reply', 'on-hold', 'closed'] as const;
export type TicketStatus = (typeof statuses)[number];

export const priorities = ['low', 'medium', 'high'] as const;
export type Priority = (typeof priorities)[number];

/** What happens to a ticket and may move it; `set-…` are staff's own moves. */
export type TicketEvent =
  | 'client-reply'
  | 'staff-reply'
  | 'close'
  | 'reopen'
  | 'set-open'
  | 'set-answered'
  | 'set-customer-reply'
  | 'set-on-hold'
  | 'set-closed';

/** What may happen to every ticket that is not closed. */
const whileOpen = {
  'client-reply': 'customer-reply',
  'staff-reply': 'answered',
  close: 'closed',
  'set-open': 'open',
  'set-answered': 'answered',
  'set-customer-reply': 'customer-reply',
  'set-on-hold': 'on-hold',
  'set-closed': 'closed',
} as const;

/** Every allowed move. What is not here is refused; a reply to a closed ticket reopens it. */
export const moves: Record<TicketStatus, Partial<Record<TicketEvent, TicketStatus>>> = {
  open: whileOpen,
  answered: whileOpen,
  'customer-reply': whileOpen,
  'on-hold': whileOpen,
  closed: {
    'client-reply': 'customer-reply',
    'staff-reply': 'answered',
    reopen: 'open',
    'set-open': 'open',
    'set-closed': 'closed',
  },
};

/** In characters: what one message holds. */
export const largestMessage = 65_536;
/** Addresses on a ticket's CC list. */
export const mostCopied = 20;
/** Messages in one ticket: more is no conversation, and reading it must stay possible. */
export const mostMessages = 1000;
/** Files with one message. */
export const mostAttachments = 50;
/** How much of a ticket's text its search finds, in characters. */
const searchedText = 4000;

/** An address that gets the ticket's replies; with the contact's id where it was one when it was added. */
export interface Copied {
  email: string;
  contactId: string | null;
}

export interface Ticket {
  id: string;
  number: string;
  accountId: string;
  subject: string;
  status: TicketStatus;
  opener: TicketOpener;
  openedBy: { kind: string; id: string; name: string };
  departmentId: string | null;
  priority: Priority;
  /** The address of the member of staff who has it; null for nobody. */
  assignee: string | null;
  cc: Copied[];
  hiddenFromMainAccount: boolean;
  messageCount: number;
  /** What a search looks at: subject and messages, in lower case. */
  searchText: string;
  /** When its people were told that it would be closed; null since the last message. */
  warnedAt: string | null;
  version: string;
  createdAt: string;
  updatedAt: string;
}

export type AuthorKind = 'owner' | 'contact' | 'staff' | 'main-account' | 'guest' | 'system';

/** A file that belongs to a message; one that is held is for staff alone. */
export interface MessageAttachment {
  id: string;
  fileName: string;
  contentType: string;
  size: number;
  held: boolean;
}

export interface TicketMessage {
  id: string;
  ticketId: string;
  author: { kind: AuthorKind; name: string; email: string };
  via: 'portal' | 'email';
  body: string;
  /** What of a mail was folded: quotes and signature. */
  quoted?: string;
  /** A mail's HTML, sanitised. */
  bodyHtml?: string;
  attachments: MessageAttachment[];
  private: boolean;
  createdAt: string;
}

/** Six digits, for people and subjects. Drawn anew where the number is taken. */
export function drawTicketNumber(): string {
  return String(randomInt(100_000, 1_000_000));
}

/** The text that a search finds, with one more message in it; private notes stay out. */
export function searchable(before: string, added: string): string {
  return `${before}\n${added.toLowerCase()}`.slice(0, searchedText);
}

/** Whether a ticket holds every word that is looked for. */
function matchesSearch(ticket: Ticket, query: string): boolean {
  const text = `${ticket.number} ${ticket.searchText}`;
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export interface TicketFilter {
  status?: TicketStatus | undefined;
  openedBy?: string | undefined;
  q?: string | undefined;
}

/** Whether a ticket is one of those that a list is asked for. */
export function matchesFilter(ticket: Ticket, { status, openedBy, q }: TicketFilter): boolean {
  return (
    (status === undefined || ticket.status === status) &&
    (openedBy === undefined || ticket.openedBy.id === openedBy) &&
    (q === undefined || matchesSearch(ticket, q))
  );
}

/** Whether a ticket is there for whoever acts in this right: some are kept from the main account. */
export function isVisibleTo({ kind }: Authority, ticket: Pick<Ticket, 'hiddenFromMainAccount'>): boolean {
  return kind !== 'main-account' || !ticket.hiddenFromMainAccount;
}

/** In whose eyes a ticket is looked at. */
type TicketViewer = Pick<RequestContext, 'caller' | 'authority'>;

/** The ticket as people read it; private notes and who has it are for staff. */
export function ticketView(ticket: Ticket, messages: readonly TicketMessage[], viewer: TicketViewer) {
  return {
    ...summaryView(ticket, viewer),
    messages: messages.filter((message) => viewer.caller.staff || !message.private),
  };
}

/** To people of the main account it says in which linked account it lies. */
export function summaryView(ticket: Ticket, { caller, authority }: TicketViewer) {
  const { assignee, ...shown } = ticket;
  const { accountId, id } = ticket;
  return {
    ...shown,
    href: `/v1/accounts/${accountId}/tickets/${id}`,
    hideFromMainAccount: ticket.hiddenFromMainAccount,
    linkedAccountId: authority.kind === 'main-account' ? accountId : null,
    ...(caller.staff ? { assignee } : {}),
    cc: ticket.cc.map((copied) => copied.email),
  };
}
