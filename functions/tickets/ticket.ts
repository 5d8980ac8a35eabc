import { randomInt } from 'node:crypto';
import type { TicketOpener } from '../../shared/mail/mail-task.ts';

export const statuses = ['open', 'answered', 'customer-reply', 'on-hold', 'closed'] as const;
export type TicketStatus = (typeof statuses)[number];

export const priorities = ['low', 'medium', 'high'] as const;
export type Priority = (typeof priorities)[number];

/** What happens to a ticket and may move it. */
export type TicketEvent = 'client-reply' | 'staff-reply' | 'close' | 'reopen';

/** Every allowed move. What is not here is refused; a reply to a closed ticket reopens it. */
export const moves: Record<TicketStatus, Partial<Record<TicketEvent, TicketStatus>>> = {
  open: { 'client-reply': 'customer-reply', 'staff-reply': 'answered', close: 'closed' },
  answered: { 'client-reply': 'customer-reply', 'staff-reply': 'answered', close: 'closed' },
  'customer-reply': { 'client-reply': 'customer-reply', 'staff-reply': 'answered', close: 'closed' },
  'on-hold': { 'client-reply': 'customer-reply', 'staff-reply': 'answered', close: 'closed' },
  closed: { 'client-reply': 'customer-reply', 'staff-reply': 'answered', reopen: 'open' },
};

/** In characters: what one message holds. */
export const largestMessage = 65_536;
/** Addresses on a ticket's CC list. */
export const mostCopied = 20;
/** Messages in one ticket: more is no conversation, and reading it must stay possible. */
export const mostMessages = 1000;

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
  priority: Priority;
  cc: Copied[];
  hiddenFromMainAccount: boolean;
  messageCount: number;
  version: string;
  createdAt: string;
  updatedAt: string;
}

export type AuthorKind = 'owner' | 'contact' | 'staff' | 'main-account' | 'guest' | 'system';

export interface TicketMessage {
  id: string;
  ticketId: string;
  author: { kind: AuthorKind; name: string; email: string };
  via: 'portal' | 'email';
  body: string;
  /** What of a mail was folded: quotes and signature. */
  quoted?: string;
  private: boolean;
  createdAt: string;
}

/** Six digits, for people and subjects. Drawn anew where the number is taken. */
export function drawTicketNumber(): string {
  return String(randomInt(100_000, 1_000_000));
}

export function taggedSubject(ticket: Pick<Ticket, 'number' | 'subject'>): string {
  return `[Ticket ID: ${ticket.number}] ${ticket.subject}`;
}

/** The ticket as people read it; private notes are for staff. */
export function ticketView(ticket: Ticket, messages: readonly TicketMessage[], staff: boolean) {
  return {
    ...summaryView(ticket),
    messages: messages.filter((message) => staff || !message.private),
  };
}

export function summaryView(ticket: Ticket) {
  return { ...ticket, cc: ticket.cc.map((copied) => copied.email) };
}
