import { beforeEach, describe, expect, test } from 'vitest';
import { objectKeyOf } from '../../../shared/tickets/attachment.ts';
import type { Called } from '../../support/memory/memory-portal.ts';
import { type Family, family, refusedBy } from './linked-portal.ts';
import { everywhere, interrupted } from './interrupted.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const credit = { paymentMethod: 'credit' };
const ticket = { subject: 'The line is down', message: 'Since noon.' };
const asMain = (method: string, path: string, body?: unknown) =>
  here.portal.call(here.main.ownerId, method, path, body === undefined ? {} : { body });

describe('someone of the main account with a part of their own in the linked one', () => {
  const both = 'both@main.test';
  let person: { userId: string; contactId: string };
  let orderId: string;

  beforeEach(async () => {
    person = await here.person(['linked-accounts', 'orders', 'invoices'], both);
    const { ownerId, id } = here.north;
    await here.portal.createSubAccount(ownerId, id, both, ['orders']);
    ({
      order: { id: orderId },
    } = await here.ordered(here.north));
    await here.give(here.main, 4000);
  });

  const contact = () => `${here.main.base}/contacts/${person.contactId}`;
  const decideLate = async (what: 'approve' | 'reject', body: object, change: () => Promise<Called>) => {
    const cached = await here.portal.authorizer(person.userId);
    expect((await change()).status).toBeLessThan(300);
    const path = `${here.north.base}/orders/${orderId}/${what}`;
    return here.portal.call(person.userId, 'POST', path, { body, cached });
  };
  const stillWaits = async () => {
    expect(await here.orders(here.north)).toMatchObject([{ status: 'awaiting-main-account' }]);
    expect(await here.invoices(here.main)).toEqual([]);
    expect(await here.credit(here.main)).toBe(4000);
  };

  test('approves under the linked account’s path, and pays as who they are in the main account', async () => {
    const approved = await here.decide(person.userId, here.north, orderId, 'approve', credit);
    expect(approved).toMatchObject({ status: 200, body: { massPayment: { status: 'succeeded' } } });
    const { items } = (await here.main.get('/payments')).body;
    expect(items).toHaveLength(1);
    expect(items[0].paidBy).toMatchObject({ id: person.contactId });
    expect(await here.credit(here.main)).toBe(280);
    await here.agree();
  });

  test('does not approve once the grant in the main account was changed', async () => {
    const change = () => asMain('PUT', `${contact()}/sub-account`, { permissions: ['domains'] });
    expect(await decideLate('approve', credit, change)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/\/access-changed$/) },
    });
    await stillWaits();
  });

  test('does not reject once they were removed from the main account', async () => {
    const late = await decideLate('reject', { reason: 'No' }, () => asMain('DELETE', contact()));
    expect(late.status).toBeGreaterThanOrEqual(400);
    expect(late.status).toBeLessThan(500);
    await stillWaits();
  });

  test('is told of all that either part opens where neither does', async () => {
    const email = 'reader@main.test';
    const { userId } = await here.person(['linked-accounts', 'tickets'], email);
    const { ownerId, id, base } = here.north;
    await here.portal.createSubAccount(ownerId, id, email, ['products']);
    const refused = await here.portal.call(userId, 'GET', `${base}/invoices`);
    expect(refused.status).toBe(403);
    const areas = refused.body.areas.map(({ permission }: { permission: string }) => permission);
    expect(areas).toEqual(expect.arrayContaining(['products', 'tickets']));
  });
});

