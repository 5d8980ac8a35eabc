import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { comPrice, type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';

let desk: DomainDesk;

beforeEach(async () => {
  desk = await domainDesk();
});

const money = (amount: number, currency: string) => ({ amount, currency });
const staff = (method: string, path: string, body?: object) =>
  desk.portal.call('stan', method, path, body ? { body } : {});

const prices = [
  { cycle: 'monthly', price: gbp(500) },
  { cycle: 'monthly', price: money(590, 'EUR') },
  { cycle: 'annually', price: gbp(5000) },
  { cycle: 'monthly', price: money(900, 'JPY') },
  { cycle: 'monthly', price: money(2345, 'KWD') },
];
const hosting = { id: 'prd_host', name: 'Hosting', kind: 'hosting', prices };
const big = {
  ...hosting,
  id: 'prd_big',
  name: 'Big',
  prices: prices.map(({ cycle, price }) => ({ cycle, price: { ...price, amount: 2 * price.amount } })),
};
const list = (...items: object[]) => staff('PUT', '/v1/staff/products', { items });
const domains = (body: object) => staff('PUT', '/v1/staff/domain-prices/com', body);
const { GBP } = comPrice.prices;

async function billedIn(currency: string): Promise<void> {
  expect(await desk.staff('PATCH', '', { currency })).toMatchObject({ status: 200 });
}
const put = (productId: string, cycle: string) => desk.owner('POST', '/cart/items', { productId, cycle });

describe('a product', () => {
  test('has each cycle once in each currency, and everybody sees all of them', async () => {
    expect(await list(hosting)).toMatchObject({ status: 200 });
    for (const user of ['stan', desk.ownerId]) {
      const { body } = await desk.portal.call(user, 'GET', '/v1/products');
      const shown = body.items[0].prices;
      expect(shown).toHaveLength(prices.length);
      expect(shown).toEqual(expect.arrayContaining(prices));
    }
  });

  test('with a cycle twice in one currency is refused, and the second is named', async () => {
    const twice = [...prices, { cycle: 'monthly', price: money(1, 'EUR') }];
    expect(await list(hosting, { ...big, prices: twice })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'items.1.prices.5.cycle', code: 'duplicate' }] },
    });
    expect((await staff('GET', '/v1/staff/products')).body.items).toEqual([]);
  });

  test('loses the currencies that are taken from it', async () => {
    await list(hosting);
    const left = [prices[1]];
    await list({ ...hosting, prices: left });
    expect((await staff('GET', '/v1/staff/products')).body.items).toMatchObject([{ prices: left }]);
  });

  test.each([
    ['EUR', 590, 119],
    ['JPY', 900, 181],
    ['KWD', 2345, 472],
  ])('costs its price in the account’s currency, %s, from cart to service', async (currency, amount, tax) => {
    await list({ ...hosting, taxRate: '20.14' });
    await billedIn(currency);
    expect(await put('prd_host', 'monthly')).toMatchObject({
      status: 200,
      body: { subtotal: money(amount, currency), tax: money(tax, currency) },
    });
    const { order, invoice } = (await desk.checkout()).body;
    expect(invoice).toMatchObject({ currency, total: money(amount + tax, currency) });
    await desk.payAll();
    const approved = await staff('POST', `/v1/staff/orders/${order.id}/approve`, { startOn: '2026-03-01' });
    expect(approved.status).toBe(200);
    const [service] = (await desk.get('/services')).items;
    expect(service).toMatchObject({ price: money(amount, currency), quantity: 1 });
    desk.portal.now = new Date('2026-03-20T10:00:00Z');
    await desk.portal.renew();
    const { items } = await desk.get('/invoices', { status: 'unpaid' });
    expect(items).toMatchObject([{ total: money(amount + tax, currency) }]);
    await desk.agree();
  });

  test('that is not sold in the account’s currency is not put into the cart', async () => {
    await list(hosting, { ...big, prices: [prices[0]] });
    await billedIn('EUR');
    const refused = await put('prd_big', 'monthly');
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'productId' }] } });
    expect(refused.body.errors[0].message).toContain('not sold in EUR');
    expect(await put('prd_host', 'annually')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'cycle', code: 'not-allowed' }] },
    });
    expect((await desk.get('/cart')).items).toEqual([]);
  });

  test('is no change for a service in a currency that it is not sold in', async () => {
    await list(hosting, big, { ...big, id: 'prd_pounds', prices: [prices[0]] });
    await billedIn('EUR');
    const body = { name: 'Host', productId: 'prd_host', cycle: 'monthly', startOn: '2026-03-01' };
    const made = await desk.staff('POST', '/services', { ...body, price: money(590, 'EUR') });
    const change = (productId: string) =>
      desk.owner('POST', `/services/${made.body.id}/change`, { productId, mode: 'self' });
    expect(await change('prd_pounds')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'productId', message: 'is not sold in EUR' }] },
    });
    expect(await change('prd_big')).toMatchObject({ status: 200, body: { price: money(1180, 'EUR') } });
  });

  test('in a cart costs anew once the account has another currency, and is shown so before it is ordered', async () => {
    const same = [
      { cycle: 'monthly', price: gbp(500) },
      { cycle: 'monthly', price: money(500, 'EUR') },
    ];
    await list({ ...hosting, prices: same });
    await put('prd_host', 'monthly');
    await billedIn('EUR');
    expect(await desk.checkout()).toMatchObject({
      status: 409,
      body: { code: 'price-changed', before: { total: gbp(500) }, now: { total: money(500, 'EUR') } },
    });
    expect(await desk.checkout()).toMatchObject({
      status: 201,
      body: { invoice: { total: money(500, 'EUR') } },
    });
  });
});

