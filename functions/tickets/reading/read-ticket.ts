import { notFound } from '../../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../../shared/http/request.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import type { TicketDependencies } from '../open-ticket.ts';
import { isVisibleTo, type Ticket, ticketView } from '../../../shared/tickets/ticket.ts';

export async function readTicket(
  { tickets }: TicketDependencies,
  context: RequestContext,
  ticketId: string,
): Promise<Reply> {
  const [ticket, messages] = await Promise.all([
    tickets.get(context.accountId, ticketId),
    tickets.messages(ticketId),
  ]);
  // Messages are read by the ticket's id alone, so only the ticket proves that the account may see them.
  if (!ticket || !isVisibleTo(context.authority, ticket)) throw notFound();
  return { body: ticketView(ticket, messages, context), version: ticket.version };
}

/**
 * The ticket of the path's account, at the version that the caller read.
 * @throws Problem if there is none that the caller may see, or its version has changed
 */
export async function loadTicket(
  { tickets }: Pick<TicketDependencies, 'tickets'>,
  context: RequestContext,
  ticketId: string,
): Promise<Ticket> {
  const ticket = await tickets.get(context.accountId, ticketId);
  if (!ticket || !isVisibleTo(context.authority, ticket)) throw notFound();
  requireMatch(context, ticket.version);
  return ticket;
}
