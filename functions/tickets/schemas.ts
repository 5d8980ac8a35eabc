import * as z from 'zod';
import { actor, email, line, listQuery, text } from '../../shared/http/schemas.ts';
import { largestUpload } from '../../shared/tickets/attachment.ts';
import { largestMessage, mostCopied, priorities, statuses } from '../../shared/tickets/ticket.ts';

export const ticketMessage = z.object({
  id: z.string(),
  author: z.object({ kind: z.string(), name: z.string() }),
  via: z.enum(['portal', 'email']),
  body: z.string(),
  quoted: z.string().optional(),
  bodyHtml: z.string().optional(),
  attachments: z.array(
    z.object({
      id: z.string(),
      fileName: z.string(),
      contentType: z.string(),
      size: z.int(),
      held: z.boolean(),
    }),
  ),
  private: z.boolean(),
  createdAt: z.string(),
});

const summary = {
  id: z.string(),
  number: z.string(),
  accountId: z.string(),
  href: z.string(),
  subject: z.string(),
  status: z.enum(statuses),
  openedBy: actor,
  departmentId: z.string().nullable(),
  assignee: z.string().nullable().optional(),
  linkedAccountId: z.string().nullable(),
  hideFromMainAccount: z.boolean(),
  priority: z.enum(priorities),
  cc: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
};

/** In a list every ticket says which account it lies in. */
export const ticketSummary = z.object({ ...summary, accountName: z.string().optional() });
export const ticket = z.object({ ...summary, messages: z.array(ticketMessage) });

const id = z.string().min(1).max(64);
const attachmentIds = z
  .array(id)
  .max(20)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name an upload twice')
  .default([]);

export const listTickets = z.strictObject({
  ...listQuery,
  status: z.enum(statuses).optional(),
  openedBy: z.string().min(1).max(254).optional(),
  linkedAccountId: id.optional(),
  /** Words that subject or messages hold. */
  q: line(200).optional(),
});

export const openTicket = z.strictObject({
  subject: line(200),
  message: text(largestMessage),
  departmentId: id.nullable().optional(),
  priority: z.enum(priorities).default('medium'),
  attachmentIds,
  cc: z.array(email).max(mostCopied).default([]),
  linkedAccountId: id.nullable().optional(),
  hideFromMainAccount: z.boolean().default(false),
  /** Staff alone: for whom the ticket is opened; the owner unless said. */
  contactId: z.string().max(64).optional(),
});

export const replyToTicket = z.strictObject({
  message: text(largestMessage),
  attachmentIds,
  /** Staff alone: a note that nobody outside sees. */
  private: z.boolean().default(false),
});

/** Staff change these; what is not named stays. */
export const changeTicket = z.strictObject({
  status: z.enum(statuses).optional(),
  priority: z.enum(priorities).optional(),
  departmentId: id.nullable().optional(),
});

export const assignTicket = z.strictObject({ assignee: email.nullable() });
export const moveTicket = z.strictObject({ accountId: id });

export const staffQueue = z.strictObject({
  ...listQuery,
  status: z.enum(statuses).optional(),
  departmentId: id.optional(),
  assignee: email.optional(),
});

export const announceUpload = z.strictObject({
  fileName: line(255),
  contentType: z
    .string()
    .max(127)
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type without parameters'),
  size: z.int().min(1).max(largestUpload),
});

export const upload = z.object({
  id: z.string(),
  upload: z.object({
    method: z.literal('PUT'),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
  }),
});

export const download = z.object({ url: z.string() });
