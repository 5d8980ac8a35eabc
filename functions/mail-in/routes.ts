import * as z from 'zod';
import { route } from '../../shared/http/route.ts';
import { listOf, listQuery, plainListQuery } from '../../shared/http/schemas.ts';
import { outcomes } from '../../shared/mail/received/inbound-mail-store.ts';

const inboundMail = z.object({
  id: z.string(),
  receivedAt: z.string(),
  from: z.string(),
  subject: z.string(),
  outcome: z.enum(outcomes),
  reason: z.string(),
  trace: z.array(z.string()),
  ticketId: z.string().optional(),
});

export const listMailIn = route({
  method: 'GET',
  path: '/v1/staff/mail-in',
  permission: 'staff:support',
  summary: 'Every mail that came in, newest first, with what became of it and why',
  query: z.strictObject({ ...listQuery, outcome: z.enum(outcomes).optional() }),
  success: 200,
  answer: listOf(inboundMail),
});

export const listQuarantine = route({
  method: 'GET',
  path: '/v1/staff/quarantine',
  permission: 'staff:support',
  summary: 'The mail that was kept back',
  query: plainListQuery,
  success: 200,
  answer: listOf(inboundMail),
});

export const replayMail = route({
  method: 'POST',
  path: '/v1/staff/quarantine/{mailId}/replay',
  permission: 'staff:support',
  summary: 'Handle a mail that was kept back anew, past the hourly limit',
  success: 200,
  answer: inboundMail,
});

export const discardMail = route({
  method: 'POST',
  path: '/v1/staff/quarantine/{mailId}/discard',
  permission: 'staff:support',
  summary: 'Put a mail that was kept back aside for good; the message itself stays stored',
  success: 200,
  answer: inboundMail,
});

export const mailInRoutes = [listMailIn, listQuarantine, replayMail, discardMail];
