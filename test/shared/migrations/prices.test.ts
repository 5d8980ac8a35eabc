import { beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import { gbp } from '../../support/desks/billing-desk.ts';
import { comPrice, type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';

let desk: DomainDesk;

beforeEach(async () => {
  desk = await domainDesk();
});

const upgrade = () => {
  const { table } = desk.portal;
  return migrate({
    table,
    rows: table,
    migrations,
    staffGroup: async () => [],
    providerName: 'Provider',
    pause: async () => {},
  });
};
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const staff = (method: string, path: string, body?: object) =>
  desk.portal.call('stan', method, path, body ? { body } : {});

const productKey = { pk: 'PRODUCTS', sk: 'prd_host' };
const tldKey = { pk: 'DOMAIN-PRICES#net', sk: 'FROM#0000-00-00' };

/** What the release before wrote of a product and of a TLD. */
const beforeProduct = (currency: string, amount: number) => ({
  id: 'prd_host',
  name: 'Hosting',
  kind: 'hosting',
  description: '',
  currency,
  prices: [{ cycle: 'monthly', amount }],
  taxRate: null,
  taxClass: null,
  sold: true,
});
const { prices: _, ...terms } = comPrice;
const beforeTld = (currency: string, year: number) => ({
  ...terms,
  tld: 'net',
  from: null,
  currency,
  years: { 1: year },
  graceFee: 5,
  redemptionFee: 7,
});
/** The release before writes. */
const writes = (product: object, tld: object) =>
  desk.portal.table.transact([
    { update: productKey, set: { ...product } },
    { update: tldKey, set: { ...tld } },
  ]);

const read = async () => {
  const products = (await staff('GET', '/v1/staff/products')).body.items;
  const { prices } = (await staff('GET', '/v1/staff/domain-prices/net')).body;
  return { product: products[0].prices, tld: prices };
};
const rows = () => desk.portal.table.all().filter(({ pk }) => pk === productKey.pk || pk === tldKey.pk);

test('prices of before are read as they are, and by currency after the migration, which finds nothing to do again', async () => {
  await writes(beforeProduct('GBP', 500), beforeTld('GBP', 1000));
  const said = {
    product: [{ cycle: 'monthly', price: gbp(500) }],
    tld: { GBP: { years: { 1: 1000 }, graceFee: 5, redemptionFee: 7 } },
  };
  expect(await read()).toEqual(said);
  await upgrade();
  expect(await read()).toEqual(said);
  const [tld, product] = rows();
  expect(product).toMatchObject({ ...beforeProduct('GBP', 500), pricesIn: said.product });
  expect(tld).toMatchObject({ ...beforeTld('GBP', 1000), prices: said.tld });
  const migrated = rows();
  await upgrade();
  expect(rows()).toEqual(migrated);
});

test('prices in several currencies are read by the release before in the first of them', async () => {
  const prices = [
    { cycle: 'annually', price: eur(60) },
    { cycle: 'monthly', price: gbp(5) },
    { cycle: 'monthly', price: eur(6) },
  ];
  await staff('PUT', '/v1/staff/products', { items: [{ id: 'prd_host', name: 'H', kind: 'h', prices }] });
  const inBoth = {
    EUR: { years: { 1: 12 }, graceFee: 1, redemptionFee: 2 },
    GBP: { years: { 1: 10 }, graceFee: 3, redemptionFee: 4 },
  };
  await staff('PUT', '/v1/staff/domain-prices/net', { ...comPrice, prices: inBoth });
  const [tld, product] = rows();
  const first = [
    { cycle: 'annually', amount: 60 },
    { cycle: 'monthly', amount: 6 },
  ];
  expect(product).toMatchObject({ currency: 'EUR', prices: first });
  expect(tld).toMatchObject({ currency: 'EUR', years: { 1: 12 }, graceFee: 1, redemptionFee: 2 });
});

test('what the release before writes meanwhile counts for its currency, and leaves the others', async () => {
  const prices = [
    { cycle: 'monthly', price: gbp(500) },
    { cycle: 'monthly', price: eur(590) },
  ];
  await staff('PUT', '/v1/staff/products', { items: [{ id: 'prd_host', name: 'H', kind: 'h', prices }] });
  const terms12 = { years: { 1: 1200 }, graceFee: 0, redemptionFee: 0 };
  const both = { GBP: terms12, EUR: terms12 };
  await staff('PUT', '/v1/staff/domain-prices/net', { ...comPrice, prices: both });
  await writes(beforeProduct('EUR', 650), beforeTld('EUR', 1300));
  await upgrade();
  const { product, tld } = await read();
  expect(product).toEqual([
    { cycle: 'monthly', price: eur(650) },
    { cycle: 'monthly', price: gbp(500) },
  ]);
  expect(tld).toEqual({ GBP: terms12, EUR: { years: { 1: 1300 }, graceFee: 5, redemptionFee: 7 } });
});

test('a product that staff remove while the migration runs does not come back', async () => {
  await writes(beforeProduct('GBP', 500), beforeTld('GBP', 1000));
  const { table } = desk.portal;
  const scan = table.scan.bind(table);
  const removing = {
    async scan(...args: Parameters<typeof scan>) {
      const page = await scan(...args);
      await table.transact([{ delete: productKey }]);
      return page;
    },
  };
  await migrate({
    table,
    rows: removing,
    migrations,
    staffGroup: async () => [],
    providerName: 'Provider',
    pause: async () => {},
  });
  expect(rows().map(({ pk }) => pk)).toEqual([tldKey.pk]);
});
