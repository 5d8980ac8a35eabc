import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';

let desk: DomainDesk;

const staff = (method: string, path: string, body?: object) =>
  desk.portal.call('stan', method, path, body ? { body } : {});

beforeEach(async () => {
  desk = await domainDesk();
  const prices = [
    { cycle: 'monthly', price: gbp(500) },
    { cycle: 'annually', price: gbp(5000) },
  ];
  const items = [{ id: 'prd_host', name: 'Hosting', kind: 'hosting', prices, taxRate: '20' }];
  expect(await staff('PUT', '/v1/staff/products', { items })).toMatchObject({ status: 200 });
});

async function ordered(): Promise<{ orderId: string; invoiceId: string }> {
  const item = { productId: 'prd_host', cycle: 'monthly', quantity: 2 };
  expect(await desk.owner('POST', '/cart/items', item)).toMatchObject({ status: 200 });
  const { body } = await desk.checkout();
  return { orderId: body.order.id, invoiceId: body.invoice.id };
}

describe('an order of products', () => {
  test('is paid with its tax, waits for staff, and runs from the day that they set, invoiced by the job', async () => {
    const { orderId, invoiceId } = await ordered();
    expect(await desk.get(`/invoices/${invoiceId}`)).toMatchObject({ subtotal: gbp(1000), total: gbp(1200) });
    const early = await staff('POST', `/v1/staff/orders/${orderId}/approve`, { startOn: '2026-03-10' });
    expect(early.status).toBe(409);
    await desk.payAll();
    const waiting = await staff('GET', '/v1/staff/orders');
    expect(waiting.body.items.map((order: any) => [order.id, order.status])).toEqual([
      [orderId, 'awaiting-activation'],
    ]);
    const approve = () => staff('POST', `/v1/staff/orders/${orderId}/approve`, { startOn: '2026-03-10' });
    const both = await Promise.all([approve(), approve()]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const [service] = (await desk.get('/services')).items;
    expect(service).toMatchObject({ status: 'pending', startOn: '2026-03-10', nextDueOn: '2026-04-10' });
    desk.portal.now = new Date('2026-03-27T08:00:00Z');
    expect((await desk.get('/services')).items[0].status).toBe('active');
    await desk.portal.renew();
    const [invoice] = (await desk.get('/invoices', { status: 'unpaid' })).items;
    expect(invoice).toMatchObject({ total: gbp(1200), dueOn: '2026-04-10' });
    await desk.payAll();
    expect((await desk.get('/services')).items[0].nextDueOn).toBe('2026-05-10');
    await desk.agree();
  });

  test('that is rejected after it was paid is given back as credit, and cannot be approved any more', async () => {
    const { orderId } = await ordered();
    await desk.payAll();
    const rejected = await staff('POST', `/v1/staff/orders/${orderId}/reject`, { reason: 'No room' });
    expect(rejected.body).toMatchObject({ status: 'rejected', reason: 'No room' });
    expect((await desk.get('/credit')).balance).toEqual(gbp(1200));
    const late = await staff('POST', `/v1/staff/orders/${orderId}/approve`, { startOn: '2026-03-10' });
    expect(late.status).toBe(409);
    expect((await desk.get('/services')).items).toEqual([]);
    await desk.agree();
  });

  test('that is rejected may send the money back the way it came, as far as it can go', async () => {
    const { orderId, invoiceId } = await ordered();
    const { id } = (await desk.owner('POST', '/mass-payments', { invoices: [invoiceId] })).body;
    await desk.owner('POST', `/mass-payments/${id}/pay`, { method: 'sandbox' }, { 'idempotency-key': 'pay' });
    desk.portal.gateway.act(id, 'pay');
    const event = desk.portal.gateway.eventFor(id)!;
    await desk.portal.webhook('sandbox', event.body, event.headers);
    await desk.portal.deliver();
    const reject = { reason: 'No room', to: 'gateway' };
    expect((await staff('POST', `/v1/staff/orders/${orderId}/reject`, reject)).status).toBe(200);
    expect([...desk.portal.gateway.refunds.values()]).toMatchObject([
      { amount: gbp(1200), reason: 'No room' },
    ]);
    expect(await desk.get(`/invoices/${invoiceId}`)).toMatchObject({ status: 'refunded', balance: gbp(0) });
    expect((await desk.get('/credit')).balance).toEqual(gbp(0));
    await desk.agree();
  });

  test('that was paid from credit cannot send it anywhere else, and stays as it was', async () => {
    const { orderId } = await ordered();
    await desk.payAll();
    const reject = { reason: 'No room', to: 'gateway' };
    const refused = await staff('POST', `/v1/staff/orders/${orderId}/reject`, reject);
    expect(refused.status).toBe(409);
    expect(await desk.get(`/orders/${orderId}`)).toMatchObject({ status: 'awaiting-activation' });
    await desk.agree();
  });

  test('starts at once where staff do not want to be asked', async () => {
    await staff('PUT', '/v1/staff/settings', { 'orders.staffApproval': false });
    const { orderId } = await ordered();
    await desk.payAll();
    expect(await desk.get(`/orders/${orderId}`)).toMatchObject({ status: 'active' });
    expect((await desk.get('/services')).items).toMatchObject([{ status: 'active', startOn: '2026-03-01' }]);
  });

  test('that is cancelled before it was paid takes its invoice with it', async () => {
    const { orderId, invoiceId } = await ordered();
    expect(await desk.owner('POST', `/orders/${orderId}/cancel`)).toMatchObject({ status: 200 });
    expect(await desk.get(`/invoices/${invoiceId}`)).toMatchObject({ status: 'cancelled' });
    expect((await desk.owner('POST', `/orders/${orderId}/cancel`)).status).toBe(409);
    await desk.agree();
  });
});

test('an order is in the language of the account that is billed, whatever becomes of that', async () => {
  await desk.owner('PATCH', '', { language: 'de' });
  const { invoiceId } = await ordered();
  await desk.owner('PATCH', '', { language: 'en' });
  expect(await desk.get(`/invoices/${invoiceId}`)).toMatchObject({
    language: 'de',
    lines: [{ description: 'Hosting (monatlich)' }],
  });
});
