import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { type Family, family, type Member, refusedBy } from '../linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const cartFor = (account: Member, userId = here.main.ownerId) => here.cartFor(userId, here.main, account);
const cart = async () => (await here.main.get('/cart')).body;
const renewal = (domainId: string, years = 1) =>
  here.main.post('/cart/domain-renewals', { renewals: [{ domainId, years }] });

/** What an account's activity tells of an order, oldest first. */
async function moves(account: Member, orderId: string): Promise<string[]> {
  const { items } = (await account.get('/activity', { limit: '100' })).body;
  const about = items.filter(({ subject }: any) => subject.id === orderId);
  return about.map(({ action }: { action: string }) => action).toReversed();
}

describe('an order by the main account for an aggregated one', () => {
  test('is the main account’s, which is invoiced for it with the other’s name on each line', async () => {
    const { order, invoice } = await here.orderedFor(here.main, here.north);
    expect(order).toMatchObject({
      accountId: here.main.id,
      accountName: 'Main',
      forAccount: { id: here.north.id, name: 'North' },
      status: 'awaiting-payment',
      invoiceId: invoice.id,
    });
    expect(invoice).toMatchObject({
      total: gbp(3720),
      orderId: order.id,
      lines: [{ relatesTo: { accountId: here.north.id } }],
    });
    expect(await here.invoices(here.main)).toMatchObject([{ id: invoice.id, status: 'unpaid' }]);
    expect(await here.invoices(here.north)).toEqual([]);
  });

  test('is listed in both accounts, and read under the main account’s path alone', async () => {
    const { order } = await here.orderedFor(here.main, here.north);
    const shown = { id: order.id, accountId: here.main.id, accountName: 'Main' };
    const href = `${here.main.base}/orders/${order.id}`;
    expect(await here.orders(here.main)).toMatchObject([{ ...shown, href }]);
    expect(await here.orders(here.north)).toMatchObject([{ ...shown, href }]);
    expect(await here.orders(here.west)).toEqual([]);
    expect((await here.main.get(`/orders/${order.id}`)).status).toBe(200);
    expect((await here.north.get(`/orders/${order.id}`)).status).toBe(404);
    expect((await here.portal.call(here.north.ownerId, 'GET', href)).status).toBe(404);
  });

  test.each(['credit', 'bank'])('becomes the linked account’s service once paid by %s', async (how) => {
    const { order, invoice } = await here.orderedFor(here.main, here.north);
    if (how === 'credit') {
      await here.give(here.main, 3720);
      expect((await here.main.post(`/invoices/${invoice.id}/credit`, {})).status).toBe(200);
      await here.portal.deliver();
    } else await here.paid(here.main, invoice);
    expect(await here.orders(here.main)).toMatchObject([{ status: 'awaiting-activation' }]);
    const path = `/v1/staff/orders/${order.id}/approve`;
    const started = await here.staff('POST', path, { startOn: '2026-03-01' });
    expect(started).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(await here.services(here.north)).toMatchObject([{ productId: 'prd_basic', status: 'active' }]);
    expect(await here.services(here.main)).toEqual([]);
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id, status: 'active' }]);
    await here.agree();
  });

  test('goes back as the main account’s credit where staff reject it', async () => {
    const { order, invoice } = await here.orderedFor(here.main, here.north);
    await here.paid(here.main, invoice);
    const path = `/v1/staff/orders/${order.id}/reject`;
    const rejected = await here.staff('POST', path, { reason: 'No line there' });
    expect(rejected).toMatchObject({ status: 200, body: { status: 'rejected', reason: 'No line there' } });
    await here.portal.deliver();
    expect(await here.credit(here.main)).toBe(3720);
    expect(await here.credit(here.north)).toBe(0);
    expect(await here.services(here.north)).toEqual([]);
    await here.agree();
  });

  test('waits for nobody’s approval, whether or not linked accounts may order', async () => {
    await here.set({ 'linkedAccounts.subAccountsMayOrder': false });
    const { order } = await here.orderedFor(here.main, here.north);
    expect(order).toMatchObject({ status: 'awaiting-payment' });
  });
});

