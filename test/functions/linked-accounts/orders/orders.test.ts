import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { type Family, family, refusedBy } from '../linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const credit = { paymentMethod: 'credit' };

const approve = (orderId: string, account = here.main, userId = here.main.ownerId, body: object = credit) =>
  here.decide(userId, account, orderId, 'approve', body);
const reject = (orderId: string, account = here.main, userId = here.main.ownerId) =>
  here.decide(userId, account, orderId, 'reject', { reason: 'Not this year' });

const statusIn = async (account: typeof here.north, orderId: string): Promise<string> =>
  (await here.orders(account)).find(({ id }) => id === orderId)?.status;

describe('an order by an aggregated account', () => {
  test('waits for the main account, with nothing to pay yet', async () => {
    const done = await here.ordered(here.north);
    expect(done).toMatchObject({
      order: {
        accountId: here.north.id,
        status: 'awaiting-main-account',
        forAccount: { id: here.north.id, name: 'North' },
        invoiceId: null,
        massPaymentId: null,
        total: gbp(3720),
        placedBy: { id: here.north.ownerId },
      },
      invoice: null,
      massPayment: null,
    });
    expect((await here.north.get('/cart')).body.items).toEqual([]);
    expect(await here.invoices(here.north)).toEqual([]);
    expect(await here.invoices(here.main)).toEqual([]);
  });

  test('is told to the main account’s owner, by mail and in the portal', async () => {
    const { order } = await here.ordered(here.north);
    await here.portal.deliver();
    const mails = here.portal.mails.filter(({ subject }) => subject?.startsWith('Service order:'));
    expect(mails).toHaveLength(1);
    expect(mails[0]!.destinations).toContain('owner@main.test');
    const text = `${mails[0]!.subject}\n${mails[0]!.text}`;
    expect(text).toContain('Owner of North');
    expect(text).toContain('North');
    expect(here.rows('NOTIFICATION#')).toMatchObject([
      { accountId: here.main.id, kind: 'order-waiting', subject: { id: order.id } },
    ]);
  });

  test('is listed in both accounts, with where it lives', async () => {
    const { order } = await here.ordered(here.north);
    const shown = {
      id: order.id,
      accountId: here.north.id,
      accountName: 'North',
      href: `${here.north.base}/orders/${order.id}`,
    };
    expect(await here.orders(here.main)).toMatchObject([shown]);
    expect(await here.orders(here.north)).toMatchObject([shown]);
    expect(await here.orders(here.west)).toEqual([]);
    expect((await here.portal.call(here.main.ownerId, 'GET', shown.href)).body).toMatchObject(shown);
  });

  test('is read under the path of its own account alone', async () => {
    const { order } = await here.ordered(here.north);
    const status = async (account: typeof here.north, userId: string) =>
      (await here.portal.call(userId, 'GET', `${account.base}/orders/${order.id}`)).status;
    expect(await status(here.north, here.north.ownerId)).toBe(200);
    expect(await status(here.main, here.main.ownerId)).toBe(404);
    expect(await status(here.south, here.main.ownerId)).toBe(404);
    expect(await status(here.stranger, here.stranger.ownerId)).toBe(404);
  });

  test('is not paid for by naming a method, from neither account’s credit', async () => {
    await here.give(here.main, 5000);
    await here.give(here.north, 5000);
    await here.add(here.north.ownerId, here.north);
    const done = await here.checkout(here.north.ownerId, here.north, credit);
    expect(done.body).toMatchObject({ order: { status: 'awaiting-main-account' }, massPayment: null });
    await here.portal.deliver();
    expect([await here.credit(here.main), await here.credit(here.north)]).toEqual([5000, 5000]);
  });

  test('is not started by staff before it was paid', async () => {
    const { order } = await here.ordered(here.north);
    const path = `/v1/staff/orders/${order.id}/approve`;
    expect((await here.staff('POST', path, { startOn: '2026-03-05' })).status).toBe(409);
    expect(await here.services(here.north)).toEqual([]);
  });

  test('stays one order for one key', async () => {
    await here.add(here.north.ownerId, here.north);
    const once = { 'idempotency-key': 'once' };
    const first = await here.north.post('/cart/checkout', {}, once);
    expect((await here.north.post('/cart/checkout', {}, once)).body).toEqual(first.body);
    expect(await here.orders(here.main)).toHaveLength(1);
    expect(here.rows('NOTIFICATION#')).toHaveLength(1);
  });

  test('can be taken back by who placed it, and is not approved any more', async () => {
    const { order } = await here.ordered(here.north);
    const cancelled = await here.north.post(`/orders/${order.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await here.give(here.main, 3720);
    expect((await approve(order.id)).status).toBe(409);
    expect(await here.credit(here.main)).toBe(3720);
  });
});

describe('an order that waits is approved', () => {
  test.each(['main', 'north'] as const)('under the path of %s, by paying', async (name) => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 4000);
    const approved = await approve(order.id, here[name]);
    expect(approved).toMatchObject({
      status: 200,
      body: {
        order: { id: order.id, accountId: here.north.id, invoiceId: expect.any(String) },
        invoice: { total: gbp(3720), orderId: order.id },
        massPayment: { status: 'succeeded' },
      },
    });
    await here.portal.deliver();
    expect(await statusIn(here.north, order.id)).toBe('awaiting-activation');
    expect(await statusIn(here.main, order.id)).toBe('awaiting-activation');
    expect(await here.credit(here.main)).toBe(280);
    const invoices = await here.invoices(here.main);
    expect(invoices).toMatchObject([
      { status: 'paid', lines: [{ relatesTo: { accountId: here.north.id } }] },
    ]);
    expect(await here.invoices(here.north)).toEqual([]);
    await here.agree();
  });

  test('with a method of a gateway, and goes on when the money has come', async () => {
    const { order } = await here.ordered(here.north);
    const approved = await approve(order.id, here.main, here.main.ownerId, { paymentMethod: 'sandbox' });
    expect(approved.body.massPayment).toMatchObject({ status: 'processing', next: { type: 'redirect' } });
    expect(await statusIn(here.north, order.id)).toBe('awaiting-payment');
    const { id } = approved.body.massPayment;
    here.portal.gateway.act(id, 'pay');
    const event = here.portal.gateway.eventFor(id)!;
    expect((await here.portal.webhook('sandbox', event.body, event.headers)).status).toBe(200);
    await here.portal.deliver();
    expect(await statusIn(here.north, order.id)).toBe('awaiting-activation');
    await here.agree();
  });

  test('and started by staff as the linked account’s service', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    await approve(order.id);
    await here.portal.deliver();
    const path = `/v1/staff/orders/${order.id}/approve`;
    const started = await here.staff('POST', path, { startOn: '2026-03-05' });
    expect(started).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(await here.services(here.north)).toMatchObject([
      { productId: 'prd_basic', status: 'pending', startOn: '2026-03-05' },
    ]);
    expect(await here.services(here.main)).toEqual([]);
    here.at('2026-03-05');
    expect(await here.services(here.north)).toMatchObject([{ status: 'active' }]);
  });

  test('not with too little credit, and nothing is written', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3719);
    expect((await approve(order.id)).status).toBe(409);
    expect(await statusIn(here.north, order.id)).toBe('awaiting-main-account');
    expect(await here.invoices(here.main)).toEqual([]);
    expect(await here.credit(here.main)).toBe(3719);
    await here.give(here.main, 1);
    expect((await approve(order.id)).status).toBe(200);
  });

  test('not with a method that there is not, and nothing is written', async () => {
    const { order } = await here.ordered(here.north);
    const body = { paymentMethod: 'shells' };
    expect((await approve(order.id, here.main, here.main.ownerId, body)).status).toBe(400);
    expect(await statusIn(here.north, order.id)).toBe('awaiting-main-account');
    expect(await here.invoices(here.main)).toEqual([]);
  });

  test('after which its own people do not take it back', async () => {
    const { order } = await here.ordered(here.north);
    await approve(order.id, here.main, here.main.ownerId, { paymentMethod: 'bank-transfer' });
    expect((await here.north.post(`/orders/${order.id}/cancel`)).status).toBe(409);
    expect(await here.invoices(here.main)).toMatchObject([{ status: 'unpaid' }]);
  });

  test('not from the credit of the linked account', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.north, 5000);
    expect((await approve(order.id)).status).toBe(409);
    expect(await here.credit(here.north)).toBe(5000);
  });

  test('once: of two at once one is told that it was decided', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 10_000);
    const both = await Promise.all([approve(order.id), approve(order.id, here.north)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    await here.portal.deliver();
    expect(await here.credit(here.main)).toBe(10_000 - 3720);
    expect(await here.invoices(here.main)).toHaveLength(1);
    expect((await approve(order.id)).status).toBe(409);
    expect((await reject(order.id)).status).toBe(409);
    await here.agree();
  });

  test('once for a key', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 10_000);
    const path = `/orders/${order.id}/approve`;
    const first = await here.main.post(path, credit, { 'idempotency-key': 'once' });
    expect((await here.main.post(path, credit, { 'idempotency-key': 'once' })).body).toEqual(first.body);
    expect(await here.credit(here.main)).toBe(10_000 - 3720);
  });
});

describe('an order that waits is rejected', () => {
  test.each(['main', 'north'] as const)('under the path of %s, with a reason', async (name) => {
    const { order } = await here.ordered(here.north);
    expect(await reject(order.id, here[name])).toMatchObject({
      status: 200,
      body: { id: order.id, status: 'rejected', reason: 'Not this year' },
    });
    expect(await here.orders(here.north)).toMatchObject([{ status: 'rejected', reason: 'Not this year' }]);
    expect(await here.invoices(here.main)).toEqual([]);
  });

  test('for good', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    await reject(order.id);
    expect((await approve(order.id)).status).toBe(409);
    expect((await reject(order.id)).status).toBe(409);
    expect(await here.credit(here.main)).toBe(3720);
  });

  test('or approved, never both', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const both = await Promise.all([reject(order.id), approve(order.id)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const rejected = both[0].status === 200;
    expect(await here.credit(here.main)).toBe(rejected ? 3720 : 0);
    expect((await statusIn(here.north, order.id)) === 'rejected').toBe(rejected);
  });
});

describe('who decides an order', () => {
  test('is not the linked account’s own owner', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.north, 3720);
    const { ownerId } = here.north;
    refusedBy('account-kind', await approve(order.id, here.north, ownerId));
    refusedBy('account-kind', await reject(order.id, here.north, ownerId));
    expect((await approve(order.id, here.main, ownerId)).status).toBe(404);
    expect((await approve(order.id, here.stranger, here.stranger.ownerId)).status).toBe(404);
    expect((await approve(order.id, here.north, here.stranger.ownerId)).status).toBe(404);
    expect(await statusIn(here.north, order.id)).toBe('awaiting-main-account');
  });

  const needed = ['orders', 'linked-accounts', 'invoices'];

  test.each(needed)('needs %s at home to approve', async (missing) => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const { userId } = await here.person(needed.filter((key) => key !== missing));
    for (const account of [here.main, here.north]) {
      expect(await approve(order.id, account, userId)).toMatchObject({
        status: 403,
        body: { requiredPermission: missing },
      });
    }
    expect(await statusIn(here.north, order.id)).toBe('awaiting-main-account');
    expect(await here.credit(here.main)).toBe(3720);
  });

  test('has all of them', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const { userId } = await here.person(needed);
    expect((await approve(order.id, here.north, userId)).status).toBe(200);
  });

  test.each(['main', 'north'] as const)('needs no invoices to reject under %s', async (name) => {
    const { order } = await here.ordered(here.north);
    const { userId } = await here.person(['orders', 'linked-accounts']);
    expect((await reject(order.id, here[name], userId)).status).toBe(200);
  });

  test('is refused where the grant has changed since it was authorised', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const { userId, contactId } = await here.person(needed);
    const cached = await here.portal.authorizer(userId);
    const contact = `${here.main.base}/contacts/${contactId}/sub-account`;
    await here.portal.call(here.main.ownerId, 'PUT', contact, { body: { permissions: ['orders'] } });
    for (const { base } of [here.main, here.north]) {
      const path = `${base}/orders/${order.id}/approve`;
      const late = await here.portal.call(userId, 'POST', path, { body: credit, cached });
      expect(late).toMatchObject({ status: 409, body: { type: expect.stringMatching(/access-changed$/) } });
    }
    expect(await statusIn(here.north, order.id)).toBe('awaiting-main-account');
    expect(await here.credit(here.main)).toBe(3720);
  });
});
