import { beforeEach, describe, expect, test } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { notified } from '../../../shared/notifications/notification.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { accountRows } from '../../../shared/accounts/people-store.ts';
import { Meter } from '../../bench/meter.ts';
import { family, opened } from '../linked-accounts/linked-portal.ts';
import { gbp, line } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, comPrice, domainDesk } from '../../support/desks/domain-desk.ts';

const areaKeys = ['products', 'domains', 'invoices', 'quotes', 'tickets', 'orders', 'linked-accounts'];

let desk: DomainDesk;
beforeEach(async () => {
  desk = await domainDesk();
});

const seenBy = async (userId: string) => {
  const called = await desk.portal.call(userId, 'GET', `${desk.base}/dashboard`);
  expect(called).toMatchObject({ status: 200 });
  return called.body;
};
const dashboard = () => seenBy(desk.ownerId);
const areas = async () => (await dashboard()).areas;
const person = async (permissions: string[], email = 'sam@acme.test') =>
  (await desk.portal.createSubAccount(desk.ownerId, desk.accountId, email, permissions)).userId;

async function done(called: Promise<{ status: number; body: any }>): Promise<any> {
  const { status, body } = await called;
  expect([status, status < 300 ? null : body]).toEqual([status, null]);
  return body;
}

const service = (extra: object = {}) =>
  done(
    desk.staff('POST', '/services', {
      name: 'Hosting',
      price: gbp(1000),
      cycle: 'monthly',
      startOn: '2026-03-01',
      ...extra,
    }),
  );
const ticket = async () =>
  (await done(desk.owner('POST', '/tickets', { subject: 'Help', message: 'Please' }))).id as string;
const stands = (id: string, status: string) => done(desk.staff('PATCH', `/tickets/${id}`, { status }));

describe('a new account', () => {
  test('has nothing of anything, and says so area by area', async () => {
    expect(await dashboard()).toEqual({
      account: { id: desk.accountId, name: 'Acme', status: 'new' },
      areas: {
        products: { active: 0, paused: 0, monthlyCost: gbp(0) },
        domains: { active: 0, expiringSoon: 0, expired: 0 },
        invoices: { unpaid: 0, overdue: 0, due: gbp(0), credit: gbp(0) },
        quotes: { open: 0 },
        tickets: { open: 0, answered: 0 },
        orders: { awaitingMainAccount: 0, awaitingPayment: 0, awaitingActivation: 0 },
        'linked-accounts': { count: 0 },
      },
      linkedAccounts: [],
      unreadNotifications: 0,
    });
  });

  test('is an active one from its first service on, whoever looks', async () => {
    await service();
    expect((await dashboard()).account.status).toBe('active');
    expect((await seenBy(await person([]))).account).toEqual({
      id: desk.accountId,
      name: 'Acme',
      status: 'active',
    });
  });
});

