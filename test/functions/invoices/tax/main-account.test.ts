import { beforeEach, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { isBuyer, setTaxRules } from '../../../support/desks/tax-desk.ts';
import { type Family, family } from '../../linked-accounts/linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
  const { portal, main, north } = here;
  await setTaxRules(portal);
  const price = { cycle: 'monthly', price: gbp(3100) };
  const items = [{ id: 'prd_basic', name: 'Basic', kind: 'hosting', prices: [price] }];
  expect(await here.staff('PUT', '/v1/staff/products', { items })).toMatchObject({ status: 200 });
  await isBuyer(portal, main.id, { country: 'FR', taxId: 'FR83404833048' });
  await isBuyer(portal, north.id, { country: 'DE' });
});

const ratesOf = (lines: any[]) => lines.map(({ taxRate }) => taxRate);

test('what an aggregated account orders is taxed as its main account is, which is billed', async () => {
  const { main, north } = here;
  const cart = (await here.add(north.ownerId, north)).body;
  expect(cart).toMatchObject({ items: [{ taxRate: '0' }], total: gbp(3100) });
  const { order } = (await here.checkout(north.ownerId, north)).body;
  expect(order).toMatchObject({ status: 'awaiting-main-account', tax: gbp(0) });
  // The main account moves, and then pays as of then.
  await isBuyer(here.portal, main.id, { country: 'FR' });
  await here.give(main, 10_000);
  const approved = await here.decide(main.ownerId, main, order.id, 'approve', { paymentMethod: 'credit' });
  expect(approved).toMatchObject({ status: 200, body: { order: { tax: gbp(620), total: gbp(3720) } } });
  expect(ratesOf(approved.body.order.items)).toEqual(['20']);
  expect(await here.invoices(main)).toMatchObject([{ taxes: [{ rate: '20' }], total: gbp(3720) }]);
  await here.agree();
});

test('what a main account orders for one beneath it is taxed as its own', async () => {
  const { main, north } = here;
  const { order, invoice } = await here.orderedFor(main, north);
  expect([order.tax, invoice.tax]).toEqual([gbp(0), gbp(0)]);
  expect(invoice.lines[0].taxWords).toBe('Reverse charge: DE1 to FR83404833048');
});

test('what renews of an aggregated account is taxed as its main account', async () => {
  await here.service(here.north, { taxRate: null });
  await here.service(here.west, { taxRate: null });
  await isBuyer(here.portal, here.west.id, { country: 'DE' });
  here.at('2026-03-20');
  await here.portal.renew();
  expect(await here.invoices(here.main)).toMatchObject([{ taxes: [{ rate: '0' }] }]);
  expect(await here.invoices(here.west)).toMatchObject([{ taxes: [{ rate: '19' }] }]);
});