describe('an order that a main account approved and did not pay yet', () => {
  let orderId: string;
  const cancel = (userId: string) =>
    here.portal.call(userId, 'POST', `${here.north.base}/orders/${orderId}/cancel`);

  beforeEach(async () => {
    ({
      order: { id: orderId },
    } = await here.ordered(here.north));
    const body = { paymentMethod: 'bank-transfer' };
    const approved = await here.decide(here.main.ownerId, here.main, orderId, 'approve', body);
    expect(approved).toMatchObject({ status: 200, body: { invoice: { status: 'unpaid' } } });
  });

  test('is taken back by that account under the linked one’s path', async () => {
    expect(await cancel(here.main.ownerId)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(await here.invoices(here.main)).toMatchObject([{ status: 'cancelled' }]);
    await here.agree();
  });

  test('is taken back by nobody whom it does not cost, wherever the account is linked now', async () => {
    const other = await here.join('Other');
    await here.unlink(here.north);
    expect((await here.link(here.north, other, 'aggregated')).status).toBe(200);
    expect((await cancel(other.ownerId)).status).toBe(409);
    expect((await cancel(here.north.ownerId)).status).toBe(409);
    expect(await here.invoices(here.main)).toMatchObject([{ status: 'unpaid' }]);
    expect(await here.orders(here.north)).toMatchObject([{ status: 'awaiting-payment' }]);
  });
});

describe('an order under the main account’s path', () => {
  test('is not there to approve once its account was unlinked, nor where there is none', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 4000);
    await here.unlink(here.north);
    const { main } = here;
    expect((await here.decide(main.ownerId, main, order.id, 'approve', credit)).status).toBe(404);
    expect((await here.decide(main.ownerId, main, 'ord_none', 'approve', credit)).status).toBe(404);
    expect(await here.credit(main)).toBe(4000);
  });

  test('is nothing that another main account reads in the linked one afterwards', async () => {
    const { order } = await here.orderedFor(here.main, here.north);
    const other = await here.join('Other');
    await here.unlink(here.north);
    await here.link(here.north, other, 'aggregated');
    const read = await here.portal.call(other.ownerId, 'GET', `${here.north.base}/orders`);
    expect(read).toMatchObject({ status: 200, body: { items: [] } });
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id }]);
  });
});

describe('what a main account’s sub-account opened in a linked account', () => {
  const email = 'person@main.test';
  let person: { userId: string; contactId: string };
  let ticketPath: string;

  beforeEach(async () => {
    person = await here.person(['tickets', 'linked-accounts']);
    const body = { ...ticket, linkedAccountId: here.north.id };
    const opened = await here.portal.call(person.userId, 'POST', `${here.main.base}/tickets`, { body });
    ticketPath = `${here.north.base}/tickets/${opened.body.id}`;
  });

  const answer = async (): Promise<{ subject?: string | undefined; destinations: string[] }> => {
    here.portal.mails.length = 0;
    await here.staff('POST', `${ticketPath}/replies`, { message: 'We look at it.' });
    await here.portal.deliver();
    return here.portal.mails.find(({ subject }) => subject?.includes('The line is down'))!;
  };
  const reply = (subject = '') =>
    here.portal.receive(
      `From: <${email}>\nTo: <support@portal.test>\nMessage-ID: <a1@people.test>\nSubject: Re: ${subject}\n\nThank you.`,
    );
  const give = (permissions: string[]) =>
    asMain('PUT', `${here.main.base}/contacts/${person.contactId}/sub-account`, { permissions });

  test('is mailed to that person and answered by them while both rights are held', async () => {
    const mail = await answer();
    expect(mail.destinations).toContain(email);
    expect(await reply(mail.subject)).toMatchObject({ outcome: 'reply' });
  });

  test.each([['tickets'], ['linked-accounts']])('is not, with %s alone', async (left) => {
    expect((await give([left])).status).toBe(200);
    const mail = await answer();
    expect(mail.destinations).not.toContain(email);
    expect((await reply(mail.subject)).outcome).not.toBe('reply');
    expect((await here.staff('GET', ticketPath)).body.messages).toHaveLength(2);
  });
});

