import { beforeEach, describe, expect, test } from 'vitest';
import { family } from '../linked-accounts/linked-portal.ts';
import { gbp, line } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, comPrice, domainDesk } from '../../support/desks/domain-desk.ts';
import { dashboardDesk, done } from './dashboard-desk.ts';

let desk: DomainDesk;
const { areas, service, stands, ticket } = dashboardDesk(() => desk);

beforeEach(async () => {
  desk = await domainDesk();
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
