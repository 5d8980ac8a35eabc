import type { PageRequest, StoredPage } from '../../../shared/table/page.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { allLinkedAccounts, reachedLinkedAccounts } from '../../../shared/accounts/linked.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { contextInLinkedAccount } from '../in-linked-account.ts';
import { mergeTickets } from '../../../shared/tickets/merge-tickets.ts';
import type { TicketDependencies } from '../open-ticket.ts';
import {
  isVisibleTo,
  matchesFilter,
  summaryView,
  type Ticket,
  type TicketFilter,
} from '../../../shared/tickets/ticket.ts';

/**
 * The tickets of the account and of its linked accounts that the caller may see, newest first; with `linkedAccountId`,
 * those of that account only.
 */
export async function listTickets(
  dependencies: TicketDependencies,
  context: RequestContext,
  { linkedAccountId, ...filter }: TicketFilter & { linkedAccountId?: string | undefined },
  page: PageRequest,
): Promise<StoredPage<object>> {
  const { accountId, authority } = context;
  const { people, tickets } = dependencies;
  if (linkedAccountId !== undefined && linkedAccountId !== accountId) {
    const linkedContext = await contextInLinkedAccount(dependencies, context, linkedAccountId);
    const { items, next } = await listTickets(dependencies, linkedContext, filter, page);
    return { items: items.map((item) => ({ ...item, linkedAccountId })), next };
  }
  const account = await people.account(accountId);
  const linked = account?.linkedAccounts
    ? reachedLinkedAccounts(
        context,
        await allLinkedAccounts(people, accountId),
        await dependencies.settings(),
        'tickets',
      )
    : [];
  const accounts = account ? [account, ...linked] : [];
  const matches = (ticket: Ticket) =>
    matchesFilter(ticket, filter) &&
    isVisibleTo(authority, ticket) &&
    (ticket.accountId === accountId || !ticket.hiddenFromMainAccount);
  const found = await (account?.linkedAccounts || authority.kind === 'main-account'
    ? mergeTickets(
        dependencies.table,
        accounts.map(({ id }) => id),
        matches,
        page,
      )
    : tickets.list(accountId, filter, page));
  return { items: visibleViews(found.items, accounts, context), next: found.next };
}

/** The tickets as the API lists them, each with its account. */
function visibleViews(found: readonly Ticket[], accounts: readonly Account[], context: RequestContext) {
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  return found.map((ticket) => ({
    ...summaryView(ticket, context),
    accountName: names.get(ticket.accountId) ?? '',
    ...(ticket.accountId === context.accountId ? {} : { linkedAccountId: ticket.accountId }),
  }));
}
