import * as z from 'zod';
import { mailKinds } from '../../shared/accounts/people.ts';
import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, listQuery, plainListQuery } from '../../shared/http/schemas.ts';

const summary = {
  id: z.string(),
  /** The day in UTC. */
  sentOn: z.string(),
  /** Null for mail with a code or signed link, of which kind, address and day are shown alone. */
  sentAt: z.string().nullable(),
  kind: z.string(),
  to: z.array(z.string()),
  /** Null for mail with a code or signed link. */
  subject: z.string().nullable(),
};

export const listEmails = route({
  method: 'GET',
  path: `${accountPath}/emails`,
  permission: 'emails',
  summary: 'The mail that was sent to the account, newest first: to oneself, and of kinds that one may read',
  query: plainListQuery,
  success: 200,
  answer: listOf(z.object(summary)),
});

export const getEmail = route({
  method: 'GET',
  path: `${accountPath}/emails/{emailId}`,
  permission: 'emails',
  summary: 'One mail as it was sent',
  success: 200,
  answer: z.object({ ...summary, text: z.string(), html: z.string(), messageId: z.string() }),
});

export const listMailTo = route({
  method: 'GET',
  path: '/v1/staff/mail',
  permission: 'staff:support',
  summary:
    'The mail of the last 90 days to an address, of whichever account, newest first; what it did not get too',
  query: z.strictObject({ ...listQuery, address: z.email() }),
  success: 200,
  answer: listOf(
    z.object({
      id: z.string(),
      sentAt: z.string(),
      accountId: z.string().nullable(),
      template: z.string(),
      /** Null for mail that was held back before it was written. */
      subject: z.string().nullable(),
      /** Null for mail that was held back. */
      messageId: z.string().nullable(),
      /** What the mail service said of it since, or that it was not sent there. */
      outcome: z.enum(['sent', 'undelivered', 'complained', 'held-back']),
      reason: z.string().nullable(),
    }),
  ),
});

const mailSwitch = z.object({
  accountName: z.string(),
  email: z.string(),
  kind: z.enum(mailKinds),
  /** What the link does: switch the kind on again, or off. */
  switchesOn: z.boolean(),
  isOn: z.boolean(),
});

export const getUnsubscribe = route({
  method: 'GET',
  path: '/v1/unsubscribe/{token}',
  permission: 'public',
  summary:
    'The kind of mail that a mailed link switches, as a form with `Accept: text/html`; nothing changes',
  success: 200,
  answer: mailSwitch,
});

export const postUnsubscribe = route({
  method: 'POST',
  path: '/v1/unsubscribe/{token}',
  permission: 'public',
  summary:
    'Switch that kind of mail, by a press, or by a mail program on its own (RFC 8058), which switches nothing of an owner',
  body: z.union([
    z.strictObject({ press: z.literal('yes') }),
    z.strictObject({ 'List-Unsubscribe': z.literal('One-Click') }),
  ]),
  form: true,
  success: 202,
  answer: mailSwitch,
});

export const emailsRoutes = [listEmails, getEmail, listMailTo, getUnsubscribe, postUnsubscribe];
