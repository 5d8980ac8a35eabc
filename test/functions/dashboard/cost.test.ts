import { beforeEach, describe, expect, test } from 'vitest';
import { notificationRow } from '../../../shared/notifications/notification.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { accountRows } from '../../../shared/accounts/people-store.ts';
import { Meter } from '../../bench/meter.ts';
import { type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';
import { dashboardDesk, done } from './dashboard-desk.ts';

let desk: DomainDesk;
const { service, ticket } = dashboardDesk(() => desk);

beforeEach(async () => {
  desk = await domainDesk();
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
    expect(asked.reads).toBeLessThanOrEqual(37);
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
      await desk.portal.table.transact([notificationRow(notification, desk.portal.now)]);
    }
    const { body, cost: asked } = await cost();
    expect(body.unreadNotifications).toBe(0);
    expect(asked.roundTrips).toBe(3);
  });
});