describe('what a main account is told of one beneath it', () => {
  const told = async (): Promise<{ items: any[]; unread: number }> =>
    (await here.main.get('/notifications')).body;
  const onDashboard = async (): Promise<number> =>
    (await here.main.get('/dashboard')).body.unreadNotifications;

  beforeEach(async () => {
    await here.ordered(here.north);
    const { body } = await here.main.post('/tickets', { ...ticket, linkedAccountId: here.north.id });
    await here.staff('POST', `${here.north.base}/tickets/${body.id}/replies`, { message: 'We look.' });
  });

  const shut: [string, () => Promise<unknown>][] = [
    ['management is off', () => here.set({ 'linkedAccounts.management': false })],
    ['it is unlinked', () => here.unlink(here.north)],
  ];

  test.each(shut)('is told no more when %s, nor counted, nor marked as read', async (_, happen) => {
    const before = await told();
    expect(before.items.map(({ kind }) => kind)).toEqual(['ticket-message', 'order-waiting']);
    expect([before.unread, await onDashboard()]).toEqual([2, 2]);
    await happen();
    expect(await told()).toMatchObject({ items: [], unread: 0 });
    expect(await onDashboard()).toBe(0);
    for (const { id } of before.items) {
      expect((await here.main.post(`/notifications/${id}/read`)).status).toBe(404);
    }
  });

  test('is told again when management is on again', async () => {
    const before = await told();
    await here.set({ 'linkedAccounts.management': false });
    await here.set({ 'linkedAccounts.management': true });
    expect(await told()).toEqual(before);
    expect(await onDashboard()).toBe(2);
    expect((await here.main.post(`/notifications/${before.items[0].id}/read`)).status).toBe(200);
    expect(await onDashboard()).toBe(1);
  });
});

describe('a file of a linked account', () => {
  let id: string;

  beforeEach(async () => {
    const file = new TextEncoder().encode('a picture');
    const announced = { fileName: 'a.txt', contentType: 'text/plain', size: file.byteLength };
    ({ id } = (await here.north.post('/attachments', announced)).body);
    here.portal.files.objects.set(objectKeyOf(id), file);
  });

  const read = () => asMain('GET', `${here.north.base}/attachments/${id}`);
  const bound = (hideFromMainAccount: boolean) =>
    here.north.post('/tickets', { ...ticket, attachmentIds: [id], hideFromMainAccount });

  test('is not there for the main account before a message names it', async () => {
    expect((await read()).status).toBe(404);
    expect((await here.north.get(`/attachments/${id}`)).status).toBe(200);
  });

  test('is read where its ticket is', async () => {
    expect((await bound(false)).status).toBe(201);
    expect(await read()).toMatchObject({ status: 200, body: { url: expect.any(String) } });
  });

  test('is not there where its ticket is hidden', async () => {
    expect((await bound(true)).status).toBe(201);
    expect((await read()).status).toBe(404);
    expect((await here.north.get(`/attachments/${id}`)).status).toBe(200);
  });
});

test('the account of guests is linked to nobody, and nobody to it', async () => {
  const items = [{ name: 'Support', address: 'support@portal.test', guests: true }];
  expect((await here.staff('PUT', '/v1/staff/departments', { items })).status).toBe(200);
  const mail =
    'From: <someone@nowhere.test>\nTo: <support@portal.test>\nMessage-ID: <g1@nowhere.test>\nSubject: Hello\n\nIs anybody there?';
  expect(await here.portal.receive(mail)).toMatchObject({ outcome: 'ticket' });
  const guests = { id: 'acct_guests' };
  expect((await here.link(guests, here.main, 'aggregated')).status).toBe(409);
  expect((await here.link(here.stranger, guests, 'aggregated')).status).toBe(409);
});