describe('the renewal of a domain', () => {
  const euros = { years: { 1: 1200, 2: 2300 }, graceFee: 600, redemptionFee: 9000 };

  test('costs what its TLD costs in the account’s currency, late fees too', async () => {
    await domains({ ...comPrice, prices: { GBP, EUR: euros } });
    await billedIn('EUR');
    await desk.domain('late', '2026-02-20');
    const { items } = await desk.get('/domain-renewals');
    const euro = (amount: number) => money(amount, 'EUR');
    expect(items[0].options).toEqual([
      { years: 1, price: euro(1200), graceFee: euro(600), total: euro(1800) },
      { years: 2, price: euro(2300), graceFee: euro(600), total: euro(2900) },
    ]);
  });

  test('is not renewable where the account’s currency has no price, and the job only reminds of it', async () => {
    await billedIn('EUR');
    const id = await desk.domain('one', '2026-03-15');
    const { items } = await desk.get('/domain-renewals');
    expect(items).toMatchObject([{ domainId: id, renewable: false, reason: 'not-renewable', options: [] }]);
    expect(await desk.renewals([{ domainId: id, years: 1 }])).toMatchObject({ status: 400 });
    await desk.portal.renew();
    expect((await desk.get('/invoices')).items).toEqual([]);
  });

  test('changes its price from a day on in each currency by itself', async () => {
    await domains({ ...comPrice, prices: { GBP, EUR: euros } });
    await domains({ ...comPrice, from: '2026-03-10', prices: { GBP, EUR: { years: { 1: 1500 } } } });
    await desk.domain('one', '2026-05-15');
    const first = async () => (await desk.get('/domain-renewals')).items[0].options[0];
    expect(await first()).toEqual({ years: 1, price: gbp(1000), total: gbp(1000) });
  });

  test('is priced by staff in the shape in which they read it', async () => {
    const set = { ...comPrice, prices: { GBP, EUR: euros } };
    expect(await domains(set)).toMatchObject({ status: 200, body: { tld: 'com', from: null, ...set } });
    const { body } = await staff('GET', '/v1/staff/domain-prices/com');
    expect(body.prices).toEqual(set.prices);
    await domains(comPrice);
    expect((await staff('GET', '/v1/staff/domain-prices/com')).body.prices).toEqual({ GBP });
  });

  test.each([
    ['no currency', {}, 'prices'],
    ['none of ISO 4217', { XXQ: GBP }, 'prices.XXQ'],
    ['a currency without a price', { EUR: { years: {} } }, 'prices.EUR.years'],
    ['a price below zero', { EUR: { years: { 1: -1 } } }, 'prices.EUR.years.1'],
    ['a part of a penny', { EUR: { years: { 1: 1.5 } } }, 'prices.EUR.years.1'],
  ])('in %s is refused', async (_, set, path) => {
    const refused = await domains({ ...comPrice, prices: set });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(refused.body.errors[0].message).toMatch(/^must /);
  });
});

describe('the fee of a pause', () => {
  const set = (fee: unknown) => staff('PUT', '/v1/staff/settings', { 'services.pauseFee': fee });

  async function paused(currency: string) {
    if (currency !== 'GBP') await billedIn(currency);
    const body = { name: 'Host', cycle: 'monthly', startOn: '2026-03-01', price: money(500, currency) };
    const { id } = (await desk.staff('POST', '/services', body)).body;
    expect(await desk.owner('POST', `/services/${id}/pause`, {})).toMatchObject({ status: 200 });
    return (await desk.get('/invoices')).items.map(({ total }: any) => total);
  }

  test.each([
    ['EUR', [money(600, 'EUR')]],
    ['GBP', [gbp(500)]],
    ['JPY', []],
  ])('is that of the service’s currency, and nothing where it has none: %s', async (currency, fees) => {
    expect(await set({ GBP: 500, EUR: 600 })).toMatchObject({ status: 200 });
    expect(await paused(currency)).toEqual(fees);
  });

  test('of before is one in the provider’s currency', async () => {
    const update = { pk: 'SETTINGS', sk: 'SETTINGS' };
    const settings = { 'services.pauseFee': 500, 'provider.currency': 'EUR' };
    await desk.portal.table.transact([{ update, set: { settings, version: 'before' } }]);
    const { body } = await staff('GET', '/v1/staff/settings');
    expect(body['services.pauseFee']).toEqual({ EUR: 500 });
    expect(await paused('EUR')).toEqual([money(500, 'EUR')]);
  });

  test.each([500, { GBP: -1 }, { GBP: 1.5 }, { POUND: 5 }, null])('is no %j', async (fee) => {
    expect((await set(fee)).status).toBe(400);
  });
});
