import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { bookedIn, closeBooks, entriesOf, report } from '../../support/desks/books-desk.ts';
import { numbersOf } from '../../../shared/invoices/numbers.ts';
import { interleave } from '../../support/faults/stoppages.ts';

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const money = (receivedOn: string, reference = 'FPS 1') => ({
  amount: gbp(1_000),
  method: 'bank-transfer',
  reference,
  receivedOn,
});
const receive = (receivedOn: string, reference?: string) =>
  desk.staff('POST', '/payments', money(receivedOn, reference));
const note = (receivedOn: string) =>
  desk.portal.call('stan', 'POST', '/v1/staff/unassigned-money', { body: money(receivedOn) });
const refusedDay = {
  status: 400,
  body: {
    errors: [{ path: 'receivedOn', code: 'out-of-range', message: expect.stringContaining('2026-02-27') }],
  },
};

describe('books that are closed', () => {
  test('refuse money that came by bank on the last closed day, and take it on the next; nothing is lost', async () => {
    await desk.invoice(1_000);
    await closeBooks(desk.portal, '2026-02-27');
    expect(await receive('2026-02-27')).toMatchObject(refusedDay);
    expect(await note('2026-02-27')).toMatchObject(refusedDay);
    expect((await desk.get('/payments')).items).toEqual([]);
    expect(await receive('2026-02-28')).toMatchObject({ status: 201, body: { receivedOn: '2026-02-28' } });
    expect(entriesOf(desk.portal).map(({ kind, on }) => [kind, on])).toContainEqual([
      'payment',
      '2026-02-28',
    ]);
    await desk.agree();
  });

  test('refuse money for a mass payment whose payer quoted it, too', async () => {
    await desk.invoice(1_000);
    const { id } = await desk.summary();
    const { body } = await desk.pay(id, 'bank-transfer');
    const reference = /RF\w+/.exec(body.next.text)![0];
    await closeBooks(desk.portal, '2026-02-27');
    expect(await receive('2026-02-20', reference)).toMatchObject(refusedDay);
    expect(await receive('2026-02-28', reference)).toMatchObject({ status: 201 });
    expect(bookedIn(desk.portal, 'cash:bank-transfer', { from: '2026-02-28', to: '2026-02-28' })).toBe(1_000);
    await desk.agree();
  });

  test('let a payment of many invoices come to its end that was half way: the rest counts from today', async () => {
    const { table } = desk.portal;
    await desk.invoices(90);
    const { id } = await desk.summary();
    const { body } = await desk.pay(id, 'bank-transfer');
    const reference = /RF\w+/.exec(body.next.text)![0];
    let writes = 0;
    table.before = async (call) => {
      if (call !== 'transact' || ++writes < 2) return;
      table.before = () => {};
      expect((await closeBooks(desk.portal, '2026-02-27')).status).toBe(200);
    };
    const whole = { ...money('2026-02-27', reference), amount: gbp(9_000) };
    expect((await desk.staff('POST', '/payments', whole)).status).toBe(201);
    const entries = entriesOf(desk.portal).filter(({ kind }) => kind === 'payment');
    expect(entries.map(({ on }) => on)).toEqual(['2026-02-27', '2026-03-01']);
    expect(bookedIn(desk.portal, 'unallocated', { from: '2026-02-27', to: '2026-03-01' })).toBe(0);
    await desk.agree();
  });

  test('do not keep money from its account that was noted before they were closed: it counts from today', async () => {
    const { body } = await note('2026-02-20');
    await closeBooks(desk.portal, '2026-02-27');
    const assigned = await desk.portal.call('stan', 'POST', `/v1/staff/unassigned-money/${body.id}/assign`, {
      body: { accountId: desk.accountId },
    });
    expect(assigned.status).toBe(200);
    const { items } = await report(desk.portal, '/payments');
    expect(items).toMatchObject([{ receivedOn: '2026-02-20', bookedOn: '2026-03-01' }]);
    expect(bookedIn(desk.portal, 'cash:bank-transfer', { from: '2026-03-01', to: '2026-03-01' })).toBe(1_000);
  });

  test('refuse whatever a function would date that woke up too late: no number is taken and nothing booked', async () => {
    const { id } = await desk.invoice(1_000);
    await closeBooks(desk.portal, '2026-02-28');
    const rows = desk.portal.table.all().length;
    desk.portal.now = new Date('2026-02-28T10:00:00Z');
    const lines = [{ description: 'Free', quantity: 1, unitPrice: gbp(0) }];
    for (const [path, body] of [
      ['/invoices', { lines: [{ ...lines[0], unitPrice: gbp(1) }], dueOn: '2026-03-15' }],
      // Nothing is booked for it, but it takes a number.
      ['/invoices', { lines, dueOn: '2026-03-15' }],
      [`/invoices/${id}/credit-notes`, { amount: gbp(1), reason: 'Late' }],
      [`/invoices/${id}/cancel`, {}],
      ['/credit', { amount: gbp(1), reason: 'Late' }],
    ] as const) {
      const { status, body: answer } = await desk.staff('POST', path, body);
      expect([path, status]).toEqual([path, 409]);
      expect(answer).toMatchObject({ code: 'conflict', detail: expect.stringContaining('2026-02-28') });
    }
    expect(desk.portal.table.all().length).toBe(rows);
    desk.portal.now = new Date('2026-03-01T11:00:00Z');
    expect((await desk.invoice(1_000)).number).toBe('2026-00002');
  });

  test('are closed for money that is being recorded at that moment, wherever that is', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      const both = await interleave(
        desk.portal,
        nth,
        () => receive('2026-02-20'),
        () => closeBooks(desk.portal, '2026-02-27'),
      );
      if (both === null) break;
      expect([nth, ...both.map(({ status }) => status)]).toEqual([nth, 400, 200]);
      expect(entriesOf(desk.portal)).toEqual([]);
    }
  });

  test('give no number to any document', async () => {
    await closeBooks(desk.portal, '2026-02-27');
    for (const of of ['invoice', 'credit-note', 'receipt'] as const) {
      await expect(numbersOf(desk.portal.table, '2026-02-27').next(of)).rejects.toThrow(
        'closed until 2026-02-27',
      );
      expect((await numbersOf(desk.portal.table, '2026-02-28').next(of)).number).toContain('2026-00001');
    }
  });

  test('open again where an administrator says so', async () => {
    await closeBooks(desk.portal, '2026-02-27');
    expect((await closeBooks(desk.portal, null)).status).toBe(200);
    expect((await receive('2026-02-20')).status).toBe(201);
  });
});

