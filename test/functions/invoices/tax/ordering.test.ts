import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../../support/desks/domain-desk.ts';
import { isBuyer, setTaxRules } from '../../../support/desks/tax-desk.ts';

let desk: DomainDesk;

const staff = (method: string, path: string, body?: object) =>
  desk.portal.call('stan', method, path, body ? { body } : {});
const at = (day: string) => {
  desk.portal.now = new Date(`${day}T10:00:00Z`);
};
const product = (id: string, monthly: number, extra: object = {}) => ({
  id,
  name: id,
  kind: 'hosting',
  prices: [{ cycle: 'monthly', price: gbp(monthly) }],
  ...extra,
});
const catalogue = (...items: object[]) => staff('PUT', '/v1/staff/products', { items });
const host = product('prd_host', 1000);
const big = product('prd_big', 2000);
const buyer = (is: Parameters<typeof isBuyer>[2]) => isBuyer(desk.portal, desk.accountId, is);
const add = async (productId: string) => {
  const item = { productId, cycle: 'monthly', quantity: 1 };
  const { status, body } = await desk.owner('POST', '/cart/items', item);
  expect(status).toBe(200);
  return body;
};
const ratesOf = (lines: any[]) => lines.map(({ taxRate }) => taxRate);
const newest = async () => (await desk.get('/invoices')).items[0];

beforeEach(async () => {
  desk = await domainDesk();
  await setTaxRules(desk.portal);
  await buyer({ country: 'DE' });
  expect(await catalogue(host, big, product('prd_own', 1000, { taxRate: '3' }))).toMatchObject({
    status: 200,
  });
});

describe('a product’s class of tax', () => {
  test('is kept with it, none where nothing is said, and refused where it is none', async () => {
    const { body } = await catalogue(product('prd_host', 1000, { taxClass: 'domains' }), big);
    expect(body.items).toMatchObject([{ taxClass: 'domains' }, { taxClass: null }]);
    const { items } = (await desk.portal.call(desk.ownerId, 'GET', '/v1/products')).body;
    expect(items.map(({ taxClass }: any) => taxClass)).toEqual([null, 'domains']);
    const odd = await catalogue(product('prd_host', 1000, { taxClass: 'Domain names' }));
    expect(odd.body.errors).toMatchObject([{ path: 'items.0.taxClass', code: 'wrong-format' }]);
  });
});

describe('a cart', () => {
  test('shows what each line is taxed today, a rate of its own first', async () => {
    at('2026-03-25');
    const id = await desk.domain('acme', '2026-05-01');
    await desk.renewals([{ domainId: id, years: 1 }]);
    await add('prd_host');
    const cart = await add('prd_own');
    expect(ratesOf(cart.items)).toEqual(['7', '19', '3']);
    expect(cart).toMatchObject({ tax: gbp(70 + 190 + 30), total: gbp(3290) });
    at('2026-04-01');
    expect(await desk.get('/cart')).toMatchObject({ tax: gbp(70 + 210 + 30) });
  });

  test('is not ordered at another tax than it was shown with, and says both', async () => {
    at('2026-03-25');
    await add('prd_host');
    at('2026-04-01');
    const { status, body } = await desk.checkout();
    expect([status, body.code]).toEqual([409, 'price-changed']);
    expect(body).toMatchObject({
      before: { items: [{ taxRate: '19' }], total: gbp(1190) },
      now: { items: [{ taxRate: '21' }], total: gbp(1210) },
    });
    const ordered = await desk.checkout();
    expect(ordered).toMatchObject({ status: 201, body: { invoice: { total: gbp(1210) } } });
  });
});

describe('an order', () => {
  test('is billed as its cart was shown, and shows each rate for good', async () => {
    const id = await desk.domain('acme', '2026-05-01');
    await desk.renewals([{ domainId: id, years: 1 }]);
    await add('prd_host');
    const { order, invoice } = (await desk.checkout()).body;
    expect(ratesOf(order.items)).toEqual(['7', '19']);
    expect(order).toMatchObject({ tax: gbp(260), total: invoice.total });
    await setTaxRules(desk.portal, []);
    expect(ratesOf((await desk.get(`/orders/${order.id}`)).items)).toEqual(['7', '19']);
  });
});

