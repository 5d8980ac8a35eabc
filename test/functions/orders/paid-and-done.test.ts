import { beforeEach, describe, expect, test } from 'vitest';
import { type Family, family } from '../linked-accounts/linked-portal.ts';
import { gbp } from '../../support/desks/billing-desk.ts';

/** What is paid is done, once; what is done is not given back. */
let here: Family;
beforeEach(async () => {
  here = await family();
});

const pay = (id: string, amount: number) =>
  here.staff('POST', `${here.main.base}/invoices/${id}/payments`, {
    amount: gbp(amount),
    method: 'cash',
    reference: id,
    receivedOn: '2026-03-01',
  });
const renew = (ids: string[]) =>
  here.main.post('/cart/domain-renewals', { renewals: ids.map((domainId) => ({ domainId, years: 1 })) });
const checkout = async () => (await here.checkout(here.main.ownerId, here.main)).body;
const settleAll = async () => {
  await here.portal.deliver();
  await here.portal.passRenewals();
  await here.portal.deliver();
};

test('an invoice that is paid because a line went off it has the rest of it done', async () => {
  const gone = await here.domain(here.main, 'aaa', '2026-03-12');
  const left = await here.domain(here.main, 'bbb', '2026-03-12');
  await here.portal.renew();
  const [invoice] = await here.invoices(here.main);
  await pay(invoice.id, 1000);
  await renew([gone.id]);
  await checkout();
  await settleAll();
  expect((await here.main.get(`/invoices/${invoice.id}`)).body.status).toBe('paid');
  expect((await here.main.get(`/domains/${left.id}`)).body.expiresOn).toBe('2027-03-12');
  await here.agree();
});

test('an order of which nothing is left to pay is no order to take back', async () => {
  const [gone, left] = [
    await here.domain(here.main, 'aaa', '2026-05-01'),
    await here.domain(here.main, 'bbb', '2026-05-01'),
  ];
  await renew([gone.id, left.id]);
  const { order, invoice } = await checkout();
  await pay(invoice.id, 1000);
  await renew([gone.id]);
  await checkout();
  expect((await here.main.post(`/orders/${order.id}/cancel`)).status).toBe(409);
  await settleAll();
  expect((await here.main.get(`/domains/${left.id}`)).body.expiresOn).toBe('2027-05-01');
});

describe('a paid order of a product and a renewal that staff reject', () => {
  const ordered = async (mode: 'ok' | 'refuse') => {
    const domain = await here.domain(here.main, 'aaa', '2026-05-01');
    await here.add(here.main.ownerId, here.main);
    await renew([domain.id]);
    const { order, invoice } = await checkout();
    here.portal.registrar.mode = () => mode;
    await here.paid(here.main, invoice);
    await settleAll();
    const path = `/v1/staff/orders/${order.id}/reject`;
    expect((await here.staff('POST', path, { reason: 'Sold out' })).status).toBe(200);
    return domain;
  };

  test('gives back the product alone where the domain was renewed', async () => {
    const { id } = await ordered('ok');
    expect((await here.main.get(`/domains/${id}`)).body.expiresOn).toBe('2027-05-01');
    expect(await here.credit(here.main)).toBe(3720);
    await here.agree();
  });

  test('gives back each once where it could not be', async () => {
    await ordered('refuse');
    expect(await here.credit(here.main)).toBe(4720);
    await here.agree();
  });
});

test('a period that was paid is had once, though its task runs again when the next one is invoiced', async () => {
  const { id } = await here.service(here.main);
  here.at('2026-03-20');
  await here.portal.renew();
  const [invoice] = await here.invoices(here.main);
  here.at('2026-04-25');
  await here.paid(here.main, invoice);
  await here.portal.renew();
  await here.portal.outbox().fulfil(here.main.id, [invoice.id], here.portal.now);
  expect((await here.main.get(`/services/${id}`)).body.nextDueOn).toBe('2026-05-01');
  expect(await here.credit(here.main)).toBe(0);
});

test('sixty domains that are due on one day are one invoice, though accounts are linked beneath', async () => {
  for (let made = 0; made < 60; made++) await here.domain(here.main, `main-${made}`, '2026-03-12');
  await here.portal.renew();
  expect((await here.invoices(here.main)).map(({ lines }) => lines.length)).toEqual([60]);
});

