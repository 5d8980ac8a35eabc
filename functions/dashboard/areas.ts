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
export interface Asked {
  context: RequestContext;
  account: Promise<Account>;
  today: Promise<Day>;
  sums: Promise<ServiceSums>;
}

/** Each area reads at most one page, so that the cost of a dashboard is bounded. */
const latest = { limit: 100, after: undefined };
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
    const [{ items }, day] = await Promise.all([quotes.list(context.accountId, latest), today]);
    return { open: items.filter((quote) => quoteStatus(quote, day) === 'open').length };
  },
  tickets: readTickets,
  orders: async (dependencies, { context }) => {
    const { items } = await listOrders(dependencies, context, latest);
    const count = (wanted: OrderStatus) => items.filter(({ status }) => status === wanted).length;
    return {
      awaitingMainAccount: count('awaiting-main-account'),
      awaitingPayment: count('awaiting-payment'),
      awaitingActivation: count('awaiting-activation'),
    };
  },
  'linked-accounts': async (_, { account }) => ({ count: (await account).linkedAccounts ?? 0 }),
} satisfies Partial<Record<Permission, (dependencies: AreaDependencies, asked: Asked) => Promise<object>>>;

const areaKeys = permissionKeys.filter((key): key is keyof typeof areas => key in areas);

/** Reads the areas of an account that the caller may see, and no others. */
export async function readAreas(
  dependencies: AreaDependencies,
  asked: Asked,
): Promise<Partial<Record<keyof typeof areas, object>>> {
  const held = permissionsOf(asked.context.authority);
  const open = areaKeys.filter((key) => includes(held, key));
  const read = await Promise.all(open.map((key) => areas[key](dependencies, asked)));
  return Object.fromEntries(open.map((key, index) => [key, read[index]!]));
}

async function readDomains({ domains, prices }: AreaDependencies, { context, today }: Asked) {
  const [{ items }, day] = await Promise.all([
    domains.list(context.accountId, { limit: mostDomains, after: undefined }),
    today,
  ]);
  // Until its expiry a domain is active whatever its TLD, so periods are read only for lapsed domains.
  const lapsed = items.filter(({ state, expiresOn }) => state === 'registered' && expiresOn < day);
  const known = await prices.ofTlds([...new Set(lapsed.map(({ name }) => tldOf(name)))].slice(0, mostTlds));
  const statusOf = (domain: Domain) =>
    statusOn(domain, priceOn(known.get(tldOf(domain.name)) ?? [], day) ?? usualPeriods, day);
  const active = items.filter((domain) => statusOf(domain) === 'active');
  const soon = addDays(day, soonDays);
  return {
    active: active.length,
    expiringSoon: active.filter(({ expiresOn }) => expiresOn <= soon).length,
    expired: lapsed.filter((domain) => ['expired', 'redemption'].includes(statusOf(domain))).length,
  };
}

async function readInvoices({ invoices, credit }: AreaDependencies, asked: Asked) {
  const { accountId } = asked.context;
  const [unpaid, balances, { currency }, day] = await Promise.all([
    invoices.dueFirst(accountId, mostInvoices),
    credit.balances(accountId),
    asked.account,
    asked.today,
  ]);
  const own = unpaid.filter((invoice) => invoice.currency === currency);
  const balance = balances.find((one) => one.currency === currency)?.balance ?? 0;
  return {
    unpaid: unpaid.length,
    overdue: unpaid.filter((invoice) => isOverdue(invoice, day)).length,
    due: { amount: sum(own.map(balanceOf)), currency },
    credit: { amount: balance, currency },
  };
}

async function readTickets({ tickets }: AreaDependencies, { context }: Asked) {
  const { accountId, authority } = context;
  const count = async (status: TicketStatus) => {
    const { items } = await tickets.list(accountId, { status }, latest);
    return items.filter((ticket) => isVisibleTo(authority, ticket)).length;
  };
  const waiting: TicketStatus[] = ['open', 'customer-reply', 'on-hold'];
  const [answered, ...open] = await Promise.all([count('answered'), ...waiting.map(count)]);
  return { open: sum(open), answered };
}
