import { isForStaff } from '../../../shared/access/decide.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { everyRoute } from '../../../functions/routes.ts';
import { isAccountRoute, routeKey } from '../../../shared/http/route.ts';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type Family, family, refusedBy } from '../linked-accounts/linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const writes = everyRoute.filter(
  (route) => isAccountRoute(route) && route.method !== 'GET' && !isForStaff(route.permission),
);

/** What people of a blocked account may write: payments, tickets, what they read, and asking for access. */
const stillOpen = new Set([
  'DELETE /v1/accounts/{accountId}/tickets/{ticketId}/cc/{address}',
  'POST /v1/accounts/{accountId}/access-requests',
  'POST /v1/accounts/{accountId}/attachments',
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/credit',
  'POST /v1/accounts/{accountId}/mass-payments',
  'POST /v1/accounts/{accountId}/mass-payments/{massPaymentId}/cancel',
  'POST /v1/accounts/{accountId}/mass-payments/{massPaymentId}/pay',
  'POST /v1/accounts/{accountId}/notifications/{notificationId}/read',
  'POST /v1/accounts/{accountId}/tickets',
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/close',
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/replies',
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/reopen',
]);

/** The answer to a request whose body nothing takes: let in, it is refused for its body alone, or finds nothing. */
async function tried(userId: string, key: string) {
  const [method, path] = key.split(' ') as [string, string];
  const filled = path.replace('{accountId}', here.south.id).replaceAll(/\{\w+\}/g, 'x');
  return here.portal.call(userId, method, filled, { body: { unknownField: true } });
}

describe.each(['blocked', 'inactive'])('an account that is %s', (status) => {
  beforeEach(async () => {
    await here.note(here.south, { status });
  });

  test('writes what pays and tickets alone, its owner and its main account’s people alike', async () => {
    for (const key of writes.map(routeKey)) {
      const answer = await tried(here.south.ownerId, key);
      if (!stillOpen.has(key)) refusedBy('account-kind', answer);
      else expect(answer.status, key).not.toBe(403);
    }
    for (const path of ['/services/x/pause', '/services/x/cancel', '/cart/items']) {
      const answer = await tried(here.main.ownerId, `POST /v1/accounts/{accountId}${path}`);
      refusedBy('account-kind', answer);
    }
  });

  test('lets nobody of a blocked main account change what is beneath it', async () => {
    const path = `${here.north.base}/cart`;
    expect((await here.portal.call(here.main.ownerId, 'DELETE', path)).status).toBe(204);
    await here.note(here.main, { status });
    refusedBy('account-kind', await here.portal.call(here.main.ownerId, 'DELETE', path));
    expect((await here.portal.call(here.north.ownerId, 'DELETE', path)).status).toBe(204);
  });

  test('reads all that it read before', async () => {
    for (const path of ['', '/dashboard', '/contacts', '/invoices', '/services', '/cart', '/tickets']) {
      expect((await here.south.get(path)).status, path).toBe(200);
    }
  });

  test('pays what it owes, and writes and answers a ticket', async () => {
    await here.unlink(here.south);
    const lines = [{ description: 'Work', quantity: 1, unitPrice: gbp(1000) }];
    await here.staff('POST', `${here.south.base}/invoices`, { lines, dueOn: '2026-04-01' });
    await here.give(here.south, 10_000);
    const summary = await here.south.post('/mass-payments', { invoices: 'all-due' });
    const headers = { 'idempotency-key': 'pay' };
    const pay = `/mass-payments/${summary.body.id}/pay`;
    const paid = await here.south.post(pay, { method: 'credit' }, headers);
    expect(paid).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    const ticket = await here.south.post('/tickets', { subject: 'Why?', message: 'Please.' });
    const reply = await here.south.post(`/tickets/${ticket.body.id}/replies`, { message: 'Hello?' });
    expect([ticket.status, reply.status]).toEqual([201, 201]);
  });

  test('is changed by staff, and writes again once it is active', async () => {
    const change = { method: 'PATCH', body: { name: 'South' } };
    const patch = (userId: string) => here.portal.call(userId, 'PATCH', here.south.base, change);
    expect((await patch('stan')).status).toBe(200);
    expect((await patch(here.south.ownerId)).status).toBe(403);
    await here.note(here.south, { status: 'active' });
    expect((await patch(here.south.ownerId)).status).toBe(200);
  });
});

test('a person of a blocked account goes on elsewhere', async () => {
  const contacts = `${here.west.base}/contacts`;
  const body = { name: 'Guest', email: 'owner@south.test' };
  const made = await here.portal.call(here.west.ownerId, 'POST', contacts, { body });
  const given = { permissions: ['profile'] };
  const path = `${contacts}/${made.body.id}/sub-account`;
  await here.portal.call(here.west.ownerId, 'PUT', path, { body: given });
  await here.portal.acceptInvitation(here.south.ownerId, here.west.id);
  const patched = await here.portal.call(here.south.ownerId, 'PATCH', here.west.base, {
    body: { taxId: 'GB1' },
  });
  expect(patched.status).toBe(200);
});