test('who has a part in both accounts takes back what the main account approved', async () => {
  const { userId } = await here.person(['linked-accounts', 'orders', 'invoices']);
  await here.portal.createSubAccount(here.north.ownerId, here.north.id, 'person@main.test', ['orders']);
  const { order } = await here.ordered(here.north);
  await here.decide(userId, here.north, order.id, 'approve', { paymentMethod: 'bank-transfer' });
  const { massPaymentId } = (await here.north.get(`/orders/${order.id}`)).body;
  await here.main.post(`/mass-payments/${massPaymentId}/cancel`);
  const path = `${here.north.base}/orders/${order.id}/cancel`;
  expect(await here.portal.call(userId, 'POST', path)).toMatchObject({ status: 200 });
});

test('two people’s keys may read the same: each is answered its own order', async () => {
  const { userId } = await here.person(['orders']);
  const asked = async (who: string) => {
    await here.add(who, here.main);
    return here.portal.call(who, 'POST', `${here.main.base}/cart/checkout`, {
      body: {},
      headers: { 'idempotency-key': 'one' },
    });
  };
  const [mine, theirs] = [await asked(here.main.ownerId), await asked(userId)];
  expect([mine.status, theirs.status]).toEqual([201, 201]);
  expect(mine.body.order.id).not.toBe(theirs.body.order.id);
});

test('a list of tickets goes on where it was when the accounts beneath are shut or opened meanwhile', async () => {
  for (let made = 0; made < 5; made++) {
    here.portal.advance(1);
    await here.main.post('/tickets', { subject: `Number ${made}`, message: 'Please.' });
  }
  for (const [before, after] of [
    [true, false],
    [false, true],
  ]) {
    await here.set({ 'linkedAccounts.management': before });
    const query = { status: 'open', limit: '2' };
    const { body: first } = await here.main.get('/tickets', query);
    await here.set({ 'linkedAccounts.management': after });
    const { body: second } = await here.main.get('/tickets', { ...query, cursor: first.nextCursor });
    const seen = [...first.items, ...second.items].map(({ subject }: any) => subject);
    expect(seen).toEqual(['Number 4', 'Number 3', 'Number 2', 'Number 1']);
  }
});

test('an order that is paid at once is told as paid', async () => {
  const { order } = await here.ordered(here.north);
  await here.give(here.main, 3720);
  const approved = await here.decide(here.main.ownerId, here.north, order.id, 'approve', {
    paymentMethod: 'credit',
  });
  expect(approved.body).toMatchObject({
    order: { status: 'awaiting-activation' },
    invoice: { status: 'paid' },
    massPayment: { status: 'succeeded' },
  });
  // Whose bill it is, is nothing for who is not billed.
  expect((await here.north.get(`/orders/${order.id}`)).body).toMatchObject({
    invoiceId: null,
    massPaymentId: null,
  });
});

test('an order starts on a day near to today', async () => {
  const { order } = await here.ordered(here.north);
  await here.give(here.main, 3720);
  await here.decide(here.main.ownerId, here.north, order.id, 'approve', { paymentMethod: 'credit' });
  const start = (startOn: string) => here.staff('POST', `/v1/staff/orders/${order.id}/approve`, { startOn });
  expect((await start('2020-01-01')).status).toBe(400);
  expect((await start('2026-03-05')).status).toBe(200);
});

test('links and settings are changed by who has read them as they are', async () => {
  const stale = { headers: { 'if-match': '"nope"' } };
  const link = `/v1/staff/accounts/${here.north.id}/main-account`;
  expect((await here.staff('DELETE', link, undefined, stale)).status).toBe(412);
  const settings = await here.staff('GET', '/v1/staff/settings');
  const put = (headers: Record<string, string>) =>
    here.staff('PUT', '/v1/staff/settings', { 'orders.staffApproval': false }, { headers });
  expect((await put({ 'if-match': '"nope"' })).status).toBe(412);
  expect((await put({ 'if-match': settings.headers['etag']! })).status).toBe(200);
  expect((await put({ 'if-match': settings.headers['etag']! })).status).toBe(412);
});