describe('what the caller may see', () => {
  test.each(permissionKeys)('is nothing but its own area with %s alone', async (key) => {
    const seen = await seenBy(await person([key]));
    expect(Object.keys(seen.areas)).toEqual(areaKeys.includes(key) ? [key] : []);
  });

  test.each(permissionKeys)('is everything but its area without %s', async (key) => {
    const seen = await seenBy(await person(permissionKeys.filter((other) => other !== key)));
    expect(Object.keys(seen.areas)).toEqual(areaKeys.filter((area) => area !== key));
  });

  test('is no area at all with a part in the account alone, and every area for staff', async () => {
    expect((await seenBy(await person([]))).areas).toEqual({});
    expect(Object.keys((await seenBy('stan')).areas)).toEqual(areaKeys);
  });

  test('alone is read: of other areas nothing is asked for', async () => {
    const sam = await person(['quotes']);
    const meter = new Meter(desk.portal.table);
    const cached = await desk.portal.authorizer(sam);
    const cost = await meter.of(() => desk.portal.call(sam, 'GET', `${desk.base}/dashboard`, { cached }));
    // The account, the settings, the summary of its services, quotes, notifications and what was read of them.
    expect(cost).toMatchObject({ reads: 6, roundTrips: 1, transactions: 0 });
  });

  test('is nothing in an account without a part in it', async () => {
    const { ownerId } = await desk.portal.createAccount('Globex', 'owner@globex.test');
    const asked = (path: string) => desk.portal.call(ownerId, 'GET', path);
    expect(await asked(`${desk.base}/dashboard`)).toMatchObject({ status: 404 });
    expect(await asked('/v1/accounts/acct_missing/dashboard')).toMatchObject({ status: 404 });
    const byStaff = desk.portal.call('stan', 'GET', '/v1/accounts/acct_missing/dashboard');
    expect(await byStaff).toMatchObject({ status: 404 });
  });

  test('counts the caller’s own unread notifications', async () => {
    const sam = await person(['invoices']);
    const tell = async (permissions: ('invoices' | 'tickets')[]) => {
      const notification = {
        accountId: desk.accountId,
        kind: 'invoice-issued' as const,
        to: { permissions },
        text: 'Something happened',
        subject: { kind: 'invoice', id: 'inv_1', name: '1' },
        href: desk.base,
      };
      await desk.portal.table.transact([notified(notification, desk.portal.now)]);
    };
    await tell(['invoices']);
    await tell(['tickets']);
    expect([await dashboard(), await seenBy(sam)]).toMatchObject([
      { unreadNotifications: 2 },
      { unreadNotifications: 1 },
    ]);
    const listed = await desk.portal.call(sam, 'GET', `${desk.base}/notifications`);
    const path = `${desk.base}/notifications/${listed.body.items[0].id}/read`;
    await done(desk.portal.call(sam, 'POST', path));
    expect([await dashboard(), await seenBy(sam)]).toMatchObject([
      { unreadNotifications: 2 },
      { unreadNotifications: 0 },
    ]);
  });
});

describe('of products', () => {
  test('what runs today costs by the month, what is paused, over or yet to begin nothing', async () => {
    await service();
    await service({ cycle: 'annually', price: gbp(12_000) });
    await service({ cycle: 'one-time', price: gbp(9900) });
    await service({ startOn: '2026-04-01', status: 'pending' });
    const over = await service();
    await done(desk.staff('PATCH', `/services/${over.id}`, { status: 'cancelled' }));
    expect((await areas()).products).toEqual({ active: 3, paused: 0, monthlyCost: gbp(2000) });
    desk.portal.now = new Date('2026-04-01T10:00:00Z');
    expect((await areas()).products).toEqual({ active: 4, paused: 0, monthlyCost: gbp(3000) });
  });

  test('a paused one is counted apart', async () => {
    const { id } = await service();
    await service();
    await done(desk.owner('POST', `/services/${id}/pause`, { until: '2026-03-20' }));
    expect((await areas()).products).toEqual({ active: 1, paused: 1, monthlyCost: gbp(1000) });
  });
});

describe('of domains', () => {
  test('30 days before they expire active ones are pointed out', async () => {
    await desk.domain('today', '2026-03-01');
    await desk.domain('soon', '2026-03-31');
    await desk.domain('later', '2026-04-01');
    expect((await areas()).domains).toEqual({ active: 3, expiringSoon: 2, expired: 0 });
  });

  test('those that can still be saved have expired; what is past that or gone is not counted', async () => {
    await desk.domain('expired', '2026-02-28');
    await desk.domain('redemption', '2025-12-31');
    await desk.domain('lost', '2025-12-30');
    const left = await desk.domain('left', '2026-02-28');
    await done(desk.staff('PATCH', `/domains/${left}`, { status: 'transferred-away' }));
    expect((await areas()).domains).toEqual({ active: 0, expiringSoon: 0, expired: 2 });
  });

  test('agree with the list, each by the periods of its own TLD', async () => {
    const longer = { ...comPrice, graceDays: 60, redemptionDays: 60 };
    await done(desk.portal.call('stan', 'PUT', '/v1/staff/domain-prices/net', { body: longer }));
    for (const tld of ['com', 'net', 'dev']) {
      for (const expiresOn of ['2026-03-15', '2026-02-20', '2026-01-15', '2025-12-01', '2025-11-01']) {
        const name = `d${expiresOn}.${tld}`;
        await done(desk.staff('POST', '/domains', { name, registeredOn: '2020-01-01', expiresOn }));
      }
    }
    const { items } = await desk.get('/domains', { status: 'expired,redemption' });
    expect(items).toHaveLength(8);
    expect((await areas()).domains).toEqual({ active: 3, expiringSoon: 3, expired: 8 });
  });
});

