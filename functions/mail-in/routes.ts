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
  /** What its sender answered by mail to the question about it: neither yes nor no. */
  answers: z.array(z.object({ receivedAt: z.string(), firstLines: z.string() })).optional(),
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
  summary:
    'Handle a mail that was kept back anew, past the hourly limit and what it was judged, but for a virus',
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

const questionShown = z.object({
  receivedAt: z.string(),
  /** The address of the host that handed it in. */
  server: z.string(),
  subject: z.string(),
  firstLines: z.string(),
  account: z.object({ name: z.string(), owner: z.string() }).nullable(),
  expiresAt: z.string(),
});
const answer = z.enum(['yes', 'no']);

export const getQuestion = route({
  method: 'GET',
  path: '/v1/mail/{token}',
  permission: 'public',
  summary:
    'The question behind a mailed link: whether a message is its reader’s. A form with `Accept: text/html`',
  success: 200,
  answer: questionShown,
});

export const postQuestion = route({
  method: 'POST',
  path: '/v1/mail/{token}',
  permission: 'public',
  summary: 'Answer the question behind a mailed link, once',
  body: z.strictObject({ answer }),
  form: true,
  success: 200,
  answer: z.object({ answer }),
});

const deadAddress = z.object({
  /** In lower case. */
  address: z.string(),
  /** When it was marked. */
  at: z.string(),
  /** The type and subtype of the mail service's event: `Permanent/General`. */
  reason: z.string(),
  /** The account whose mail came back; left out where it was mail of none. */
  accountId: z.string().optional(),
});

export const listDeadAddresses = route({
  method: 'GET',
  path: '/v1/staff/dead-addresses',
  permission: 'staff:support',
  summary:
    'The addresses that get no more mail because they are permanently undeliverable, the last one first',
  query: plainListQuery,
  success: 200,
  answer: listOf(deadAddress),
});

export const deleteDeadAddress = route({
  method: 'DELETE',
  path: '/v1/staff/dead-addresses/{address}',
  permission: 'staff:support',
  summary: 'Lift the mark of an address, also from the mail service’s own list: mail goes there again',
  success: 204,
  answer: null,
});

export const mailInRoutes = [
  listMailIn,
  listQuarantine,
  replayMail,
  discardMail,
  getQuestion,
  postQuestion,
  listDeadAddresses,
  deleteDeadAddress,
];
