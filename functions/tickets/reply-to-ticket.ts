import type * as z from 'zod';
import { invalid } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { commit } from '../../shared/write/commit.ts';
import { readUploads } from './attach.ts';
import { addReply } from '../../shared/tickets/conversation.ts';
import { type TicketDependencies } from './open-ticket.ts';
import { authorKind } from '../../shared/tickets/opener.ts';
import { loadTicket } from './reading/read-ticket.ts';
import type { replyToTicket as schema } from './schemas.ts';
import { ticketView } from '../../shared/tickets/ticket.ts';

export async function replyToTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  input: z.output<typeof schema>,
): Promise<Reply> {
  const { caller, authority, now, accountId } = context;
  if (input.private && authority.kind !== 'staff') {
    throw invalid([
      { path: 'private', code: 'not-allowed', message: 'is for staff: private notes are theirs' },
    ]);
  }
  const before = await loadTicket(dependencies, context, ticketId);
  const [earlier, account, attachments] = await Promise.all([
    dependencies.tickets.messages(ticketId),
    dependencies.people.account(accountId),
    readUploads(dependencies, context, [accountId], input.attachmentIds),
  ]);
  const written = {
    author: { kind: authorKind(context), name: caller.name, email: caller.email },
    via: 'portal' as const,
    body: input.message,
    private: input.private,
    attachments,
  };
  const { portalUrl } = dependencies;
  const { ticket, message, change } = addReply(before, written, account?.name ?? '', now, portalUrl);
  const reply = { body: ticketView(ticket, [...earlier, message], context), version: ticket.version };
  await commit(dependencies, context, { ...change, answer: reply });
  return reply;
}