describe('of invoices', () => {
  test('those to be paid are summed up, less what was paid of them, with the credit beside it', async () => {
    await desk.invoice(1000, { dueOn: '2026-02-28' });
    const part = await desk.invoice(5000);
    const paid = await desk.invoice(200);
    await desk.invoice(700, {}, 'USD');
    await desk.invoice(300, { draft: true });
    const pay = (id: string, amount: number) =>
      done(
        desk.staff('POST', `/invoices/${id}/payments`, {
          amount: gbp(amount),
          method: 'cash',
          reference: `R-${id}`,
          receivedOn: '2026-03-01',
        }),
      );
    await pay(part.id, 1500);
    await pay(paid.id, 250);
    const { invoices } = await areas();
    expect(invoices).toEqual({ unpaid: 3, overdue: 1, due: gbp(4500), credit: gbp(50) });
    expect(invoices.credit).toEqual((await desk.get('/credit')).balance);
  });

  test('overdue is what was due before the provider’s day', async () => {
    await desk.invoice(1000, { dueOn: '2026-03-01' });
    expect((await areas()).invoices).toMatchObject({ unpaid: 1, overdue: 0 });
    desk.portal.now = new Date('2026-03-01T22:00:00Z');
    const settings = { timeZone: 'Asia/Tokyo' };
    await done(desk.portal.call('stan', 'PUT', '/v1/staff/settings', { body: settings }));
    expect((await areas()).invoices).toMatchObject({ unpaid: 1, overdue: 1 });
  });

  test('three hundred are all summed up', async () => {
    await desk.invoices(300);
    expect((await areas()).invoices).toMatchObject({ unpaid: 300, due: gbp(30_000) });
  });

  test('five hundred are looked at, and no more', async () => {
    await desk.invoices(510);
    expect((await areas()).invoices).toMatchObject({ unpaid: 500, due: gbp(50_000) });
  });
});

describe('of quotes', () => {
  test('those that can be accepted today are open', async () => {
    const offer = (validUntil: string) =>
      done(desk.staff('POST', '/quotes', { lines: [line(100)], subject: 'Offer', validUntil }));
    await offer('2026-03-01');
    await offer('2026-03-15');
    const declined = await offer('2026-03-15');
    await done(desk.owner('POST', `/quotes/${declined.id}/decline`));
    expect((await areas()).quotes).toEqual({ open: 2 });
    desk.portal.now = new Date('2026-03-02T10:00:00Z');
    expect((await areas()).quotes).toEqual({ open: 1 });
  });
});

describe('of tickets', () => {
  test('what was not answered and not closed is open', async () => {
    for (const status of ['customer-reply', 'on-hold', 'answered', 'answered', 'closed']) {
      await stands(await ticket(), status);
    }
    await ticket();
    expect((await areas()).tickets).toEqual({ open: 3, answered: 2 });
  });

  test('a hundred of a status are counted, and no more', async () => {
    for (let opened = 0; opened < 105; opened++) await ticket();
    expect((await areas()).tickets).toEqual({ open: 100, answered: 0 });
  });
});

