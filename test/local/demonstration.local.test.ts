import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../../infra/local/cloud.ts';
import { PortalClient } from '../support/portal-client.ts';
import type { Json } from './people.ts';

/** The demonstration as somebody walks through it: in a cloud of its own, because it pays and renews what is there. */
let cloud: Cloud;
let client: PortalClient;
let owner: string;
const acme = '/v1/accounts/acct_acme';

beforeAll(async () => {
  cloud = await startCloud({ demo: true });
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
    const { url } = await get(`/invoices/${invoices[0].id}/pdf`);
    expect((await (await fetch(url)).text()).slice(0, 5)).toBe('%PDF-');
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
