import { addDomain, changeDomain } from '../../functions/domains/save-domain.ts';
import { addService } from '../../functions/services/save-service.ts';
import { recordUsage } from '../../functions/usage/record-usage.ts';
import type { NewRecord } from '../../functions/usage/schemas.ts';
import { usageStore } from '../../functions/usage/usage-store.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Cycle, Product } from '../../shared/products/product.ts';
import { productRow } from '../../shared/products/product-store.ts';
import { addDays, addMonths, type Day, dayIn } from '../../shared/core/day.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import type { DomainPrice } from '../../shared/domains/domain-price.ts';
import { domainPriceRow, domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { serviceStore } from '../../shared/services/service-store.ts';

const usual = {
  from: null,
  minYears: 1,
  maxYears: 10,
  maxTermYears: 10,
  maxAdvanceDays: 365,
};
const prices: DomainPrice[] = [
  {
    ...usual,
    tld: 'com',
    prices: {
      GBP: {
        years: { 1: 1_299, 2: 2_499, 3: 3_699, 4: 4_899, 5: 5_999, 10: 11_499 },
        graceFee: 0,
        redemptionFee: 8_000,
      },
      EUR: {
        years: { 1: 1_499, 2: 2_899, 3: 4_299, 4: 5_699, 5: 6_999, 10: 13_499 },
        graceFee: 0,
        redemptionFee: 9_500,
      },
    },
    graceDays: 30,
    redemptionDays: 30,
  },
  {
    ...usual,
    tld: 'co.uk',
    prices: {
      GBP: {
        years: { 1: 899, 2: 1_699, 3: 2_499, 5: 3_999, 10: 7_499 },
        graceFee: 500,
        redemptionFee: 4_000,
      },
      EUR: {
        years: { 1: 1_049, 2: 1_999, 3: 2_899, 5: 4_699, 10: 8_799 },
        graceFee: 600,
        redemptionFee: 4_700,
      },
    },
    graceDays: 30,
    redemptionDays: 60,
  },
];

const product = (id: string, name: string, kind: string, monthly: { GBP: number; EUR: number }): Product => ({
  id,
  name,
  kind,
  description: `${name}, with support`,
  prices: Object.entries(monthly).flatMap(([currency, amount]) => [
    { cycle: 'monthly', price: { amount, currency } },
    { cycle: 'annually', price: { amount: amount * 10, currency } },
  ]),
  taxRate: '20',
  sold: true,
});

const products: Product[] = [
  product('prd_hosting_s', 'Hosting S', 'hosting', { GBP: 500, EUR: 590 }),
  product('prd_hosting_l', 'Hosting L', 'hosting', { GBP: 1_500, EUR: 1_790 }),
  product('prd_fibre_100', 'Fibre 100', 'internet', { GBP: 3_000, EUR: 3_490 }),
  product('prd_fibre_900', 'Fibre 900', 'internet', { GBP: 5_500, EUR: 6_390 }),
  product('prd_voice', 'Voice line', 'voice', { GBP: 800, EUR: 950 }),
];

/** The domains, with the days until they expire. */
const domains = [
  { name: 'acme-shop.com', days: 10 },
  { name: 'acme.co.uk', days: 40 },
  { name: 'acme-labs.com', days: 200, autoRenew: false },
  { name: 'acme-news.com', days: -5 },
  { name: 'acme-archive.com', days: -35 },
  { name: 'acme-old.co.uk', days: -200, cancelled: true },
];

interface DemoService {
  /** The first account if none is given. */
  accountId?: string;
  name: string;
  productId: string;
  price: number;
  cycle: Cycle;
  dueInDays: number;
}

const services: DemoService[] = [
  {
    accountId: 'acct_north',
    name: 'Fibre 100 (monthly)',
    productId: 'prd_fibre_100',
    price: 3_000,
    cycle: 'monthly',
    dueInDays: 22,
  },
  {
    accountId: 'acct_north',
    name: 'Hosting S (monthly)',
    productId: 'prd_hosting_s',
    price: 500,
    cycle: 'monthly',
    dueInDays: 22,
  },
  {
    accountId: 'acct_west',
    name: 'Fibre 900 (monthly)',
    productId: 'prd_fibre_900',
    price: 5_500,
    cycle: 'monthly',
    dueInDays: 18,
  },
  { name: 'Hosting L (monthly)', productId: 'prd_hosting_l', price: 1_500, cycle: 'monthly', dueInDays: 20 },
  {
    name: 'Hosting S (annually)',
    productId: 'prd_hosting_s',
    price: 5_000,
    cycle: 'annually',
    dueInDays: 150,
  },
  { name: 'Fibre 100 (monthly)', productId: 'prd_fibre_100', price: 3_000, cycle: 'monthly', dueInDays: 25 },
  { name: 'Voice line (monthly)', productId: 'prd_voice', price: 800, cycle: 'monthly', dueInDays: 25 },
];

/** Seeds the catalogue with its prices, the first account's domains, and the services of all accounts. */
export async function seedHoldings(
  write: { table: Table; nudgeOutbox(ids: string[]): Promise<void>; portalUrl: string },
  contextFor: (daysAgo: number, accountId?: string) => RequestContext,
): Promise<void> {
  const { table } = write;
  const dependencies = {
    ...write,
    people: peopleStore(table),
    invoices: invoiceStore(table),
    domains: domainStore(table),
    services: serviceStore(table),
    usage: usageStore(table),
    prices: domainPriceStore(table),
    settings: async () => (await readSettings(table)).settings,
    today: (now: Date) => providerDay(table, now),
  };
  await table.transact([...prices.map(domainPriceRow), ...products.map(productRow)]);
  const context = contextFor(70);
  const today = dayIn('UTC', contextFor(0).now);
  for (const { name, days, autoRenew = true, cancelled } of domains) {
    const expiresOn = addDays(today, days);
    const nameservers = ['ns1.portal.test', 'ns2.portal.test'];
    const input = {
      name,
      registeredOn: addMonths(expiresOn, -36),
      expiresOn,
      autoRenew,
      locked: true,
      nameservers,
    };
    const added = await addDomain(dependencies, context, input);
    const { id } = added.body as { id: string };
    if (cancelled) await changeDomain(dependencies, context, id, { status: 'cancelled' });
  }
  for (const { accountId: inAccount, dueInDays, price, ...service } of services) {
    const nextDueOn = addDays(today, dueInDays);
    const startOn = addMonths(nextDueOn, -14);
    const money = { amount: price, currency: 'GBP' };
    const added = await addService(dependencies, contextFor(70, inAccount), {
      ...service,
      price: money,
      quantity: 1,
      taxRate: '20',
      startOn,
      nextDueOn,
      status: 'active',
    });
    const { id: serviceId } = added.body as { id: string };
    const kind = products.find(({ id }) => id === service.productId)?.kind;
    if (kind !== 'internet' && kind !== 'voice') continue;
    const { accountId } = contextFor(0, inAccount);
    const records = usageUntil(today, { accountId, serviceId, kind });
    await recordUsage(dependencies, contextFor(0), { records });
  }
}

/** Two months of an office's usage, which is lower at weekends and varies from day to day. */
function usageUntil(
  today: Day,
  { kind, ...of }: { accountId: string; serviceId: string; kind: NewRecord['kind'] },
): NewRecord[] {
  return Array.from({ length: 60 }, (_, daysAgo) => {
    const day = addDays(today, -daysAgo);
    const isWeekend = new Date(day).getUTCDay() % 6 === 0;
    const busy = (isWeekend ? 2 : 10) + ((daysAgo * 7) % 5);
    const record = { ...of, day, sourceId: 'demo' };
    if (kind === 'internet') {
      return { ...record, kind, bytesIn: busy * 1_734_000_000, bytesOut: busy * 291_000_000 };
    }
    const cost = { amount: busy * 9, currency: 'GBP' };
    return { ...record, kind, calls: busy * 3, minutes: busy * 8, cost };
  });
}
