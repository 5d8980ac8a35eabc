import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { everyRoute } from '../../../functions/routes.ts';
import type { Permission } from '../../../shared/access/permissions.ts';
import { type Route, routeKey } from '../../../shared/http/route.ts';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type Family, family } from '../linked-accounts/linked-portal.ts';

let here: Family;
/** May order, and may not pay. */
let buyer: string;

const credit = 100_000;

beforeEach(async () => {
  here = await family();
  buyer = await person('orders', 'linked-accounts');
  await here.give(here.main, credit);
  // Their sign-in is noted at their first request.
  await call(buyer, 'GET', '/v1/me');
});

const person = async (...permissions: Permission[]): Promise<string> => {
  const email = `${permissions.join('-')}@main.test`;
  return (await here.person(permissions, email)).userId;
};

const call = (userId: string, method: string, path: string, body?: object) =>
  here.portal.call(userId, method, path, body ? { body } : {});

const lacksInvoices = {
  status: 403,
  body: { type: expect.stringMatching(/permission-required$/), requiredPermission: 'invoices' },
};

/** Whether a request to this route can name a method to pay with. */
function takesMethod({ body }: Route): boolean {
  const { properties = {} } = (body ? z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) : {}) as {
    properties?: object;
  };
  return 'paymentMethod' in properties || 'method' in properties;
}

const paying = everyRoute.filter((route) => route.method !== 'GET' && takesMethod(route)).map(routeKey);

/** For each such route a request that would pay from credit, prepared by those who may. */
const attempts: Record<string, () => Promise<[path: string, body: object]>> = {
  'POST /v1/accounts/{accountId}/cart/checkout': async () => {
    expect(await here.add(buyer, here.main)).toMatchObject({ status: 200 });
    return [`${here.main.base}/cart/checkout`, { paymentMethod: 'credit' }];
  },
  'POST /v1/accounts/{accountId}/orders/{orderId}/approve': async () => {
    const { order } = await here.ordered(here.north);
    return [`${here.main.base}/orders/${order.id}/approve`, { paymentMethod: 'credit' }];
  },
  'POST /v1/accounts/{accountId}/mass-payments/{massPaymentId}/pay': async () => {
    const { massPayment } = await here.ordered(here.main);
    return [`${here.main.base}/mass-payments/${massPayment.id}/pay`, { method: 'credit' }];
  },
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/payments': async () => {
    const { invoice } = await here.ordered(here.main);
    const body = { amount: invoice.total, method: 'credit', reference: 'R', receivedOn: '2026-03-01' };
    return [`${here.main.base}/invoices/${invoice.id}/payments`, body];
  },
  'POST /v1/accounts/{accountId}/payments': async () => {
    const { invoice } = await here.ordered(here.main);
    const body = { amount: invoice.total, method: 'credit', reference: 'R', receivedOn: '2026-03-01' };
    return [`${here.main.base}/payments`, body];
  },
  'POST /v1/staff/unassigned-money': async () => {
    const body = { amount: gbp(credit), method: 'credit', reference: 'R', receivedOn: '2026-03-01' };
    return ['/v1/staff/unassigned-money', body];
  },
};

