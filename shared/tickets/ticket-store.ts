import {
  type Action,
  absent,
  equals,
  type Item,
  type Position,
  positionOf,
  type Query,
  type Table,
} from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { addressAccountKey } from '../accounts/keys.ts';
import {
  type Copied,
  matchesFilter,
  mostMessages,
  type Ticket,
  type TicketFilter,
  type TicketMessage,
  type TicketStatus,
} from './ticket.ts';

export const ticketPrefix = 'TICKET#';
const ticketKey = (accountId: string, ticketId: string) => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${ticketPrefix}${ticketId}`,
});
const numberKey = (number: string) => ({ pk: `TICKET-NUMBER#${number}`, sk: 'TICKET' });
/** Holds the account of a ticket; a move to another account rewrites only this row and the ticket. */
const accountOfTicketKey = (ticketId: string) => ({ pk: `TICKET#${ticketId}`, sk: 'ACCOUNT' });
const messagePrefix = 'MESSAGE#';
const byStatus = (accountId: string, status: TicketStatus) => `ACCOUNT#${accountId}#TICKETS#${status}`;
const byOpener = (accountId: string, openerId: string) => `ACCOUNT#${accountId}#TICKETS-OF#${openerId}`;
const inAllAccounts = (status: TicketStatus) => `TICKETS#${status}`;

/** How many pages a filter without an index reads before the cursor is returned. */
const filteredPages = 4;
const filteredPageSize = 100;

export interface QueueFilter {
  status?: TicketStatus | undefined;
  departmentId?: string | undefined;
  assignee?: string | undefined;
}

export function ticketStore(table: Table) {
  return {
    async get(accountId: string, ticketId: string): Promise<Ticket | undefined> {
      return stripped(await table.get(ticketKey(accountId, ticketId)));
    },
    /** The account's tickets, newest first. */
    list(accountId: string, filter: TicketFilter, page: PageRequest): Promise<StoredPage<Ticket>> {
      const { status, openedBy, q } = filter;
      const where = indexFor(accountId, filter);
      return listMatching(
        table,
        where,
        { ...page, after: positionIn(where, accountId, page.after) },
        {
          always: (openedBy === undefined || status === undefined) && !q,
          matches: (ticket) => matchesFilter(ticket, filter),
        },
      );
    },
    /** Tickets of all accounts, the last updated first; without a status filter, one status after the other. */
    async queue(filter: QueueFilter, page: PageRequest): Promise<StoredPage<Ticket>> {
      const wanted = filter.status === undefined ? queueOrder : [filter.status];
      const firstStatus = page.after?.[0] ?? wanted[0]!;
      const items: Ticket[] = [];
      let after = page.after && page.after.length > 1 ? page.after.slice(1) : undefined;
      for (const status of wanted.slice(wanted.indexOf(firstStatus as TicketStatus))) {
        const part = { limit: page.limit - items.length, after };
        const where = { index: 'gsi3' as const, pk: inAllAccounts(status), descending: true };
        const found = await listMatching(table, where, part, queueMatch(filter));
        items.push(...found.items);
        if (found.next) return { items, next: [status, ...found.next] };
        after = undefined;
        const following = wanted[wanted.indexOf(status) + 1];
        if (items.length === page.limit) return { items, next: following ? [following] : null };
      }
      return { items, next: null };
    },
    /** Tickets of a status that have not been updated since `before`, the longest quiet first. */
    async quietSince(status: TicketStatus, before: string, page: PageRequest): Promise<StoredPage<Ticket>> {
      const where = { index: 'gsi3' as const, pk: inAllAccounts(status), to: before };
      return strippedPage(await table.query({ ...where, ...page }));
    },
    async messages(ticketId: string): Promise<TicketMessage[]> {
      const messages: TicketMessage[] = [];
      let after: Position | undefined;
      do {
        const { pk } = accountOfTicketKey(ticketId);
        const page = await table.query({ pk, prefix: messagePrefix, limit: mostMessages, after });
        messages.push(...strippedPage<TicketMessage>(page).items);
        after = page.next ?? undefined;
      } while (after && messages.length < mostMessages);
      return messages;
    },
    async idByNumber(number: string): Promise<string | undefined> {
      const found = await table.get(numberKey(number));
      return found && String(found['ticketId']);
    },
    /** A ticket in whichever account it is. */
    async locate(ticketId: string): Promise<Ticket | undefined> {
      const place = await table.get(accountOfTicketKey(ticketId));
      return place && this.get(String(place['accountId']), ticketId);
    },
    /** Addresses for a CC list, each with the id of this account's contact with that address. */
    async toCopied(accountId: string, emails: readonly string[]): Promise<Copied[]> {
      if (emails.length === 0) return [];
      const known = await table.getMany(emails.map((email) => addressAccountKey(email, accountId)));
      return emails.map((email, index) => ({
        email,
        contactId: (known[index]?.['contactId'] as string | null | undefined) ?? null,
      }));
    },
  };
}

