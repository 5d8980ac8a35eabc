import * as z from 'zod';
import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';

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

export const emailsRoutes = [listEmails, getEmail];