describe('an order of which either account is told', () => {
  test('moves in the activity of both, placed by the main account', async () => {
    const { order, invoice } = await here.orderedFor(here.main, here.north);
    await here.paid(here.main, invoice);
    await here.staff('POST', `/v1/staff/orders/${order.id}/approve`, { startOn: '2026-03-01' });
    const told = await moves(here.main, order.id);
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(await moves(here.north, order.id)).toEqual(told);
    expect(await moves(here.west, order.id)).toEqual([]);
  });

  test('moves in the activity of both, placed by the aggregated one', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const credit = { paymentMethod: 'credit' };
    await here.decide(here.main.ownerId, here.main, order.id, 'approve', credit);
    await here.portal.deliver();
    await here.staff('POST', `/v1/staff/orders/${order.id}/approve`, { startOn: '2026-03-01' });
    const told = await moves(here.north, order.id);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(await moves(here.main, order.id)).toEqual(told);
  });

  test('goes back as the main account’s credit too where the aggregated one placed it', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const credit = { paymentMethod: 'credit' };
    await here.decide(here.main.ownerId, here.main, order.id, 'approve', credit);
    await here.portal.deliver();
    await here.staff('POST', `/v1/staff/orders/${order.id}/reject`, { reason: 'No line there' });
    await here.portal.deliver();
    expect([await here.credit(here.main), await here.credit(here.north)]).toEqual([3720, 0]);
    await here.agree();
  });
});

describe('the main account’s list of orders', () => {
  const listed = async (userId = here.main.ownerId) =>
    (await here.portal.call(userId, 'GET', `${here.main.base}/orders`)).body.items.map(
      ({ accountName, forAccount }: any) => `${accountName} for ${forAccount.name}`,
    );

  async function placeAll(): Promise<void> {
    await here.ordered(here.main);
    here.portal.advance(60);
    await here.ordered(here.north);
    here.portal.advance(60);
    await here.orderedFor(here.main, here.north);
    here.portal.advance(60);
    await here.ordered(here.west);
  }

  test('has its own and those beneath it, newest first, in pages, each once', async () => {
    await placeAll();
    const all = ['Main for North', 'North for North', 'Main for Main'];
    expect(await listed()).toEqual(all);
    const seen: string[] = [];
    let query: Record<string, string> = { limit: '1' };
    for (let page = 0; page < 10; page++) {
      const { body } = await here.main.get('/orders', query);
      expect(body.items.length).toBeLessThanOrEqual(1);
      seen.push(...body.items.map((item: any) => `${item.accountName} for ${item.forAccount.name}`));
      if (body.nextCursor === null) break;
      query = { limit: '1', cursor: body.nextCursor };
    }
    expect(seen).toEqual(all);
  });

  test('shows those beneath it to nobody without linked-accounts', async () => {
    await placeAll();
    const without = await here.person(['orders'], 'a@main.test');
    const having = await here.person(['orders', 'linked-accounts'], 'b@main.test');
    expect(await listed(without.userId)).not.toContain('North for North');
    expect(await listed(having.userId)).toContain('North for North');
  });

  test('shows those beneath it only while management is on and they are linked', async () => {
    await placeAll();
    await here.set({ 'linkedAccounts.management': false });
    expect(await listed()).not.toContain('North for North');
    expect(await listed()).toContain('Main for Main');
    await here.set({ 'linkedAccounts.management': true });
    expect(await listed()).toContain('North for North');
    await here.unlink(here.north);
    expect(await listed()).not.toContain('North for North');
  });
});

