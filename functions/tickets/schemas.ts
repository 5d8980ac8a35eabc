import * as z from 'zod';
import { actor, email, line, listQuery, text } from '../../shared/http/schemas.ts';
import { largestMessage, mostCopied, priorities, statuses } from './ticket.ts';

export const ticketMessage = z.object({
  id: z.string(),
  author: z.object({ kind: z.string(), name: z.string() }),
  via: z.enum(['portal', 'email']),
  body: z.string(),
  quoted: z.string().optional(),
  private: z.boolean(),
  createdAt: z.string(),
});

const summary = {
  id: z.string(),
  number: z.string(),
  accountId: z.string(),
  subject: z.string(),
  status: z.enum(statuses),
  openedBy: actor,
  priority: z.enum(priorities),
  cc: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
};

export const ticketSummary = z.object(summary);
export const ticket = z.object({ ...summary, messages: z.array(ticketMessage) });

export const listTickets = z.strictObject({
  ...listQuery,
  status: z.enum(statuses).optional(),
  openedBy: z.string().min(1).max(64).optional(),
});

export const openTicket = z.strictObject({
  subject: line(200),
  message: text(largestMessage),
  priority: z.enum(priorities).default('medium'),
  cc: z.array(email).max(mostCopied).default([]),
  hideFromMainAccount: z.boolean().default(false),
  /** Staff alone: for whom the ticket is opened; the owner unless said. */
  contactId: z.string().max(64).optional(),
});

export const replyToTicket = z.strictObject({
  message: text(largestMessage),
  /** Staff alone: a note that nobody outside sees. */
  private: z.boolean().default(false),
});
