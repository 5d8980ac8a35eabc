import { beforeEach, expect, test } from 'vitest';
import { type Family, family } from '../linked-accounts/linked-portal.ts';

/** Each thing that people are told of in the portal, by doing it. */
let here: Family;
beforeEach(async () => {
  here = await family();
});

const told = async (userId = here.main.ownerId, base = here.main.base): Promise<any[]> =>
  (await here.portal.call(userId, 'GET', `${base}/notifications`)).body.items;

test('an invoice is told to those who see invoices, and one of nothing is not', async () => {
  const raise = (amount: number) =>
    here.staff('POST', `${here.main.base}/invoices`, {
      lines: [{ description: 'A line', quantity: 1, unitPrice: { amount, currency: 'GBP' } }],
      dueOn: '2026-03-15',
    });
  const { body } = await raise(100);
  await raise(0);
  expect(await told()).toMatchObject([
    { kind: 'invoice-issued', subject: { id: body.id }, href: `${here.main.base}/invoices/${body.id}` },
  ]);
  const { userId } = await here.person(['tickets']);
  expect(await told(userId)).toEqual([]);
});

test('what staff write in a ticket is told, a note is not', async () => {
  const { body } = await here.main.post('/tickets', { subject: 'Help', message: 'Please.' });
  const answer = (message: string, extra = {}) =>
    here.staff('POST', `${here.main.base}/tickets/${body.id}/replies`, { message, ...extra });
  await answer('Between us.', { private: true });
  expect(await told()).toEqual([]);
  await answer('Done.');
  expect(await told()).toMatchObject([{ kind: 'ticket-message', href: body.href }]);
});

test('asking for access is told to who decides, and the decision to who asked alone', async () => {
  const { userId } = await here.person(['tickets']);
  const ask = { permissions: ['invoices'] };
  const asked = await here.portal.call(userId, 'POST', `${here.main.base}/access-requests`, { body: ask });
  expect(await told()).toMatchObject([{ kind: 'access-requested' }]);
  await here.main.post(`/access-requests/${asked.body.id}/reject`);
  expect(await told(userId)).toMatchObject([
    { kind: 'access-decided', text: expect.stringContaining('rejected') },
  ]);
  expect(await told()).toHaveLength(1);
});

test('an order that waits is told to the main account, and what became of it to who ordered', async () => {
  const { order } = await here.ordered(here.north);
  expect(await told()).toMatchObject([{ kind: 'order-waiting', subject: { id: order.id } }]);
  const orders = await here.person(['orders'], 'orders@main.test');
  expect(await told(orders.userId)).toEqual([]);
  await here.decide(here.main.ownerId, here.main, order.id, 'reject', { reason: 'Too dear' });
  expect(await told(here.north.ownerId, here.north.base)).toMatchObject([
    { kind: 'order-decided', text: expect.stringContaining('Too dear') },
  ]);
});

test('a renewal that failed is told to the account and to the one that paid', async () => {
  const domain = await here.domain(here.north, 'north-shop', '2026-03-10');
  await here.portal.renew();
  const [invoice] = await here.invoices(here.main);
  await here.give(here.main, invoice.total.amount);
  const paying = await here.main.post('/mass-payments', { invoices: [invoice.id] });
  await here.main.post(
    `/mass-payments/${paying.body.id}/pay`,
    { method: 'credit' },
    { 'idempotency-key': 'p' },
  );
  await here.portal.deliver();
  here.portal.registrar.mode = () => 'refuse';
  await here.portal.passRenewals();
  const failed = [{ kind: 'renewal-failed', subject: { id: domain.id, name: 'north-shop.com' } }];
  const ofKind = (items: any[]) => items.filter(({ kind }) => kind === 'renewal-failed');
  expect(ofKind(await told())).toMatchObject(failed);
  expect(ofKind(await told(here.north.ownerId, here.north.base))).toMatchObject(failed);
});
