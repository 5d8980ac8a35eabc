import { pageOf } from '../../shared/http/page.ts';
import { type Handled, on } from '../../shared/http/request.ts';
import { openTicket, type TicketDependencies } from './open-ticket.ts';
import { changeTicket, readTicket, replyToTicket } from './reply-to-ticket.ts';
import * as routes from './routes.ts';
import { summaryView } from './ticket.ts';

export function ticketsApi(dependencies: TicketDependencies): Handled[] {
  return [
    on(routes.listTickets, async ({ context, query, listScope }) => {
      const { accountId } = context;
      const page = await pageOf(query, listScope, (part) =>
        dependencies.tickets.list(accountId, query, part),
      );
      return { body: { ...page, items: page.items.map(summaryView) } };
    }),
    on(routes.postTicket, ({ context, body }) => openTicket(dependencies, context, body)),
    on(routes.getTicket, ({ context, params }) => readTicket(dependencies, context, params['ticketId']!)),
    on(routes.postReply, ({ context, params, body }) =>
      replyToTicket(dependencies, context, params['ticketId']!, body),
    ),
    on(routes.closeTicket, ({ context, params }) =>
      changeTicket(dependencies, context, params['ticketId']!, 'close'),
    ),
    on(routes.reopenTicket, ({ context, params }) =>
      changeTicket(dependencies, context, params['ticketId']!, 'reopen'),
    ),
  ];
}
