import { beforeEach, describe, expect, test } from 'vitest';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import { notificationRow } from '../../../shared/notifications/notification.ts';
import { Meter } from '../../bench/meter.ts';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';
import { dashboardDesk, done } from './dashboard-desk.ts';

const areaKeys = ['products', 'domains', 'invoices', 'quotes', 'tickets', 'orders', 'linked-accounts'];

let desk: DomainDesk;
const { dashboard, person, seenBy, service } = dashboardDesk(() => desk);

beforeEach(async () => {
  desk = await domainDesk();
});

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
    // The grant, the account, the settings, the summary of its services, quotes, notifications and what was read of them.
    expect(cost).toMatchObject({ reads: 7, roundTrips: 1, transactions: 0 });
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
      await desk.portal.table.transact([notificationRow(notification, desk.portal.now)]);
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