describe('a cart for another account', () => {
  test('says for which, and is its own again when asked', async () => {
    expect((await cart()).forAccount).toEqual({ id: here.main.id, name: 'Main' });
    expect((await cartFor(here.north)).body.forAccount).toEqual({ id: here.north.id, name: 'North' });
    expect((await cart()).forAccount.name).toBe('North');
    expect((await cartFor(here.main)).body.forAccount.name).toBe('Main');
  });

  test('is refused for a blocked account, an independent one and one not beneath', async () => {
    await here.add(here.main.ownerId, here.main);
    expect((await cartFor(here.south)).status).toBe(409);
    refusedBy('account-kind', await cartFor(here.west));
    expect((await cartFor(here.stranger)).status).toBe(400);
    const none = await here.portal.call(here.main.ownerId, 'PUT', `${here.main.base}/cart`, {
      body: { forAccountId: 'acct_none' },
    });
    expect(none.status).toBe(400);
    const upwards = await here.cartFor(here.north.ownerId, here.north, here.main);
    expect(upwards.status).toBe(400);
    expect((await cart()).forAccount.name).toBe('Main');
  });

  test('is refused by the setting while management is off', async () => {
    await here.set({ 'linkedAccounts.management': false });
    refusedBy('setting', await cartFor(here.north));
    expect((await cart()).forAccount.name).toBe('Main');
  });

  test('is refused without linked-accounts', async () => {
    const { userId } = await here.person(['orders']);
    expect(await cartFor(here.north, userId)).toMatchObject({
      status: 403,
      body: {
        requiredPermission: 'linked-accounts',
        requestAccess: { href: `${here.main.base}/access-requests` },
      },
    });
  });

  test('of a blocked account itself is refused', async () => {
    refusedBy('account-kind', await here.add(here.south.ownerId, here.south));
    await here.note(here.south, { status: 'active' });
    expect((await here.add(here.south.ownerId, here.south)).status).toBe(200);
    await here.note(here.south, { status: 'blocked' });
    refusedBy('account-kind', await here.checkout(here.south.ownerId, here.south));
    expect(await here.orders(here.south)).toEqual([]);
  });

  const since: [string, () => Promise<unknown>][] = [
    ['was blocked', () => here.note(here.north, { status: 'blocked' })],
    ['was unlinked', () => here.unlink(here.north)],
    ['became independent', () => here.link(here.north, here.main, 'independent')],
    ['was shut by a setting', () => here.set({ 'linkedAccounts.management': false })],
  ];

  test.each(since)('is not ordered from where the account %s since', async (_, happen) => {
    await cartFor(here.north);
    await here.add(here.main.ownerId, here.main);
    await happen();
    const { status } = await here.checkout(here.main.ownerId, here.main);
    expect([400, 403, 409]).toContain(status);
    expect(await here.orders(here.main)).toEqual([]);
    expect(await here.invoices(here.main)).toEqual([]);
  });

  test('comes back to this one where the other is unlinked, and says so before it is checked out', async () => {
    const domain = await here.domain(here.north, 'north-shop', '2026-04-01');
    await cartFor(here.north);
    await here.add(here.main.ownerId, here.main);
    await here.main.post('/cart/domain-renewals', { renewals: [{ domainId: domain.id, years: 1 }] });
    await here.unlink(here.north);
    const { status, body } = await here.checkout(here.main.ownerId, here.main);
    expect([status, body.now.items.length]).toEqual([409, 1]);
    expect(await cart()).toMatchObject({ forAccount: { name: 'Main' }, items: [{ productId: 'prd_basic' }] });
  });

  test('is priced anew when its account changes', async () => {
    await here.add(here.main.ownerId, here.main, 'prd_small');
    const { body } = await here.staff('GET', '/v1/staff/products');
    const items = body.items.map((product: any) => ({
      ...product,
      prices: product.prices.map(({ cycle, price }: any) => ({ cycle, price: gbp(price.amount * 2) })),
    }));
    expect((await here.staff('PUT', '/v1/staff/products', { items })).status).toBe(200);
    expect((await cartFor(here.north)).body).toMatchObject({
      items: [{ productId: 'prd_small', unitPrice: gbp(3100) }],
      total: gbp(3720),
    });
    expect(await here.checkout(here.main.ownerId, here.main)).toMatchObject({
      status: 201,
      body: { invoice: { total: gbp(3720) } },
    });
  });

  test('keeps products and lets go of renewals when its account changes', async () => {
    const own = await here.domain(here.main, 'own', '2026-04-11');
    const norths = await here.domain(here.north, 'norths', '2026-04-11');
    await here.add(here.main.ownerId, here.main);
    expect((await renewal(own.id)).body.items).toHaveLength(2);
    expect((await cartFor(here.north)).body.items).toMatchObject([{ productId: 'prd_basic' }]);
    expect((await renewal(own.id)).status).toBe(400);
    expect((await renewal(norths.id)).body.items).toHaveLength(2);
    expect((await cartFor(here.main)).body.items).toMatchObject([{ productId: 'prd_basic' }]);
    expect((await renewal(norths.id)).status).toBe(400);
    expect((await cart()).total).toEqual(gbp(3720));
  });
});

