import { type Action, absent, equals, type Item, type Table } from '../../shared/aws/table.ts';
import type { PageRequest, StoredPage } from '../../shared/http/page.ts';
import { addressAccountKey } from '../../shared/people/keys.ts';
import { stripped, strippedPage } from '../../shared/people/people-store.ts';
import { type Copied, mostMessages, type Ticket, type TicketMessage, type TicketStatus } from './ticket.ts';

const prefix = 'TICKET#';
const ticketKey = (accountId: string, ticketId: string) => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${prefix}${ticketId}`,
});
const numberKey = (number: string) => ({ pk: `TICKET-NUMBER#${number}`, sk: 'TICKET' });
const byStatus = (accountId: string, status: TicketStatus) => `ACCOUNT#${accountId}#TICKETS#${status}`;
const byOpener = (accountId: string, openerId: string) => `ACCOUNT#${accountId}#TICKETS-OF#${openerId}`;

/** How many pages of an opener's tickets are looked through for a status before the cursor is handed back. */
const filteredPages = 4;

export interface TicketFilter {
  status?: TicketStatus | undefined;
  openedBy?: string | undefined;
}

export function ticketStore(table: Table) {
  return {
    async get(accountId: string, ticketId: string): Promise<Ticket | undefined> {
      return stripped(await table.get(ticketKey(accountId, ticketId)));
    },
    /** Newest first, each filter through an index of its own. */
    async list(accountId: string, filter: TicketFilter, page: PageRequest): Promise<StoredPage<Ticket>> {
      const { status, openedBy } = filter;
      if (openedBy !== undefined) return listOfOpener(table, byOpener(accountId, openedBy), status, page);
      const where =
        status === undefined
          ? { pk: `ACCOUNT#${accountId}`, prefix }
          : { index: 'gsi1' as const, pk: byStatus(accountId, status) };
      return strippedPage(await table.query({ ...where, descending: true, ...page }));
    },
    async messages(ticketId: string): Promise<TicketMessage[]> {
      const messages: TicketMessage[] = [];
      let after;
      do {
        const page = await table.query({ pk: `TICKET#${ticketId}`, limit: mostMessages, after });
        messages.push(...strippedPage<TicketMessage>(page).items);
        after = page.next ?? undefined;
      } while (after && messages.length < mostMessages);
      return messages;
    },
    async byNumber(number: string): Promise<{ accountId: string; ticketId: string } | undefined> {
      return stripped(await table.get(numberKey(number)));
    },
    /** Addresses for a CC list, each with the contact of this account that it belongs to. */
    async toCopied(accountId: string, emails: readonly string[]): Promise<Copied[]> {
      const known = await table.getMany(emails.map((email) => addressAccountKey(email, accountId)));
      return emails.map((email, index) => ({
        email,
        contactId: (known[index]?.['contactId'] as string | null | undefined) ?? null,
      }));
    },
  };
}

export type TicketStore = ReturnType<typeof ticketStore>;

async function listOfOpener(
  table: Table,
  pk: string,
  status: TicketStatus | undefined,
  page: PageRequest,
): Promise<StoredPage<Ticket>> {
  const items: Ticket[] = [];
  let { after } = page;
  for (let pages = 0; pages < filteredPages; pages++) {
    const limit = page.limit - items.length;
    const found = strippedPage<Ticket>(
      await table.query({ index: 'gsi2', pk, descending: true, limit, after }),
    );
    items.push(...found.items.filter((ticket) => status === undefined || ticket.status === status));
    if (!found.next || items.length === page.limit) return { items, next: found.next };
    after = found.next;
  }
  return { items, next: after ?? null };
}

/** A new ticket with its first message; fails where its number is taken. */
export function newTicketRows(ticket: Ticket, message: TicketMessage): Action[] {
  const { id: ticketId, accountId, number } = ticket;
  return [
    { put: ticketItem(ticket), when: absent },
    { put: { accountId, ticketId, ...numberKey(number) }, when: absent },
    messageRow(message),
  ];
}

/** The ticket at its next version; fails where another write came first. */
export function changedTicketRow(ticket: Ticket, before: Ticket): Action {
  return { put: ticketItem(ticket), when: equals({ version: before.version }) };
}

export function messageRow(message: TicketMessage): Action {
  return { put: { ...message, pk: `TICKET#${message.ticketId}`, sk: `MESSAGE#${message.id}` }, when: absent };
}

function ticketItem(ticket: Ticket): Item {
  return {
    ...ticket,
    ...ticketKey(ticket.accountId, ticket.id),
    gsi1pk: byStatus(ticket.accountId, ticket.status),
    gsi1sk: ticket.id,
    gsi2pk: byOpener(ticket.accountId, ticket.openedBy.id),
    gsi2sk: ticket.id,
  };
}
