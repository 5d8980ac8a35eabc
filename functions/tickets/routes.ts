import { accountPath, route } from '../../shared/http/route.ts';
import { listOf } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const tickets = `${accountPath}/tickets` as const;

export const listTickets = route({
  method: 'GET',
  path: tickets,
  permission: 'tickets',
  summary: 'The account’s tickets, newest first',
  query: schemas.listTickets,
  success: 200,
  answer: listOf(schemas.ticketSummary),
});

export const postTicket = route({
  method: 'POST',
  path: tickets,
  permission: 'tickets',
  summary: 'Open a ticket; the people who will get its replies are told',
  body: schemas.openTicket,
  success: 201,
  answer: schemas.ticket,
});

export const getTicket = route({
  method: 'GET',
  path: `${tickets}/{ticketId}`,
  permission: 'tickets',
  summary: 'One ticket with its conversation',
  success: 200,
  answer: schemas.ticket,
});

export const postReply = route({
  method: 'POST',
  path: `${tickets}/{ticketId}/replies`,
  permission: 'tickets',
  summary: 'Reply; the ticket’s people are told by mail',
  body: schemas.replyToTicket,
  success: 201,
  answer: schemas.ticket,
});

export const closeTicket = route({
  method: 'POST',
  path: `${tickets}/{ticketId}/close`,
  permission: 'tickets',
  summary: 'Close a ticket',
  success: 200,
  answer: schemas.ticket,
});

export const reopenTicket = route({
  method: 'POST',
  path: `${tickets}/{ticketId}/reopen`,
  permission: 'tickets',
  summary: 'Reopen a closed ticket',
  success: 200,
  answer: schemas.ticket,
});

export const ticketsRoutes = [listTickets, postTicket, getTicket, postReply, closeTicket, reopenTicket];