describe('of orders', () => {
  test('those that wait are counted by what they wait for', async () => {
    const { north, ...here } = await family();
    const seen = async () => (await north.get('/dashboard')).body.areas.orders;
    await here.ordered(north);
    await here.ordered(north);
    expect(await seen()).toEqual({ awaitingMainAccount: 2, awaitingPayment: 0, awaitingActivation: 0 });
    const [order] = await here.orders(north);
    await done(here.decide(here.main.ownerId, north, order.id, 'approve', { paymentMethod: 'sandbox' }));
    expect(await seen()).toEqual({ awaitingMainAccount: 1, awaitingPayment: 1, awaitingActivation: 0 });
    const [invoice] = await here.invoices(here.main);
    await here.paid(here.main, invoice);
    expect(await seen()).toEqual({ awaitingMainAccount: 1, awaitingPayment: 0, awaitingActivation: 1 });
  });
});

describe('an account with others beneath it', () => {
  test('counts them and shows the five that were linked last, each with its status', async () => {
    const { portal, main, ...here } = await family();
    for (const name of ['Five', 'Six', 'Seven']) {
      portal.advance(60);
      await here.link(await here.join(name), main, 'independent');
    }
    await here.service(here.north);
    const { areas: shown, linkedAccounts } = (await main.get('/dashboard')).body;
    expect(shown['linked-accounts']).toEqual({ count: 6 });
    const names = linkedAccounts.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['Seven', 'Six', 'Five', 'North', 'South']);
    expect(linkedAccounts.slice(3)).toEqual([
      {
        id: here.north.id,
        name: 'North',
        status: 'active',
        kind: 'aggregated',
        linkedAt: '2026-03-01T10:00:00.000Z',
        href: here.north.base,
      },
      expect.objectContaining({ name: 'South', status: 'blocked' }),
    ]);
    for (const account of linkedAccounts) {
      const listed = (await here.linked(main)).find(({ id }) => id === account.id);
      expect(account.status).toBe(listed.status);
    }
  });

  test('shows them to those who may see linked accounts alone', async () => {
    const { portal, main, ...here } = await family();
    const seen = async (permissions: string[], email: string) => {
      const { userId } = await here.person(permissions, email);
      return (await portal.call(userId, 'GET', `${main.base}/dashboard`)).body;
    };
    const without = permissionKeys.filter((key) => key !== 'linked-accounts');
    expect(await seen(without, 'without@main.test')).toMatchObject({ linkedAccounts: [] });
    const withThem = await seen(['linked-accounts'], 'with@main.test');
    expect(withThem.areas).toEqual({ 'linked-accounts': { count: 3 } });
    expect(withThem.linkedAccounts).toHaveLength(3);
    expect((await portal.call('stan', 'GET', `${main.base}/dashboard`)).body.linkedAccounts).toHaveLength(3);
  });

  test('sees beneath it what its kind and the caller’s own permissions open there', async () => {
    const { portal, main, north, west, ...here } = await family();
    const open = async (userId: string, base: string) => {
      const { status, body } = await portal.call(userId, 'GET', `${base}/dashboard`);
      if (status !== 200) return status;
      expect(body.linkedAccounts).toEqual([]);
      return Object.keys(body.areas);
    };
    expect(await open(main.ownerId, north.base)).toEqual(['products', 'tickets', 'orders']);
    expect(await open(main.ownerId, west.base)).toEqual(['products', 'tickets']);
    const { userId } = await here.person(['linked-accounts', 'tickets', 'invoices']);
    expect(await open(userId, north.base)).toEqual(['tickets']);
    expect(await open(here.stranger.ownerId, north.base)).toBe(404);
    await here.set({ ...opened, 'linkedAccounts.independentAccess': false });
    expect(await open(main.ownerId, west.base)).toBe(403);
  });

  test('is not told of tickets that are hidden from it', async () => {
    const { portal, main, north } = await family();
    for (const hideFromMainAccount of [true, false, true]) {
      const made = await north.post('/tickets', { subject: 'Help', message: 'Please', hideFromMainAccount });
      expect(made).toMatchObject({ status: 201 });
    }
    const { body } = await portal.call(main.ownerId, 'GET', `${north.base}/dashboard`);
    expect(body.areas.tickets).toEqual({ open: 1, answered: 0 });
    expect((await north.get('/dashboard')).body.areas.tickets).toEqual({ open: 3, answered: 0 });
  });
});

