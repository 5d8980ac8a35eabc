import type * as z from 'zod';
import { invalid, notFound } from '../../shared/domain/problem.ts';
import { type Reply, type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { commit } from '../../shared/write/commit.ts';
import { addReply, moveTicket } from './conversation.ts';
import { authorKind, type TicketDependencies } from './open-ticket.ts';
import type { replyToTicket as schema } from './schemas.ts';
import { type Ticket, ticketView } from './ticket.ts';

export async function replyToTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  input: z.output<typeof schema>,
): Promise<Reply> {
  const { caller, now } = context;
  if (input.private && !caller.staff) {
    throw invalid([{ path: 'private', message: 'is for staff: private notes are theirs' }]);
  }
  const before = await loadTicket(dependencies, context, ticketId);
  const [earlier, account] = await Promise.all([
    dependencies.tickets.messages(ticketId),
    dependencies.people.account(context.accountId),
  ]);
  const written = {
    author: { kind: authorKind(context), name: caller.name, email: caller.email },
    via: 'portal' as const,
    body: input.message,
    private: input.private,
  };
  const { portalUrl } = dependencies;
  const { ticket, message, change } = addReply(before, written, account?.name ?? '', now, portalUrl);
  const body = ticketView(ticket, [...earlier, message], caller.staff);
  await commit(dependencies, context, { ...change, answer: body });
  return { body, version: ticket.version };
}

/** Closes or reopens. */
export async function changeTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  event: 'close' | 'reopen',
): Promise<Reply> {
  const before = await loadTicket(dependencies, context, ticketId);
  const messages = await dependencies.tickets.messages(ticketId);
  const { ticket, change } = moveTicket(before, event, context.now);
  const body = ticketView(ticket, messages, context.caller.staff);
  await commit(dependencies, context, { ...change, answer: body });
  return { body, version: ticket.version };
}

export async function readTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
): Promise<Reply> {
  const [ticket, messages] = await Promise.all([
    dependencies.tickets.get(context.accountId, ticketId),
    dependencies.tickets.messages(ticketId),
  ]);
  // The ticket is found below the path's account; without it its messages are nobody's.
  if (!ticket) throw notFound();
  return { body: ticketView(ticket, messages, context.caller.staff), version: ticket.version };
}

async function loadTicket(
  { tickets }: TicketDependencies,
  context: RequestContext,
  ticketId: string,
): Promise<Ticket> {
  const ticket = await tickets.get(context.accountId, ticketId);
  if (!ticket) throw notFound();
  requireMatch(context, ticket.version);
  return ticket;
}
