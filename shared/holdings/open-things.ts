import type { Account } from '../accounts/people.ts';
import type { Day } from '../core/day.ts';
import { type Domain, statusOn, usualPeriods } from '../domains/domain.ts';
import { domainStore } from '../domains/domain-store.ts';
import { balanceOf, type Invoice } from '../invoices/invoice.ts';
import { invoiceStore } from '../invoices/invoice-store.ts';
import { creditBook, readCredit } from '../invoices/ledger/credit.ts';
import { orderStore } from '../orders/order-store.ts';
import type { Order } from '../orders/order.ts';
import { quoteStatus } from '../quotes/quote.ts';
import { quoteStore } from '../quotes/quote-store.ts';
import { type Service, serviceStatus } from '../services/service.ts';
import { serviceStore } from '../services/service-store.ts';
import { providerDay } from '../settings/settings.ts';
import type { PageRequest, StoredPage } from '../table/page.ts';
import type { Position, Table } from '../table/table.ts';

/** What keeps an account from being closed, in the words of its areas. */
export async function openThings(table: Table, account: Account, now: Date): Promise<string[]> {
  const { id, mainAccountId, linkedAccounts = 0 } = account;
  const today = await providerDay(table, now);
  const [unpaid, credit, services, domains, orders] = await Promise.all([
    invoiceStore(table).unpaid(id, 1),
    creditBook(table).balances(id),
    hasServices(table, id, today),
    some(
      (page) => domainStore(table).list(id, page),
      (domain) => isOurs(domain, today),
    ),
    hasOrders(table, id),
  ]);
  return namesOf({
    'unpaid invoices': unpaid.length > 0,
    credit: credit.some(({ balance }) => balance > 0),
    services,
    domains,
    'waiting orders': orders,
    'linked accounts': linkedAccounts > 0,
    'a main account': Boolean(mainAccountId),
  });
}

/**
 * What keeps an account in its currency, in the words of its areas: all that has a price or an amount in it. A domain that
 * does not renew by itself has none until its renewal is ordered.
 */
export async function openInCurrency(table: Table, account: Account, now: Date): Promise<string[]> {
  const { id, currency } = account;
  const today = await providerDay(table, now);
  const isOwed = (invoice: Invoice) => invoice.status === 'draft' || balanceOf(invoice) !== 0;
  const renews = (domain: Domain) => domain.paidFor !== null || (domain.autoRenew && isOurs(domain, today));
  const invoices = { drafts: true, today };
  const [unpaid, quotes, credit, services, domains, orders] = await Promise.all([
    some((page) => invoiceStore(table).list(id, invoices, page), isOwed),
    some(
      (page) => quoteStore(table).list(id, page),
      (quote) => quoteStatus(quote, today) === 'open',
    ),
    readCredit(table, id, currency),
    hasServices(table, id, today),
    some((page) => domainStore(table).list(id, page), renews),
    hasOrders(table, id),
  ]);
  return namesOf({
    'invoices or drafts': unpaid,
    'open quotes': quotes,
    credit: credit !== 0,
    services,
    'domains that renew by themselves': domains,
    'waiting orders': orders,
  });
}

function namesOf(found: Record<string, boolean>): string[] {
  return Object.keys(found).filter((name) => found[name]);
}

function isOurs(domain: Domain, today: Day): boolean {
  return !['cancelled', 'transferred-away'].includes(statusOn(domain, usualPeriods, today));
}

function hasServices(table: Table, accountId: string, today: Day): Promise<boolean> {
  const isOpen = (service: Service) => serviceStatus(service, today) !== 'cancelled';
  return some((page) => serviceStore(table).list(accountId, page), isOpen);
}

function hasOrders(table: Table, accountId: string): Promise<boolean> {
  const waits = ({ status }: Order) => status.startsWith('awaiting-');
  return some((page) => orderStore(table).concerning(accountId, page), waits);
}

async function some<T>(
  read: (page: PageRequest) => Promise<StoredPage<T>>,
  matches: (item: T) => boolean,
): Promise<boolean> {
  let after: Position | undefined;
  do {
    const page = await read({ limit: 100, after });
    if (page.items.some(matches)) return true;
    after = page.next ?? undefined;
  } while (after);
  return false;
}