describe('the renewals job', () => {
  /** A service that was ordered, paid and begun on the first of March. */
  async function begun(productId: string): Promise<void> {
    await add(productId);
    const { order } = (await desk.checkout()).body;
    await desk.payAll();
    const started = await staff('POST', `/v1/staff/orders/${order.id}/approve`, { startOn: '2026-03-01' });
    expect(started.status).toBe(200);
  }

  test('taxes a service as of the day of each invoice, not of its order', async () => {
    await begun('prd_host');
    at('2026-03-20');
    await desk.portal.renew();
    expect(await newest()).toMatchObject({ dueOn: '2026-04-01', taxes: [{ rate: '19' }], total: gbp(1190) });
    await desk.payAll();
    at('2026-04-20');
    await desk.portal.renew();
    expect(await newest()).toMatchObject({ dueOn: '2026-05-01', taxes: [{ rate: '21' }], total: gbp(1210) });
    await desk.agree();
  });

  test('keeps a rate of the service’s own', async () => {
    await begun('prd_own');
    at('2026-03-20');
    await desk.portal.renew();
    expect(await newest()).toMatchObject({ taxes: [{ rate: '3' }] });
  });

  test('taxes a service by the class that its product has now', async () => {
    await begun('prd_host');
    await catalogue({ ...host, taxClass: 'domains' });
    at('2026-03-20');
    await desk.portal.renew();
    expect(await newest()).toMatchObject({ taxes: [{ rate: '7' }] });
  });

  test('taxes a service whose product is gone by the class that it was ordered with', async () => {
    await catalogue({ ...host, taxClass: 'domains' });
    await begun('prd_host');
    await catalogue(big);
    at('2026-03-20');
    await desk.portal.renew();
    expect(await newest()).toMatchObject({ taxes: [{ rate: '7' }] });
  });

  test('taxes a domain by its class, and foresees what credit will pay of it', async () => {
    await desk.domain('acme', '2026-03-10');
    await desk.staff('POST', '/credit', { amount: gbp(5000), reason: 'To pay with' });
    await desk.owner('PATCH', '', { autoPayFromCredit: true });
    const { items } = await desk.portal.planRenewals();
    expect(items.filter(({ kind }) => kind === 'auto-pay')).toMatchObject([{ amount: gbp(1070) }]);
    await desk.portal.renew();
    expect(await newest()).toMatchObject({ taxes: [{ rate: '7' }], total: gbp(1070), status: 'paid' });
  });
});

describe('a service', () => {
  const service = async (extra: object = {}) => {
    const body = { name: 'Host', productId: 'prd_host', price: gbp(1000), cycle: 'monthly', ...extra };
    const made = await desk.staff('POST', '/services', { startOn: '2026-03-01', ...body });
    return made.body.id as string;
  };

  test('that is changed is billed by the class of what it becomes', async () => {
    await catalogue(host, { ...big, taxClass: 'domains' });
    const id = await service();
    const change = { productId: 'prd_big', cycle: 'monthly', mode: 'self' };
    expect(await desk.owner('POST', `/services/${id}/change`, change)).toMatchObject({ status: 200 });
    expect(await newest()).toMatchObject({ taxes: [{ rate: '7' }], total: gbp(1070) });
  });

  test('that gets cheaper is credited with the tax of the line that paid for it', async () => {
    await catalogue(host, { ...big, taxClass: 'domains' });
    const id = await service({ productId: 'prd_big', price: gbp(2000), startOn: '2026-02-01' });
    at('2026-02-20');
    await desk.portal.renew();
    await desk.payAll();
    await desk.portal.deliver();
    at('2026-03-01');
    const change = { productId: 'prd_host', cycle: 'monthly', mode: 'self' };
    expect(await desk.owner('POST', `/services/${id}/change`, change)).toMatchObject({ status: 200 });
    expect((await desk.get('/credit')).balance).toEqual(gbp(1070));
  });

  test('that is paused is charged the fee with its product’s tax', async () => {
    await setTaxRules(desk.portal, undefined, { 'services.pauseFee': { GBP: 100 } });
    await catalogue({ ...host, taxClass: 'domains' });
    const id = await service();
    expect(await desk.owner('POST', `/services/${id}/pause`, { until: '2026-03-20' })).toMatchObject({
      status: 200,
    });
    expect(await newest()).toMatchObject({ taxes: [{ rate: '7' }], total: gbp(107) });
  });
});
