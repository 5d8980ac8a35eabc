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

export const patchTicket = route({
  method: 'PATCH',
  path: `${tickets}/{ticketId}`,
  permission: 'staff:support',
  summary: 'Set status, priority or department',
  body: schemas.changeTicket,
  success: 200,
  answer: schemas.ticket,
});

export const assignTicket = route({
  method: 'POST',
  path: `${tickets}/{ticketId}/assign`,
  permission: 'staff:support',
  summary: 'Give a ticket to a member of staff, or to nobody',
  body: schemas.assignTicket,
  success: 200,
  answer: schemas.ticket,
});

export const moveTicket = route({
  method: 'POST',
  path: `${tickets}/{ticketId}/move`,
  permission: 'tickets',
  fromMain: 'never',
  summary: 'Move a ticket to another account that knows its opener; needs `tickets` there too',
  body: schemas.moveTicket,
  success: 200,
  answer: schemas.ticket,
});

export const deleteCopied = route({
  method: 'DELETE',
  path: `${tickets}/{ticketId}/cc/{address}`,
  permission: 'tickets',
  fromMain: 'aggregated',
  summary: 'Take an address off the CC list',
  success: 204,
  answer: null,
});

export const listStaffTickets = route({
  method: 'GET',
  path: '/v1/staff/tickets',
  permission: 'staff:support',
  summary: 'The queue over all accounts, what waits for staff first',
  query: schemas.staffQueue,
  success: 200,
  answer: listOf(schemas.ticketSummary),
});

export const postAttachment = route({
  method: 'POST',
  path: `${accountPath}/attachments`,
  permission: 'tickets',
  summary: 'Announce a file of 25 MB at most; the answer says where to put it',
  body: schemas.announceUpload,
  success: 201,
  answer: schemas.upload,
});

export const getAttachment = route({
  method: 'GET',
  path: `${accountPath}/attachments/{attachmentId}`,
  permission: 'tickets',
  summary: 'A link to download a file, good for five minutes',
  success: 200,
  answer: schemas.download,
});

export const ticketsRoutes = [
  listTickets,
  postTicket,
  getTicket,
  patchTicket,
  postReply,
  closeTicket,
  reopenTicket,
  assignTicket,
  moveTicket,
  deleteCopied,
  listStaffTickets,
  postAttachment,
  getAttachment,
];