describe('at the same moment', () => {
  test('a checkout and the unlinking of its account leave no order that waits for nobody', async () => {
    const seen = new Set<string>();
    await everywhere(async (here, at) => {
      const { ownerId } = here.north;
      await here.add(ownerId, here.north);
      let placed = 0;
      const order = async () => {
        placed = (await here.checkout(ownerId, here.north)).status;
      };
      const { happened, result } = await interrupted(here, at, () => here.unlink(here.north), order);
      if (!happened) return false;
      const isLinked = (await here.linked(here.main)).some(({ id }) => id === here.north.id);
      expect([at, placed, result.status, isLinked]).toEqual([at, 201, 200, false]);
      const [{ status }] = (await here.orders(here.north)) as [any];
      seen.add(status);
      const own = await here.invoices(here.north);
      expect([at, own.length]).toEqual([at, status === 'cancelled' ? 0 : 1]);
      expect(await here.invoices(here.main)).toEqual([]);
      return true;
    });
    expect(seen).toContain('cancelled');
    expect(seen).not.toContain('awaiting-main-account');
  });

  test('a new name of the account keeps nobody from pausing its service', async () => {
    const places = await everywhere(async (here, at) => {
      const { id } = await here.service(here.north);
      const { ownerId, base } = here.north;
      const path = `${base}/services/${id}/pause`;
      const pause = () => here.portal.call(here.main.ownerId, 'POST', path, { body: {} });
      const rename = async () => {
        const renamed = await here.portal.call(ownerId, 'PATCH', base, { body: { name: 'Norther' } });
        expect(renamed.status).toBe(200);
      };
      const { result, happened } = await interrupted(here, at, pause, rename);
      expect([at, result.status, result.body.type]).toEqual([at, 200, undefined]);
      expect(result.body.status).toBe('paused');
      return happened;
    });
    expect(places).toBeGreaterThan(3);
  });
});

describe('while linked accounts may not order', () => {
  test('their people ask for another product, and the main account’s people change it', async () => {
    const { id } = await here.service(here.north);
    await here.set({ 'linkedAccounts.subAccountsMayOrder': false });
    const change = (userId: string, mode: string) =>
      here.portal.call(userId, 'POST', `${here.north.base}/services/${id}/change`, {
        body: { productId: 'prd_big', mode },
      });
    refusedBy('setting', await change(here.north.ownerId, 'self'));
    const asked = await change(here.north.ownerId, 'request');
    expect(asked).toMatchObject({ status: 200, body: { ticketId: expect.any(String) } });
    expect((await here.north.get(`/services/${id}`)).body.productId).toBe('prd_basic');
    expect(await change(here.main.ownerId, 'self')).toMatchObject({
      status: 200,
      body: { productId: 'prd_big' },
    });
  });
});

describe('who pays for a linked account', () => {
  test('neither approves nor orders while it is blocked', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 4000);
    await here.cartFor(here.main.ownerId, here.main, here.north);
    await here.add(here.main.ownerId, here.main);
    await here.note(here.main, { status: 'blocked' });
    for (const account of [here.main, here.north]) {
      const approved = await here.decide(here.main.ownerId, account, order.id, 'approve', credit);
      refusedBy('account-kind', approved);
    }
    refusedBy('account-kind', await here.checkout(here.main.ownerId, here.main));
    expect(await here.orders(here.north)).toMatchObject([{ status: 'awaiting-main-account' }]);
    expect(await here.credit(here.main)).toBe(4000);
  });

  test('is not charged by its people who lack invoices at home, who may order all the same', async () => {
    await here.give(here.main, 4000);
    const { userId } = await here.person(['linked-accounts', 'orders']);
    expect((await here.add(userId, here.north)).status).toBe(200);
    expect(await here.checkout(userId, here.north, credit)).toMatchObject({
      status: 403,
      body: {
        requiredPermission: 'invoices',
        requestAccess: { href: `${here.main.base}/access-requests` },
      },
    });
    expect(await here.orders(here.north)).toEqual([]);
    expect(await here.credit(here.main)).toBe(4000);
    expect((await here.checkout(userId, here.north)).status).toBe(201);
    expect(await here.orders(here.north)).toMatchObject([{ status: 'awaiting-payment' }]);
  });
});