describe('what it costs', () => {
  /** What one dashboard asks of the table, of the owner without the authoriser. */
  async function cost() {
    const { portal, ownerId, base } = desk;
    const cached = await portal.authorizer(ownerId);
    let body: any;
    const asked = await new Meter(portal.table).of(async () => {
      ({ body } = await portal.call(ownerId, 'GET', `${base}/dashboard`, { cached }));
    });
    const { reads, roundTrips, transactions } = asked;
    return { body, cost: { reads, roundTrips, transactions } };
  }

  /** So many accounts linked beneath this one. */
  async function beneath(count: number): Promise<void> {
    const { table, people } = desk.portal;
    const main = (await people.account(desk.accountId))!;
    const linked = Array.from({ length: count }, (_, made): Account => {
      const linkedAt = new Date(desk.portal.now.getTime() + made).toISOString();
      const id = `acct_linked${made}`;
      return { ...main, id, name: id, mainAccountId: main.id, linkKind: 'aggregated', linkedAt };
    });
    for (const account of linked) await table.transact(accountRows(account, 'new'));
    await table.transact(accountRows({ ...main, linkedAccounts: count }, { version: main.version }));
  }

  async function fill(count: number): Promise<void> {
    await beneath(count);
    await desk.invoices(count);
    await service();
    for (let made = 0; made < count; made++) {
      await desk.domain(`domain${made}`, made % 2 === 0 ? '2026-02-20' : '2027-01-01');
      await ticket();
    }
  }

  test('is the same for one and for three hundred of everything, within three round trips', async () => {
    await fill(1);
    const few = await cost();
    expect(few.body.areas).toMatchObject({
      invoices: { unpaid: 1 },
      domains: { expired: 1 },
      'linked-accounts': { count: 1 },
    });
    desk = await domainDesk();
    await fill(300);
    const many = await cost();
    expect(many.body.areas).toMatchObject({
      invoices: { unpaid: 300 },
      domains: { expired: 150, active: 150 },
      'linked-accounts': { count: 300 },
    });
    expect(many.body.linkedAccounts.map(({ id }: { id: string }) => id)).toEqual(
      [299, 298, 297, 296, 295].map((made) => `acct_linked${made}`),
    );
    expect(many.cost).toEqual(few.cost);
    expect(many.cost.roundTrips).toBeLessThanOrEqual(3);
    expect(many.cost.transactions).toBe(0);
  });

  test('ends somewhere: the prices of twenty TLDs are read at most', async () => {
    for (let made = 0; made < 30; made++) {
      const name = `domain.tld${String.fromCodePoint(97 + (made % 26))}${made < 26 ? '' : 'x'}`;
      await done(
        desk.staff('POST', '/domains', { name, registeredOn: '2020-01-01', expiresOn: '2026-02-20' }),
      );
    }
    const { body, cost: asked } = await cost();
    expect(body.areas.domains).toEqual({ active: 0, expiringSoon: 0, expired: 30 });
    expect(asked.reads).toBeLessThanOrEqual(36);
    expect(asked.roundTrips).toBeLessThanOrEqual(3);
  });

  test('stays within three round trips where most notifications are for others', async () => {
    const notification = {
      accountId: desk.accountId,
      kind: 'ticket-message' as const,
      to: { userId: 'usr_other' },
      text: 'Something happened',
      subject: { kind: 'ticket', id: 'tkt_1', name: '1' },
      href: desk.base,
    };
    for (let made = 0; made < 500; made++) {
      await desk.portal.table.transact([notified(notification, desk.portal.now)]);
    }
    const { body, cost: asked } = await cost();
    expect(body.unreadNotifications).toBe(0);
    expect(asked.roundTrips).toBe(3);
  });
});
