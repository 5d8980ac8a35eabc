import { beforeEach, describe, expect, test } from 'vitest';
import { mostMarks } from '../../../shared/notifications/notification-store.ts';
import type { Item } from '../../../shared/table/table.ts';
import { type Notification, notificationRow } from '../../../shared/notifications/notification.ts';
import { family } from '../linked-accounts/linked-portal.ts';
import { type BillingDesk, billingDesk } from '../../support/desks/billing-desk.ts';
import type { MemoryPortal } from '../../support/memory/memory-portal.ts';

const day = 24 * 60 * 60;

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

/** Writes a notification; its id. */
async function tell(
  portal: MemoryPortal,
  accountId: string,
  extra: Partial<Notification> = {},
): Promise<string> {
  const notification = notificationRow(
    {
      accountId,
      kind: 'invoice-issued',
      to: { permissions: ['invoices'] },
      text: 'Invoice 2026-00001 was issued',
      subject: { kind: 'invoice', id: 'inv_1', name: '2026-00001' },
      href: `/v1/accounts/${accountId}/invoices/inv_1`,
      ...extra,
    },
    portal.now,
  ) as { put: Item };
  await portal.table.transact([notification]);
  return String(notification.put['id']);
}

const told = (extra: Partial<Notification> = {}) => tell(desk.portal, desk.accountId, extra);

async function toldOften(count: number, extra: Partial<Notification> = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) ids.push(await told(extra));
  return ids;
}

const person = async (permissions: string[], email = 'sam@acme.test') =>
  (await desk.portal.createSubAccount(desk.ownerId, desk.accountId, email, permissions)).userId;

const list = async (userId = desk.ownerId, query: Record<string, string> = {}, base = desk.base) => {
  const listed = await desk.portal.call(userId, 'GET', `${base}/notifications`, { query });
  expect(listed).toMatchObject({ status: 200 });
  return listed.body;
};
const idsFor = async (userId?: string, base = desk.base): Promise<string[]> =>
  (await list(userId, { limit: '100' }, base)).items.map(({ id }: { id: string }) => id);
const read = (id: string, userId = desk.ownerId, base = desk.base) =>
  desk.portal.call(userId, 'POST', `${base}/notifications/${id}/read`);
const marksOf = (userId: string) =>
  desk.portal.table.get({ pk: `ACCOUNT#${desk.accountId}`, sk: `NOTIFICATIONS-READ#${userId}` });

describe('a notification', () => {
  test('is shown with what it is about, and not for whom else it is', async () => {
    const id = await told();
    expect(await list()).toEqual({
      items: [
        {
          id,
          accountId: desk.accountId,
          kind: 'invoice-issued',
          text: 'Invoice 2026-00001 was issued',
          subject: { kind: 'invoice', id: 'inv_1', name: '2026-00001' },
          href: `${desk.base}/invoices/inv_1`,
          read: false,
          createdAt: '2026-03-01T10:00:00.000Z',
        },
      ],
      nextCursor: null,
      unread: 1,
    });
  });

  test('is gone once it has expired, whether or not the table has removed it', async () => {
    const id = await told();
    desk.portal.advance(180 * day - 1);
    expect(await list()).toMatchObject({ items: [{ id }], unread: 1 });
    desk.portal.advance(1);
    expect(await list()).toEqual({ items: [], nextCursor: null, unread: 0 });
    expect(await read(id)).toMatchObject({ status: 404 });
    expect(desk.portal.table.all().some((item) => item['id'] === id)).toBe(true);
  });
});

