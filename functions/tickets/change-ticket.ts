import type * as z from 'zod';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { commit } from '../../shared/write/commit.ts';
import { changeTicket, type Conversation, statusAfter } from '../../shared/tickets/conversation.ts';
import { requireDepartment, type TicketDependencies } from './open-ticket.ts';
import { loadTicket } from './reading/read-ticket.ts';
import type { changeTicket as schema } from './schemas.ts';
import { type Ticket, ticketView } from '../../shared/tickets/ticket.ts';

/** @throws Problem if the ticket's status does not allow it */
export async function closeOrReopen(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  event: 'close' | 'reopen',
): Promise<Reply> {
  const action = event === 'close' ? 'ticket.closed' : 'ticket.reopened';
  return change(dependencies, context, ticketId, (before) =>
    changeTicket(before, { status: statusAfter(before, event), warnedAt: null }, action, context.now),
  );
}

/**
 * Sets status, priority and department, for staff.
 * @throws Problem if the department is unknown, or the status cannot be set
 */
export async function setTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  input: z.output<typeof schema>,
): Promise<Reply> {
  requireDepartment(await dependencies.departments(), input.departmentId);
  return change(dependencies, context, ticketId, (before) => {
    const changed: Parameters<typeof changeTicket>[1] = {};
    if (input.status !== undefined) changed.status = statusAfter(before, `set-${input.status}`);
    if (input.priority !== undefined) changed.priority = input.priority;
    if (input.departmentId !== undefined) changed.departmentId = input.departmentId;
    return changeTicket(before, changed, 'ticket.changed', context.now);
  });
}

export function assignTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  assignee: string | null,
): Promise<Reply> {
  return change(dependencies, context, ticketId, (before) =>
    changeTicket(before, { assignee: assignee && normalAddress(assignee) }, 'ticket.assigned', context.now),
  );
}

/** @throws Problem if the address is not on the CC list */
export function removeCopied(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  address: string,
): Promise<Reply> {
  const removed = normalAddress(address);
  return change(dependencies, context, ticketId, (before) => {
    const cc = before.cc.filter((copied) => copied.email !== removed);
    if (cc.length === before.cc.length) throw notFound();
    return changeTicket(before, { cc }, 'ticket.cc-removed', context.now);
  });
}

async function change(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  make: (before: Ticket) => Omit<Conversation, 'message'>,
): Promise<Reply> {
  const before = await loadTicket(dependencies, context, ticketId);
  const messages = await dependencies.tickets.messages(ticketId);
  const { ticket, change: written } = make(before);
  const reply = { body: ticketView(ticket, messages, context), version: ticket.version };
  await commit(dependencies, context, { ...written, answer: reply });
  return reply;
}