describe('the day until which they are closed', () => {
  const path = 'books.closedUntil';

  test('is over: neither today nor a day to come, and yesterday from an hour after midnight on', async () => {
    for (const day of ['2026-03-01', '2026-03-02', '2027-01-01']) {
      expect(await closeBooks(desk.portal, day)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    }
    desk.portal.now = new Date('2026-03-01T00:30:00Z');
    expect((await closeBooks(desk.portal, '2026-02-28')).status).toBe(400);
    desk.portal.now = new Date('2026-03-01T01:00:00Z');
    expect((await closeBooks(desk.portal, '2026-02-28')).status).toBe(200);
    expect((await desk.invoice(1_000)).status).toBe('unpaid');
  });

  test('is not made today again by another time zone', async () => {
    desk.portal.now = new Date('2026-03-01T02:00:00Z');
    await closeBooks(desk.portal, '2026-02-28');
    const put = (timeZone: string) =>
      desk.portal.call('stan', 'PUT', '/v1/staff/settings', { body: { timeZone } });
    expect(await put('America/New_York')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'timeZone', code: 'not-allowed' }] },
    });
    expect((await put('Europe/Berlin')).status).toBe(200);
  });

  test('is an administrator’s to change, and all of them are told', async () => {
    desk.portal.addStaff('seth', ['settings', 'billing']);
    const body = { [path]: '2026-02-27' };
    const refused = await desk.portal.call('seth', 'PUT', '/v1/staff/settings', { body });
    expect(refused).toMatchObject({ status: 403, body: { requiredRoles: ['administrator'] } });
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    await closeBooks(desk.portal, '2026-02-27');
    await desk.portal.deliver();
    expect(desk.portal.mails.map(({ text }) => text)).toEqual([expect.stringContaining(path)]);
  });
});
