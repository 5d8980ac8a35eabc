import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../infra/portal/portal.ts';
import { PortalClient } from '../../support/local/portal-client.ts';
import type { Json } from '../people.ts';

/** The demonstration as somebody walks through it: in a cloud of its own, because it pays and renews what is there. */
let cloud: RunningPortal;
let client: PortalClient;
let owner: string;
const acme = '/v1/accounts/acct_acme';

beforeAll(async () => {
  cloud = await startPortal({ demo: true });
  client = new PortalClient(cloud.portal);
  owner = await client.token('owner@acme.test');
}, 60_000);

afterAll(() => cloud.close());

const get = async (path: string): Promise<Json> => (await client.call(owner, 'GET', `${acme}${path}`)).body;

/** Presses a button of the sandbox gateway's own page. */
async function press(url: string, button: string): Promise<number> {
  const page = await (await fetch(url)).text();
  const action = new RegExp(`name="${button}"[^>]*action="([^"]+)"`).exec(page)![1]!;
  return (await fetch(new URL(action, url), { method: 'POST' })).status;
}

describe('what the job does today', () => {
  test('is told beforehand, and done once however often it runs', async () => {
    const plan = await client.invoke('renewals', { dryRun: true });
    const invoicesBefore = (await get('/invoices?limit=100')).items.length;
    const time = new Date().toISOString();
    const done = await client.invoke('renewals', { time });
    const said = (items: Json[]) =>
      items
        .map(({ kind, subject, on }) => `${on} ${kind} ${subject.name}`)
        .toSorted((a, b) => a.localeCompare(b));
    expect(said(done.items)).toEqual(said(plan.items));
    expect((await client.invoke('renewals', { time })).items).toEqual([]);
    const planned = plan.items.filter((item: Json) => item.kind === 'invoice');
    expect(planned.length).toBeGreaterThan(0);
    expect((await get('/invoices?limit=100')).items).toHaveLength(invoicesBefore + planned.length);
  });
});

describe('three domains for different years', () => {
  test('are one order, one invoice and one mail each, and their expiries move by those years', async () => {
    const { items } = await get('/domain-renewals');
    const three = items.filter((item: Json) => item.renewable).slice(0, 3);
    const ask = (renewals: object[]) =>
      client.call(owner, 'POST', `${acme}/cart/domain-renewals`, { renewals });
    await ask(three.map(({ domainId }: Json, index: number) => ({ domainId, years: index + 1 })));
    expect(await ask([{ domainId: three[0].domainId, years: 5 }])).toMatchObject({ status: 200 });
    const key = { 'idempotency-key': 'renew-three' };
    const wish = { paymentMethod: 'sandbox' };
    const { status, body } = await client.call(owner, 'POST', `${acme}/cart/checkout`, wish, key);
    expect(status).toBe(201);
    await press(body.massPayment.next.url, 'pay');
    const years = [5, 2, 3];
    for (const [index, { domainId, name, expiresOn }] of three.entries()) {
      const moved = String(Number(expiresOn.slice(0, 4)) + years[index]!) + expiresOn.slice(4);
      await client.until(async () => (await get(`/domains/${domainId}`)).expiresOn === moved);
      expect(await client.mailsWith(`${name} was renewed`)).toHaveLength(1);
    }
    expect(await get(`/orders/${body.order.id}`)).toMatchObject({ status: 'active' });
  });
});

