import { randomInt } from 'node:crypto';
import type { Authority } from '../access/decide.ts';
import type { RequestContext } from '../http/request.ts';
import type { Run } from '../mail/limits/run.ts';
import type { TicketOpener } from '../mail/mail-task.ts';

export const statuses = ['open', 'answered', 'customer-reply', 'on-hold', 'closed'] as const;
export type TicketStatus = (typeof statuses)[number];

export const priorities = ['low', 'medium', 'high'] as const;
export type Priority = (typeof priorities)[number];

/** Events that may change a ticket's status; staff set one directly by `set-…`. */
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

/** The events of every status but closed, with the status that follows. */
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

/** Every allowed transition; all others are refused. A reply to a closed ticket reopens it. */
export const transitions: Record<TicketStatus, Partial<Record<TicketEvent, TicketStatus>>> = {
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

/** In characters, for one message. */
export const largestMessage = 65_536;
/** The most addresses on a ticket's CC list. */
export const mostCopied = 20;
/** The most messages in one ticket, as it is always read whole. */
export const mostMessages = 1000;
/** The most files of one message. */
export const mostAttachments = 50;
/** How much of a ticket's text is searchable, in characters. */
const searchedText = 4000;

/** An address that gets the ticket's replies; `contactId` is set if it was a contact's when it was added. */
export interface Copied {
  email: string;
  contactId: string | null;
  /** It has written in the ticket itself. */
  wrote?: true;
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
  /** The address of the assigned member of staff; null for nobody. */
  assignee: string | null;
  cc: Copied[];
  hiddenFromMainAccount: boolean;
  /** The address that wrote last; older tickets have none. */
  lastAuthor?: string;
  /** Of addresses that write by mail: how many of their messages in a row look like a machine's. */
  runs?: Record<string, Run>;
  /** The addresses that left the ticket, in lower case: they get its mail again once they write in it themselves. */
  left?: string[];
  /** Whom the limit of a day has kept mail of the ticket from, as staff were told: day and address. */
  heldBack?: string[];
  /** The addresses for which a reply that did not arrive has reopened the ticket, in lower case. */
  undelivered?: string[];
  messageCount: number;
  /** The searchable text: subject and messages, in lower case. */
  searchText: string;
  /** When its people were warned that it would be closed; reset to null by each message. */
  warnedAt: string | null;
  version: string;
  createdAt: string;
  updatedAt: string;
}

export type AuthorKind = 'owner' | 'contact' | 'staff' | 'main-account' | 'guest' | 'system';

/** A file that belongs to a message; only staff may download a held one. */
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
  /** The folded parts of a mail: quotes and signature. */
  quoted?: string;
  /** A mail's HTML, sanitised. */
  bodyHtml?: string;
  attachments: MessageAttachment[];
  private: boolean;
  createdAt: string;
}

/** Six random digits, for people and subjects. Drawn again if the number is taken. */
export function newTicketNumber(): string {
  return String(randomInt(100_000, 1_000_000));
}

/** The searchable text with one more message; private notes must not be added. */
export function extendSearchText(before: string, added: string): string {
  return `${before}\n${added.toLowerCase()}`.slice(0, searchedText);
}

/** Whether a ticket contains every word of the query. */
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

/** Whether a ticket matches a list's filter. */
export function matchesFilter(ticket: Ticket, { status, openedBy, q }: TicketFilter): boolean {
  return (
    (status === undefined || ticket.status === status) &&
    (openedBy === undefined || ticket.openedBy.id === openedBy) &&
    (q === undefined || matchesSearch(ticket, q))
  );
}

/** Whether a ticket is visible to this authority: some tickets are hidden from the main account. */
export function isVisibleTo({ kind }: Authority, ticket: Pick<Ticket, 'hiddenFromMainAccount'>): boolean {
  return kind !== 'main-account' || !ticket.hiddenFromMainAccount;
}

/** The right by which a ticket is viewed. */
type TicketViewer = Pick<RequestContext, 'authority'>;

/** The ticket in the API; only staff see private notes and the assignee. */
export function ticketView(ticket: Ticket, messages: readonly TicketMessage[], viewer: TicketViewer) {
  return {
    ...summaryView(ticket, viewer),
    messages: messages.filter((message) => viewer.authority.kind === 'staff' || !message.private),
  };
}

/** A ticket in a list of the API; for people of the main account it names the linked account. */
export function summaryView(ticket: Ticket, { authority }: TicketViewer) {
  const { assignee, left: _, undelivered: __, heldBack: ___, ...visible } = ticket;
  const { accountId, id } = ticket;
  return {
    ...visible,
    href: `/v1/accounts/${accountId}/tickets/${id}`,
    hideFromMainAccount: ticket.hiddenFromMainAccount,
    linkedAccountId: authority.kind === 'main-account' ? accountId : null,
    ...(authority.kind === 'staff' ? { assignee } : {}),
    cc: ticket.cc.map((copied) => copied.email),
  };
}