describe('who may order and not pay', () => {
  test.each(paying)('cannot spend the account’s credit by %s', async (key) => {
    const attempt = attempts[key];
    if (!attempt) throw new Error(`${key} takes a method to pay with: say here how somebody would try it.`);
    const [path, body] = await attempt();
    const rows = here.portal.table.all();
    const headers = { 'idempotency-key': 'try' };
    const tried = await here.portal.call(buyer, 'POST', path, { body, headers });
    expect(tried.status).toBe(403);
    expect(tried.body.type).toMatch(/(permission-required|staff-only)$/);
    expect(here.portal.table.all()).toEqual(rows);
    expect(await here.credit(here.main)).toBe(credit);
  });

  test('makes an order that waits for somebody who may pay', async () => {
    const done = await here.ordered(here.main, buyer);
    expect(done.order).toMatchObject({ status: 'awaiting-payment', total: gbp(3720) });
    const { id, number, status } = done.invoice;
    expect(done.invoice).toEqual({
      id: done.order.invoiceId,
      number,
      status,
      dueOn: expect.any(String),
      total: gbp(3720),
    });
    expect(done.massPayment).toBeNull();
    const path = `${here.main.base}/mass-payments/${done.order.massPaymentId}/pay`;
    const headers = { 'idempotency-key': 'pay' };
    const body = { method: 'credit' };
    const paid = await here.portal.call(here.main.ownerId, 'POST', path, { body, headers });
    expect(paid).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect((await here.main.get(`/invoices/${id}`)).body.status).toBe('paid');
  });

  test('has nothing paid by an account that pays by itself what it owes', async () => {
    await call(here.main.ownerId, 'PATCH', here.main.base, { autoPayFromCredit: true });
    const { invoice } = await here.ordered(here.main, buyer);
    for (const day of ['2026-03-10', '2026-03-20', '2026-04-20']) {
      here.at(day);
      await here.portal.renew();
    }
    expect((await here.main.get(`/invoices/${invoice.id}`)).body.status).toBe('unpaid');
    expect(await here.credit(here.main)).toBe(credit);
  });

  test('is refused for a linked account by the permission that is missing at home', async () => {
    expect(await here.add(buyer, here.north)).toMatchObject({ status: 200 });
    const tried = await here.checkout(buyer, here.north, { paymentMethod: 'credit' });
    expect(tried).toMatchObject(lacksInvoices);
    expect(tried.body.requestAccess.href).toBe(`${here.main.base}/access-requests`);
    expect(await here.orders(here.north)).toEqual([]);
    expect(await here.checkout(buyer, here.north)).toMatchObject({ status: 201 });
  });

  test('holding `invoices` in the linked account does not help: that one does not pay', async () => {
    const { order } = await here.ordered(here.north);
    const base = `${here.north.base}/contacts`;
    const made = await call(here.north.ownerId, 'POST', base, {
      name: 'B',
      email: 'orders-linked-accounts@main.test',
    });
    const given = { permissions: ['invoices', 'orders'] };
    await call(here.north.ownerId, 'PUT', `${base}/${made.body.id}/sub-account`, given);
    await here.portal.acceptInvitation(buyer, here.north.id);
    for (const account of [here.main, here.north]) {
      const tried = await here.decide(buyer, account, order.id, 'approve', { paymentMethod: 'credit' });
      expect(tried).toMatchObject(lacksInvoices);
    }
    expect(await here.credit(here.main)).toBe(credit);
  });

  test('whose `invoices` ended a moment ago pays nothing with what the gateway still remembers', async () => {
    const { userId, contactId } = await here.person(['orders', 'invoices'], 'both@main.test');
    expect(await here.add(userId, here.main)).toMatchObject({ status: 200 });
    const cached = await here.portal.authorizer(userId);
    const path = `${here.main.base}/contacts/${contactId}/sub-account`;
    await call(here.main.ownerId, 'PUT', path, { permissions: ['orders'] });
    const body = { paymentMethod: 'credit' };
    const tried = await here.portal.call(userId, 'POST', `${here.main.base}/cart/checkout`, { body, cached });
    expect(tried).toMatchObject({ status: 409, body: { type: expect.stringMatching(/access-changed$/) } });
    expect(await here.credit(here.main)).toBe(credit);
  });
});

describe('auto-pay', () => {
  test('is switched by who may pay, not by who may change the profile', async () => {
    const profile = await person('profile');
    const both = await person('profile', 'invoices');
    const change = { name: 'Main', autoPayFromCredit: true };
    expect(await call(profile, 'PATCH', here.main.base, change)).toMatchObject(lacksInvoices);
    expect((await here.main.get('')).body.autoPayFromCredit).toBe(false);
    expect(await call(profile, 'PATCH', here.main.base, { name: 'Other' })).toMatchObject({ status: 200 });
    expect(await call(both, 'PATCH', here.main.base, change)).toMatchObject({ status: 200 });
  });
});
