import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { type Family, family, refusedBy } from '../linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

describe('an aggregated account’s own people may not order', () => {
  const closed: [string, object][] = [
    ['management is off', { 'linkedAccounts.management': false }],
    ['linked accounts may not', { 'linkedAccounts.subAccountsMayOrder': false }],
  ];

  test.each(closed)('while %s: a setting refuses the cart and the checkout', async (_, settings) => {
    const earlier = await here.ordered(here.north);
    await here.add(here.north.ownerId, here.north);
    await here.set(settings);
    refusedBy('setting', await here.add(here.north.ownerId, here.north));
    refusedBy('setting', await here.checkout(here.north.ownerId, here.north));
    expect((await here.north.get('/cart')).status).toBe(200);
    expect((await here.north.get(`/orders/${earlier.order.id}`)).status).toBe(200);
    expect(await here.orders(here.north)).toHaveLength(1);
  });

  test.each(closed)('while %s, but independent accounts and main accounts may', async (_, settings) => {
    await here.set(settings);
    expect(await here.ordered(here.west)).toMatchObject({ order: { status: 'awaiting-payment' } });
    expect(await here.ordered(here.main)).toMatchObject({ order: { status: 'awaiting-payment' } });
    expect(await here.invoices(here.west)).toMatchObject([{ total: gbp(3720) }]);
  });

  test('after which an order needs nobody’s approval once the account is unlinked', async () => {
    await here.set({ 'linkedAccounts.management': false });
    await here.unlink(here.north);
    const { order, invoice } = await here.ordered(here.north);
    expect(order).toMatchObject({ status: 'awaiting-payment', invoiceId: invoice.id });
    expect(await here.invoices(here.north)).toMatchObject([{ id: invoice.id }]);
    expect(await here.orders(here.main)).toEqual([]);
    await here.portal.deliver();
    const subjects = here.portal.mails.map(({ subject }) => String(subject));
    expect(subjects.filter((subject) => subject.startsWith('Service order:'))).toEqual([]);
  });
});

describe('the main account’s people in an aggregated account’s own shop', () => {
  test('order for that account, billed to their own', async () => {
    await here.add(here.main.ownerId, here.north);
    const done = await here.checkout(here.main.ownerId, here.north);
    expect(done).toMatchObject({ status: 201, body: { order: { forAccount: { name: 'North' } } } });
    expect(await here.orders(here.north)).toHaveLength(1);
    expect(await here.invoices(here.north)).toEqual([]);
  });

  test('have a cart of their own there', async () => {
    await here.add(here.main.ownerId, here.north);
    expect((await here.north.get('/cart')).body.items).toEqual([]);
  });

  test('do not order for a blocked account, nor for an independent one', async () => {
    refusedBy('account-kind', await here.add(here.main.ownerId, here.south));
    refusedBy('account-kind', await here.add(here.main.ownerId, here.west));
    expect(await here.orders(here.south)).toEqual([]);
  });
});

describe('someone with a part in both accounts', () => {
  const home = ['linked-accounts', 'products', 'orders', 'invoices'];

  test('has there what either part gives', async () => {
    const { userId } = await here.person(home);
    const { ownerId, id, base } = here.north;
    await here.portal.createSubAccount(ownerId, id, 'person@main.test', ['domains']);
    const status = async (path: string) => (await here.portal.call(userId, 'GET', base + path)).status;
    expect([await status('/services'), await status('/domains')]).toEqual([200, 200]);
    expect([await status('/tickets'), await status('/invoices')]).toEqual([403, 403]);
    await here.unlink(here.north);
    expect([await status('/services'), await status('/domains')]).toEqual([403, 200]);
  });
});
