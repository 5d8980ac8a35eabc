import { permissionsOf } from '../../shared/access/decide.ts';
import { includes, type Permission, permissionKeys } from '../../shared/access/permissions.ts';
import type { CreditBook } from '../../shared/invoices/ledger/credit.ts';
import { balanceOf, isOverdue, sum } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { addDays, type Day } from '../../shared/core/day.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { OrderStatus } from '../../shared/orders/order.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { type Domain, statusOn, tldOf, usualPeriods } from '../../shared/domains/domain.ts';
import { priceOn } from '../../shared/domains/domain-price.ts';
import type { DomainPriceStore } from '../../shared/domains/domain-price-store.ts';
import type { DomainStore } from '../../shared/domains/domain-store.ts';
import type { ServiceSums } from '../../shared/services/service-summary.ts';
import { listOrders, type ListOrdersDependencies } from '../../shared/orders/list-orders.ts';
import { quoteStatus } from '../../shared/quotes/quote.ts';
import type { QuoteStore } from '../../shared/quotes/quote-store.ts';
import { isVisibleTo, type TicketStatus } from '../../shared/tickets/ticket.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';

export interface AreaDependencies extends ListOrdersDependencies {
  domains: DomainStore;
  prices: DomainPriceStore;
  invoices: InvoiceStore;
  credit: CreditBook;
  quotes: QuoteStore;
  tickets: TicketStore;
}

/** Reads that several areas share; each runs once and is already in progress when the areas start. */
export interface SharedReads {
  context: RequestContext;
  account: Promise<Account>;
  today: Promise<Day>;
  sums: Promise<ServiceSums>;
}

/** Each area reads at most one page, so that the cost of a dashboard is bounded. */
const latestPage = { limit: 100, after: undefined };
const mostDomains = 1000;
const mostInvoices = 500;
/** A domain that expires within so many days is counted as expiring soon. */
const soonDays = 30;
/** The most TLDs whose periods after expiry are read; the usual periods are assumed for further ones. */
const mostTlds = 20;

/** The reader of each area. */
const areas = {
  products: async (_, { account, sums }) => {
    const [{ currency }, { active, paused, monthlyCost }] = await Promise.all([account, sums]);
    return { active, paused, monthlyCost: { amount: monthlyCost, currency } };
  },
  domains: readDomains,
  invoices: readInvoices,
  quotes: async ({ quotes }, { context, today }) => {
    const [{ items }, day] = await Promise.all([quotes.list(context.accountId, latestPage), today]);
    return { open: items.filter((quote) => quoteStatus(quote, day) === 'open').length };
  },
  tickets: readTickets,
  orders: async (dependencies, { context }) => {
    const { items } = await listOrders(dependencies, context, latestPage);
    const count = (wanted: OrderStatus) => items.filter(({ status }) => status === wanted).length;
    return {
      awaitingMainAccount: count('awaiting-main-account'),
      awaitingPayment: count('awaiting-payment'),
      awaitingActivation: count('awaiting-activation'),
    };
  },
  'linked-accounts': async (_, { account }) => ({ count: (await account).linkedAccounts ?? 0 }),
} satisfies Partial<
  Record<Permission, (dependencies: AreaDependencies, reads: SharedReads) => Promise<object>>
>;

const areaKeys = permissionKeys.filter((key): key is keyof typeof areas => key in areas);

/** Reads the areas of an account that the caller may see, and no others. */
export async function readAreas(
  dependencies: AreaDependencies,
  reads: SharedReads,
): Promise<Partial<Record<keyof typeof areas, object>>> {
  const permissions = permissionsOf(reads.context.authority);
  const visibleKeys = areaKeys.filter((key) => includes(permissions, key));
  const values = await Promise.all(visibleKeys.map((key) => areas[key](dependencies, reads)));
  return Object.fromEntries(visibleKeys.map((key, index) => [key, values[index]!]));
}

async function readDomains({ domains, prices }: AreaDependencies, { context, today }: SharedReads) {
  const [{ items }, day] = await Promise.all([
    domains.list(context.accountId, { limit: mostDomains, after: undefined }),
    today,
  ]);
  // Until its expiry a domain is active whatever its TLD, so periods are read only for lapsed domains.
  const lapsed = items.filter(({ state, expiresOn }) => state === 'registered' && expiresOn < day);
  const pricesByTld = await prices.ofTlds(
    [...new Set(lapsed.map(({ name }) => tldOf(name)))].slice(0, mostTlds),
  );
  const statusOf = (domain: Domain) =>
    statusOn(domain, priceOn(pricesByTld.get(tldOf(domain.name)) ?? [], day) ?? usualPeriods, day);
  const active = items.filter((domain) => statusOf(domain) === 'active');
  const soon = addDays(day, soonDays);
  return {
    active: active.length,
    expiringSoon: active.filter(({ expiresOn }) => expiresOn <= soon).length,
    expired: lapsed.filter((domain) => ['expired', 'redemption'].includes(statusOf(domain))).length,
  };
}

async function readInvoices({ invoices, credit }: AreaDependencies, reads: SharedReads) {
  const { accountId } = reads.context;
  const [unpaid, balances, { currency }, day] = await Promise.all([
    invoices.dueFirst(accountId, mostInvoices),
    credit.balances(accountId),
    reads.account,
    reads.today,
  ]);
  const inAccountCurrency = unpaid.filter((invoice) => invoice.currency === currency);
  const balance = balances.find((entry) => entry.currency === currency)?.balance ?? 0;
  return {
    unpaid: unpaid.length,
    overdue: unpaid.filter((invoice) => isOverdue(invoice, day)).length,
    due: { amount: sum(inAccountCurrency.map(balanceOf)), currency },
    credit: { amount: balance, currency },
  };
}

async function readTickets({ tickets }: AreaDependencies, { context }: SharedReads) {
  const { accountId, authority } = context;
  const count = async (status: TicketStatus) => {
    const { items } = await tickets.list(accountId, { status }, latestPage);
    return items.filter((ticket) => isVisibleTo(authority, ticket)).length;
  };
  const openStatuses: TicketStatus[] = ['open', 'customer-reply', 'on-hold'];
  const [answered, ...open] = await Promise.all([count('answered'), ...openStatuses.map(count)]);
  return { open: sum(open), answered };
}