describe('reading', () => {
  test('is each person’s own', async () => {
    const id = await told();
    const sam = await person(['invoices']);
    const answered = await read(id);
    expect(answered).toMatchObject({ status: 200 });
    const [shown] = (await list()).items;
    expect(answered.body).toEqual(shown);
    expect(await list()).toMatchObject({ items: [{ id, read: true }], unread: 0 });
    expect(await list(sam)).toMatchObject({ items: [{ id, read: false }], unread: 1 });
    expect(await list('stan')).toMatchObject({ items: [{ id, read: false }], unread: 1 });
    expect(await read(id, 'stan')).toMatchObject({ status: 200, body: { read: true } });
    expect(await list('stan')).toMatchObject({ unread: 0 });
    expect(await list(sam)).toMatchObject({ unread: 1 });
  });

  test('is each account’s own', async () => {
    const other = await billingDesk(desk.portal, 'Globex');
    await desk.portal.createSubAccount(other.ownerId, other.accountId, 'owner@acme.test', ['invoices']);
    const [here, there] = [await told(), await tell(desk.portal, other.accountId)];
    expect(await read(here)).toMatchObject({ status: 200 });
    expect(await list()).toMatchObject({ items: [{ id: here, read: true }] });
    expect(await list(desk.ownerId, {}, other.base)).toMatchObject({ items: [{ id: there, read: false }] });
  });

  test('again is fine, and keeps when it was read first', async () => {
    const id = await told();
    const first = await read(id);
    desk.portal.advance(60);
    const again = await read(id);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(await marksOf(desk.ownerId)).toMatchObject({ [id]: '2026-03-01T10:00:00.000Z' });
  });

  test('two at once marks both', async () => {
    const ids = await toldOften(2);
    const answers = await Promise.all(ids.map((id) => read(id)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await list()).toMatchObject({ items: [{ read: true }, { read: true }], unread: 0 });
  });

  test('takes no turns with anybody: it lands with one write, whoever writes in between', async () => {
    const [one, two] = await toldOften(2);
    // Signed in before: the authoriser notes that.
    await list();
    const { table } = desk.portal;
    let others = 1;
    table.before = async (call) => {
      if (call === 'transact' && others-- > 0) await read(two!);
    };
    const { calls } = table;
    const before = calls.transact;
    expect(await read(one!)).toMatchObject({ status: 200 });
    expect(calls.transact - before).toBe(2);
    expect(await list()).toMatchObject({ unread: 0 });
  });

  test('leaves nothing in the log, mails nobody, and asks nothing more of the authoriser', async () => {
    const id = await told();
    await desk.portal.deliver();
    const [mails, activity] = [desk.portal.mails.length, (await desk.get('/activity')).items];
    const people = () => desk.portal.table.all().filter(({ pk }) => pk.startsWith('USER#'));
    const before = people();
    await read(id);
    expect(desk.portal.nudged).toEqual([]);
    await desk.portal.deliver();
    expect(desk.portal.mails).toHaveLength(mails);
    expect((await desk.get('/activity')).items).toEqual(activity);
    expect(people()).toEqual(before);
  });

  test('is refused to whom lost the access in the meantime', async () => {
    const id = await told({ to: { permissions: [] } });
    const sam = await person(['invoices']);
    const cached = await desk.portal.authorizer(sam);
    const contact = (await desk.get('/contacts')).items.find(
      ({ email }: { email: string }) => email === 'sam@acme.test',
    );
    const path = `/contacts/${contact.id}/sub-account`;
    expect((await desk.owner('PUT', path, { permissions: ['tickets'] })).status).toBe(200);
    const late = await desk.portal.call(sam, 'POST', `${desk.base}/notifications/${id}/read`, { cached });
    expect(late).toMatchObject({ status: 409, body: { type: expect.stringContaining('access-changed') } });
    expect(await marksOf(sam)).toBeUndefined();
  });

  test('with one Idempotency-Key is answered the same again', async () => {
    const id = await told();
    const once = () =>
      desk.owner('POST', `/notifications/${id}/read`, undefined, { 'idempotency-key': 'one' });
    const [first, again] = [await once(), await once()];
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotent-replayed']).toBe('true');
  });

  test('keeps as many marks as there may be: those of the oldest notifications go', async () => {
    const ids = await toldOften(mostMarks + 2);
    for (const id of ids.slice(0, mostMarks)) await read(id);
    const kept = async () =>
      Object.keys((await marksOf(desk.ownerId))!).filter((name) => name.startsWith('ntf_'));
    expect(await kept()).toHaveLength(mostMarks);
    await Promise.all(ids.slice(-2).map((id) => read(id)));
    await read(ids[0]!);
    const left = await kept();
    expect(left).toHaveLength(mostMarks);
    expect(left).toEqual(expect.arrayContaining([ids[0], ...ids.slice(-(mostMarks - 1))]));
    expect((await marksOf(desk.ownerId))!['expiresAt']).toBeUndefined();
    expect(await list()).toMatchObject({ unread: 0 });
  });
});

describe('who sees a notification', () => {
  test('holds all of its permissions', async () => {
    const both = await told({ to: { permissions: ['orders', 'linked-accounts'] } });
    const one = await told({ to: { permissions: ['orders'] } });
    const anybody = await told({ to: { permissions: [] } });
    expect(await idsFor(await person(['orders']))).toEqual([anybody, one]);
    expect(await idsFor(await person(['orders', 'linked-accounts'], 'both@acme.test'))).toEqual([
      anybody,
      one,
      both,
    ]);
    expect(await idsFor(await person(['invoices'], 'other@acme.test'))).toEqual([anybody]);
    expect(await idsFor()).toEqual([anybody, one, both]);
  });

  test('or is the person it is for: neither the owner nor staff see it then', async () => {
    const sam = await person([]);
    const id = await told({ to: { userId: sam } });
    expect(await list(sam)).toMatchObject({ items: [{ id }], unread: 1 });
    expect(await idsFor()).toEqual([]);
    expect(await idsFor('stan')).toEqual([]);
    expect(await read(id)).toMatchObject({ status: 404 });
    expect(await read(id, 'stan')).toMatchObject({ status: 404 });
    expect(await read(id, sam)).toMatchObject({ status: 200 });
  });

  test('sees it as long as the permissions are held', async () => {
    const { contactId, userId } = await desk.portal.createSubAccount(
      desk.ownerId,
      desk.accountId,
      'sam@acme.test',
      ['invoices'],
    );
    const id = await told();
    expect(await idsFor(userId)).toEqual([id]);
    await desk.owner('PUT', `/contacts/${contactId}/sub-account`, { permissions: ['tickets'] });
    expect(await list(userId)).toEqual({ items: [], nextCursor: null, unread: 0 });
    expect(await read(id, userId)).toMatchObject({ status: 404 });
  });

  test('has a part in the account: for everybody else there is nothing', async () => {
    const id = await told({ to: { permissions: [] } });
    const other = await billingDesk(desk.portal, 'Globex');
    const elsewhere = await tell(desk.portal, other.accountId, { to: { permissions: [] } });
    for (const path of ['/notifications', `/notifications/${id}/read`]) {
      const method = path.endsWith('read') ? 'POST' : 'GET';
      expect(await desk.portal.call(other.ownerId, method, desk.base + path)).toMatchObject({ status: 404 });
    }
    expect(await read(elsewhere)).toMatchObject({ status: 404 });
    expect(await read(id, other.ownerId, other.base)).toMatchObject({ status: 404 });
    expect(await read('ntf_missing')).toMatchObject({ status: 404 });
    expect(await idsFor(other.ownerId, other.base)).toEqual([elsewhere]);
    expect(await marksOf(other.ownerId)).toBeUndefined();
  });

  test('of a main account is one who may see that much of the account beneath it', async () => {
    const { portal, main, north, ...here } = await family();
    const invoices = await tell(portal, north.id);
    const tickets = await tell(portal, north.id, { to: { permissions: ['tickets'] } });
    const orders = await tell(portal, north.id, { to: { permissions: ['orders'] } });
    const hidden = await tell(portal, north.id, {
      to: { permissions: ['tickets'] },
      hiddenFromMainAccount: true,
    });
    const seen = async (userId: string) => {
      const { status, body } = await portal.call(userId, 'GET', `${north.base}/notifications`);
      return status === 200 ? body.items.map(({ id }: { id: string }) => id) : status;
    };
    expect(await seen(north.ownerId)).toEqual([hidden, orders, tickets, invoices]);
    expect(await seen(main.ownerId)).toEqual([orders, tickets]);
    const { userId } = await here.person(['linked-accounts', 'tickets', 'invoices']);
    expect(await seen(userId)).toEqual([tickets]);
    const without = await here.person(['tickets'], 'without@main.test');
    expect(await seen(without.userId)).toBe(403);
    const mark = (id: string) => portal.call(userId, 'POST', `${north.base}/notifications/${id}/read`);
    expect(await mark(tickets)).toMatchObject({ status: 200, body: { read: true } });
    for (const id of [invoices, orders, hidden]) expect(await mark(id)).toMatchObject({ status: 404 });
    const { body } = await portal.call(userId, 'GET', `${north.base}/notifications`);
    expect(body).toMatchObject({ items: [{ id: tickets, read: true }], unread: 0 });
    expect((await north.get('/notifications')).body.unread).toBe(4);
  });
});

describe('the list', () => {
  test('is newest first and goes on behind its cursor past what is not shown', async () => {
    const sam = await person(['invoices']);
    const shown: string[] = [];
    for (let made = 0; made < 5; made++) {
      shown.unshift(await told());
      await told({ to: { permissions: ['tickets'] } });
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await list(sam, { limit: '2', ...(cursor ? { cursor } : {}) });
      expect(page.unread).toBe(5);
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(shown);
  });

  test('is read on for a few rounds only where little of it is shown', async () => {
    const sam = await person(['invoices']);
    const oldest = await told();
    await toldOften(30, { to: { permissions: ['tickets'] } });
    const first = await list(sam, { limit: '10' });
    expect(first).toMatchObject({ items: [], nextCursor: expect.any(String), unread: 1 });
    const then = await list(sam, { limit: '10', cursor: first.nextCursor });
    expect(then).toMatchObject({ items: [{ id: oldest }], nextCursor: null });
  });

  test('has pages of 25 unless asked otherwise', async () => {
    await toldOften(26);
    expect((await list()).items).toHaveLength(25);
  });

  test.each([
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['kind', { kind: 'invoice-issued' }],
    ['cursor', { cursor: 'x' }],
  ])('refuses %s: %j', async (_, query) => {
    const refused = await desk.portal.call(desk.ownerId, 'GET', `${desk.base}/notifications`, { query });
    expect(refused).toMatchObject({ status: 400 });
  });
});

describe('the number of unread notifications', () => {
  test('is of those the person may see, on every page', async () => {
    const sam = await person(['tickets']);
    const ids = await toldOften(4);
    await told({ to: { permissions: ['tickets'] } });
    await read(ids[0]!);
    expect(await list(desk.ownerId, { limit: '1' })).toMatchObject({ unread: 4 });
    expect(await list(sam)).toMatchObject({ unread: 1 });
  });

  test('is of the latest hundred: never more', async () => {
    const ids = await toldOften(130);
    expect(await list()).toMatchObject({ unread: 100 });
    await read(ids[0]!);
    expect(await list()).toMatchObject({ unread: 100 });
    await read(ids.at(-1)!);
    expect(await list()).toMatchObject({ unread: 99 });
  });
});
