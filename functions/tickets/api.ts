import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { announceUpload, downloadAttachment } from './attach.ts';
import { assignTicket, closeOrReopen, removeCopied, setTicket } from './change-ticket.ts';
import { listTickets } from './reading/list-tickets.ts';
import { moveTicket } from './move-ticket.ts';
import { openTicket, type TicketDependencies } from './open-ticket.ts';
import { readTicket } from './reading/read-ticket.ts';
import { replyToTicket } from './reply-to-ticket.ts';
import * as routes from './routes.ts';
import { summaryView } from '../../shared/tickets/ticket.ts';

export function ticketsApi(dependencies: TicketDependencies): BoundRoute[] {
  const { tickets } = dependencies;
  return [
    on(routes.listTickets, async ({ context, query, listScope }) => ({
      body: await pageOf(query, listScope, (page) => listTickets(dependencies, context, query, page)),
    })),
    on(routes.postTicket, ({ context, body }) => openTicket(dependencies, context, body)),
    on(routes.getTicket, ({ context, params }) => readTicket(dependencies, context, params['ticketId']!)),
    on(routes.patchTicket, ({ context, params, body }) =>
      setTicket(dependencies, context, params['ticketId']!, body),
    ),
    on(routes.postReply, ({ context, params, body }) =>
      replyToTicket(dependencies, context, params['ticketId']!, body),
    ),
    on(routes.closeTicket, ({ context, params }) =>
      closeOrReopen(dependencies, context, params['ticketId']!, 'close'),
    ),
    on(routes.reopenTicket, ({ context, params }) =>
      closeOrReopen(dependencies, context, params['ticketId']!, 'reopen'),
    ),
    on(routes.assignTicket, ({ context, params, body }) =>
      assignTicket(dependencies, context, params['ticketId']!, body.assignee),
    ),
    on(routes.moveTicket, ({ context, params, body }) =>
      moveTicket(dependencies, context, params['ticketId']!, body.accountId),
    ),
    on(routes.deleteCopied, ({ context, params }) =>
      removeCopied(dependencies, context, params['ticketId']!, params['address']!),
    ),
    on(routes.listStaffTickets, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => tickets.queue(query, part));
      return { body: { ...page, items: page.items.map((ticket) => summaryView(ticket, context)) } };
    }),
    on(routes.postAttachment, ({ context, body }) => announceUpload(dependencies, context, body)),
    on(routes.getAttachment, ({ context, params }) =>
      downloadAttachment(dependencies, context, params['attachmentId']!),
    ),
  ];
}
