import * as z from 'zod';
import { actor, email, line, listQuery, text } from '../../shared/http/schemas.ts';
import { secret } from '../../shared/http/fields/secrets.ts';
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

/** In a list every ticket names its account. */
export const ticketSummary = z.object({ ...summary, accountName: z.string().optional() });
export const ticket = z.object({ ...summary, messages: z.array(ticketMessage) });

const id = z.string().min(1).max(64);
const attachmentIds = z
  .array(id)
  .max(20)
  .refine((ids) => new Set(ids).size === ids.length, {
    message: 'must not name an upload twice',
    params: { code: 'duplicate' },
  })
  .default([]);

export const listTickets = z.strictObject({
  ...listQuery,
  status: z.enum(statuses).optional(),
  openedBy: z.string().min(1).max(254).optional(),
  linkedAccountId: id.optional(),
  /** Words that the subject or the messages contain. */
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
  /** Staff only: the contact for whom the ticket is opened; the owner by default. */
  contactId: z.string().max(64).optional(),
});

export const replyToTicket = z.strictObject({
  message: text(largestMessage),
  attachmentIds,
  /** Staff only: a note that only staff see. */
  private: z.boolean().default(false),
});

/** For staff; omitted fields do not change. */
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
  // Whatever it is called: a name that deceives is kept back for staff.
  fileName: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .regex(/^[^\u0000-\u001f\u007f\u2028\u2029]*$/u, 'must be one line without control characters'),
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
    url: secret(z.string()),
    headers: secret(z.record(z.string(), z.string())),
  }),
});

export const download = z.object({ url: z.string() });