describe('renewals of an aggregated account’s domains', () => {
  let domain: { id: string };

  beforeEach(async () => {
    domain = await here.domain(here.north, 'north', '2026-03-11');
    here.portal.registrar.registrations.set('north.com', '2026-03-11');
    await here.give(here.main, 5000);
  });

  const fulfil = async () => {
    await here.portal.deliver();
    await here.portal.passRenewals();
    await here.portal.deliver();
  };
  const expiry = async () => (await here.north.get(`/domains/${domain.id}`)).body.expiresOn;

  test('are ordered by the main account, and active once paid', async () => {
    await cartFor(here.north);
    await renewal(domain.id, 2);
    const done = await here.checkout(here.main.ownerId, here.main, { paymentMethod: 'credit' });
    expect(done).toMatchObject({ status: 201 });
    await fulfil();
    expect(await expiry()).toBe('2028-03-11');
    expect(await here.orders(here.main)).toMatchObject([{ status: 'active' }]);
    expect(await here.credit(here.main)).toBe(5000 - 1900);
    await here.agree();
  });

  test('by hand take their line off the main account’s renewal invoice', async () => {
    await here.portal.renew();
    const [renewed] = await here.invoices(here.main, { status: 'unpaid' });
    expect(renewed).toMatchObject({ total: gbp(1000) });
    await cartFor(here.north);
    await renewal(domain.id, 2);
    await here.checkout(here.main.ownerId, here.main);
    expect((await here.main.get(`/invoices/${renewed.id}`)).body).toMatchObject({ status: 'cancelled' });
    expect(await here.invoices(here.main, { status: 'unpaid' })).toMatchObject([{ total: gbp(1900) }]);
    await here.agree();
  });

  test('ordered by its own people wait, and are paid for once when approved', async () => {
    const renewals = [{ domainId: domain.id, years: 2 }];
    expect((await here.north.post('/cart/domain-renewals', { renewals })).status).toBe(200);
    const { order } = (await here.north.post('/cart/checkout', {})).body;
    expect(order).toMatchObject({ status: 'awaiting-main-account' });
    await here.portal.renew();
    const credit = { paymentMethod: 'credit' };
    const approved = await here.decide(here.main.ownerId, here.main, order.id, 'approve', credit);
    expect(approved).toMatchObject({ status: 200 });
    await fulfil();
    expect(await expiry()).toBe('2028-03-11');
    expect(here.portal.registrar.renewed).toHaveLength(1);
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id, status: 'active' }]);
    expect(await here.invoices(here.main, { status: 'unpaid' })).toEqual([]);
    expect(await here.credit(here.main)).toBe(5000 - 1900);
    await here.agree();
  });

  const credit = { paymentMethod: 'credit' };
  const renewals = () => ({ renewals: [{ domainId: domain.id, years: 2 }] });
  const origins: [string, () => Promise<unknown>][] = [
    [
      'by the main account',
      async () => {
        await cartFor(here.north);
        await renewal(domain.id, 2);
        return here.checkout(here.main.ownerId, here.main, credit);
      },
    ],
    [
      'by its own people',
      async () => {
        await here.north.post('/cart/domain-renewals', renewals());
        const { order } = (await here.north.post('/cart/checkout', {})).body;
        return here.decide(here.main.ownerId, here.main, order.id, 'approve', credit);
      },
    ],
  ];

  test.each(origins)('ordered %s come back as the main account’s credit when refused', async (_, place) => {
    here.portal.registrar.mode = () => 'refuse';
    await place();
    expect(await here.credit(here.main)).toBe(5000 - 1900);
    await fulfil();
    for (let hour = 0; hour < 3; hour++) {
      here.portal.advance(3600);
      await fulfil();
    }
    expect(await expiry()).toBe('2026-03-11');
    expect([await here.credit(here.main), await here.credit(here.north)]).toEqual([5000, 0]);
    await here.agree();
  });
});