describe('paying all that is due', () => {
  test('goes through the sandbox’s page: every invoice is paid, one receipt goes out, PDFs open', async () => {
    const summary = await client.call(owner, 'POST', `${acme}/mass-payments`, { invoices: 'all-due' });
    const { id, invoices, totals } = summary.body;
    expect(invoices.length).toBeGreaterThanOrEqual(5);
    const pay = `${acme}/mass-payments/${id}/pay`;
    const headers = { 'idempotency-key': 'pay-all' };
    const paying = await client.call(owner, 'POST', pay, { method: 'sandbox' }, headers);
    await press(paying.body.next.url, 'pay');
    const paid = await client.until(async () => {
      const payment = await get(`/mass-payments/${id}`);
      return payment.status === 'succeeded' && payment;
    });
    expect((await get('/invoices?status=unpaid')).items).toEqual([]);
    const payment = await get(`/payments/${paid.paymentId}`);
    expect(payment).toMatchObject({ amount: totals.due, paidBy: { name: 'Jane Owner' } });
    const receipts = await client.mailsWith(paid.paymentId);
    expect(receipts).toHaveLength(1);
    expect(receipts[0]!.envelope.to).toEqual(['owner@acme.test', 'billing@acme.test', 'books@acme.test']);
    for (const path of [`/invoices/${invoices[0].id}/pdf`, `/payments/${payment.id}/pdf`]) {
      // They are printed by a function of their own; until then one is asked to come back.
      const printed = await client.until(async () => {
        const { status, body, headers } = await client.call(owner, 'GET', `${acme}${path}`);
        if (status === 200) return body;
        expect([status, headers.get('retry-after')]).toEqual([503, '5']);
        return null;
      });
      expect((await (await fetch(printed.url)).text()).slice(0, 5)).toBe('%PDF-');
    }
    expect(await client.invoke('books-check', {})).toMatchObject({ differences: [] });
  });

  test('takes no forged event, and is not told why', async () => {
    const event = JSON.stringify({ id: 'evt_1', type: 'charge.paid', data: {} });
    const headers = { 'sandbox-signature': 't=1,v1=00', 'content-type': 'application/json' };
    const url = `${cloud.portal.apiUrl}/v1/webhooks/sandbox`;
    const answer = await fetch(url, { method: 'POST', headers, body: event });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).not.toMatch(/signature|too old|secret/i);
  });
});