export type TicketStore = ReturnType<typeof ticketStore>;

/** The statuses that wait for staff come first. */
const queueOrder: TicketStatus[] = ['open', 'customer-reply', 'on-hold', 'answered', 'closed'];

function queueMatch({ departmentId, assignee }: QueueFilter): Match {
  return {
    always: departmentId === undefined && assignee === undefined,
    matches: (ticket) =>
      (departmentId === undefined || ticket.departmentId === departmentId) &&
      (assignee === undefined || ticket.assignee === assignee),
  };
}

/** The narrowest index for a filter; the rest of the filter is matched ticket by ticket. */
function indexFor(accountId: string, { status, openedBy }: TicketFilter): Omit<Query, 'limit'> {
  if (openedBy !== undefined) return { index: 'gsi2', pk: byOpener(accountId, openedBy), descending: true };
  if (status !== undefined) return { index: 'gsi1', pk: byStatus(accountId, status), descending: true };
  return { pk: `ACCOUNT#${accountId}`, prefix: ticketPrefix, descending: true };
}

/** Converts a cursor's position to one in this list; the cursor of a merged list holds the sort key only. */
function positionIn(
  { index }: Omit<Query, 'limit'>,
  accountId: string,
  after: Position | undefined,
): Position | undefined {
  const sk = after?.at(-1);
  if (after === undefined || sk === undefined || after.length === (index ? 3 : 1)) return after;
  return index ? [sk.slice(ticketPrefix.length), `ACCOUNT#${accountId}`, sk] : [sk];
}

interface Match {
  /** The index alone answers the filter: every ticket in it matches. */
  always: boolean;
  matches(ticket: Ticket): boolean;
}

/** A page of matching tickets. Without a full index a bounded number of pages is read; the cursor continues there. */
async function listMatching(
  table: Table,
  where: Omit<Query, 'limit'>,
  page: PageRequest,
  match: Match,
): Promise<StoredPage<Ticket>> {
  if (match.always) return strippedPage(await table.query({ ...where, ...page }));
  const items: Ticket[] = [];
  let after = page.after;
  for (let pages = 0; pages < filteredPages; pages++) {
    const found = await table.query({ ...where, limit: filteredPageSize, after });
    for (const [index, item] of found.items.entries()) {
      const ticket = stripped<Ticket>(item)!;
      if (!match.matches(ticket)) continue;
      items.push(ticket);
      const more = found.next !== null || index < found.items.length - 1;
      if (items.length === page.limit) return { items, next: more ? positionOf(item, where.index) : null };
    }
    if (!found.next) return { items, next: null };
    after = found.next;
  }
  return { items, next: after ?? null };
}

/** A new ticket with its first message; fails if its number is taken. */
export function newTicketRows(ticket: Ticket, message: TicketMessage): Action[] {
  const { id: ticketId, accountId, number } = ticket;
  return [
    { put: ticketItem(ticket), when: absent },
    { put: { ticketId, ...numberKey(number) }, when: absent },
    { put: { accountId, ...accountOfTicketKey(ticketId) } },
    messageRow(message),
  ];
}

/** The ticket at its next version; fails if another write came first. */
export function changedTicketRow(ticket: Ticket, before: Ticket): Action {
  return { put: ticketItem(ticket), when: equals({ version: before.version }) };
}

/** The ticket in its new account; fails if another write came first. */
export function movedTicketRows(ticket: Ticket, before: Ticket): Action[] {
  return [
    { delete: ticketKey(before.accountId, before.id), when: equals({ version: before.version }) },
    { put: ticketItem(ticket), when: absent },
    merged({ accountId: ticket.accountId, ...accountOfTicketKey(ticket.id) }),
  ];
}

export function messageRow(message: TicketMessage): Action {
  const { pk } = accountOfTicketKey(message.ticketId);
  return { put: { ...message, pk, sk: `${messagePrefix}${message.id}` }, when: absent };
}

function ticketItem(ticket: Ticket): Item {
  return {
    ...ticket,
    ...ticketKey(ticket.accountId, ticket.id),
    gsi1pk: byStatus(ticket.accountId, ticket.status),
    gsi1sk: ticket.id,
    gsi2pk: byOpener(ticket.accountId, ticket.openedBy.id),
    gsi2sk: ticket.id,
    gsi3pk: inAllAccounts(ticket.status),
    gsi3sk: `${ticket.updatedAt}#${ticket.id}`,
  };
}