describe('a main account and those beneath it', () => {
  const north = '/v1/accounts/acct_north';
  const linkedAccounts = `${acme}/linked-accounts`;
  const orderFor = { productId: 'prd_hosting_l', cycle: 'monthly' };

  const as = async (email: string) => {
    const token = await client.token(email);
    return (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
      client.call(token, method, path, body, headers);
  };

  test('sees the list alone while management is off, and is told why', async () => {
    const { items } = (await client.call(owner, 'GET', linkedAccounts)).body;
    expect(items).toMatchObject([
      { id: 'acct_north', kind: 'aggregated', status: 'active', activeServices: 2, billingMode: 'recurring' },
      { id: 'acct_south', kind: 'aggregated', status: 'blocked', activeServices: 0 },
      { id: 'acct_west', kind: 'independent', status: 'active', activeServices: 1 },
    ]);
    expect(items[0].totalServiceCost).toEqual({ amount: 3500, currency: 'GBP' });
    expect(await get('/dashboard')).toMatchObject({
      account: { name: 'Acme Ltd' },
      areas: { 'linked-accounts': { count: 3 }, products: { active: 4 } },
      linkedAccounts: expect.arrayContaining([
        expect.objectContaining({ id: 'acct_south', status: 'blocked' }),
      ]),
    });
    for (const path of [north, `${north}/services`, `${north}/tickets`]) {
      const { status, body } = await client.call(owner, 'GET', path);
      expect(status).toBe(403);
      expect(body).toMatchObject({ reason: 'setting', areas: [] });
    }
  });

  test('steers services, tickets and orders of an account beneath it, and approves what it orders', async () => {
    const staff = await as('staff@portal.test');
    const nora = await as('owner@north.test');
    await staff('PUT', '/v1/staff/settings', { 'linkedAccounts.management': true });
    const me = (await client.call(owner, 'GET', '/v1/me')).body.memberships;
    expect(me.find((one: Json) => one.accountId === 'acct_north')).toMatchObject({ role: 'main-account' });

    const service = (await client.call(owner, 'GET', `${north}/services`)).body.items[0];
    const paused = await client.call(owner, 'POST', `${north}/services/${service.id}/pause`, {});
    expect(paused.body).toMatchObject({ status: 'paused' });

    const wish = { subject: 'A slow line', message: 'Please look.', linkedAccountId: 'acct_north' };
    const ticket = await client.call(owner, 'POST', `${acme}/tickets`, wish);
    expect(ticket.body).toMatchObject({
      accountId: 'acct_north',
      messages: [{ author: { kind: 'main-account' } }],
    });
    expect((await nora('GET', ticket.body.href)).status).toBe(200);
    const listed = (await get('/tickets?linkedAccountId=acct_north')).items;
    expect(listed).toMatchObject([{ accountName: 'Acme North', href: ticket.body.href }]);

    await client.call(owner, 'PUT', `${acme}/cart`, { forAccountId: 'acct_north' });
    const cart = await client.call(owner, 'POST', `${acme}/cart/items`, orderFor);
    expect(cart.body).toMatchObject({ forAccount: { id: 'acct_north', name: 'Acme North' } });
    const ordered = await client.call(owner, 'POST', `${acme}/cart/checkout`, { paymentMethod: 'sandbox' });
    expect(ordered.status).toBe(201);
    await press(ordered.body.massPayment.next.url, 'pay');
    await started(staff, ordered.body.order.id);

    await nora('POST', `${north}/cart/items`, orderFor);
    const asked = await nora('POST', `${north}/cart/checkout`, {});
    const { id } = asked.body.order;
    expect(asked.body).toMatchObject({ order: { status: 'awaiting-main-account' }, invoice: null });
    const [mail] = await client.mailsWith('Service order: Nora North');
    expect(mail!.envelope.to).toContain('owner@acme.test');
    const told = (await get('/notifications')).items.find((one: Json) => one.subject.id === id);
    expect(told).toMatchObject({ kind: 'order-waiting', href: `${north}/orders/${id}`, read: false });
    const seen = (await get('/orders')).items.find((one: Json) => one.id === id);
    expect(seen).toMatchObject({ accountId: 'acct_north', accountName: 'Acme North', href: told.href });
    const approved = await client.call(owner, 'POST', `${told.href}/approve`, { paymentMethod: 'sandbox' });
    expect(approved.status).toBe(200);
    expect((await client.call(owner, 'POST', `${told.href}/reject`, { reason: 'No' })).status).toBe(409);
    await press(approved.body.massPayment.next.url, 'pay');
    await started(staff, id);
    const invoice = await get(`/invoices/${approved.body.invoice.id}`);
    expect(invoice).toMatchObject({ status: 'paid', lines: [{ relatesTo: { accountId: 'acct_north' } }] });
    for (const log of [`${acme}/activity?limit=100`, `${north}/activity?limit=100`]) {
      const { items } = (await staff('GET', log)).body;
      const actions = items.filter((one: Json) => one.subject.id === id).map((one: Json) => one.action);
      expect(actions.toSorted()).toEqual([
        'order.active',
        'order.awaiting-activation',
        'order.awaiting-payment',
        'order.placed',
      ]);
    }
  });

  test('orders nothing for one that pays for itself, nor for one that is blocked', async () => {
    const put = (forAccountId: string) => client.call(owner, 'PUT', `${acme}/cart`, { forAccountId });
    expect(await put('acct_west')).toMatchObject({ status: 403, body: { reason: 'account-kind' } });
    expect(await put('acct_south')).toMatchObject({ status: 409 });
    const own = await client.call(owner, 'POST', '/v1/accounts/acct_west/cart/items', orderFor);
    expect(own).toMatchObject({ status: 403, body: { reason: 'account-kind' } });
  });

  /** Waits until it is paid; then staff let it start today. */
  async function started(staff: Awaited<ReturnType<typeof as>>, orderId: string): Promise<void> {
    await client.until(async () => {
      const { items } = (await staff('GET', '/v1/staff/orders')).body;
      return items.some((order: Json) => order.id === orderId);
    });
    const startOn = new Date().toISOString().slice(0, 10);
    const before = (await client.call(owner, 'GET', `${north}/services`)).body.items.length;
    const { body } = await staff('POST', `/v1/staff/orders/${orderId}/approve`, { startOn });
    expect(body).toMatchObject({ status: 'active', forAccount: { id: 'acct_north' } });
    const { items } = (await client.call(owner, 'GET', `${north}/services`)).body;
    expect(items).toHaveLength(before + 1);
    expect(items.at(-1)).toMatchObject({ productId: 'prd_hosting_l', status: 'active' });
  }
});
