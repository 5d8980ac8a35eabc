import { beforeEach, describe, expect, test } from 'vitest';
import { invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { allOf, report, tableOf } from '../../support/desks/books-desk.ts';

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const onDay = (day: string) => {
  desk.portal.now = new Date(`${day}T10:00:00Z`);
};
const received = (receivedOn: string, reference: string) => ({
  amount: gbp(1_000),
  method: 'bank-transfer',
  reference,
  receivedOn,
});

describe('documents of all accounts', () => {
  test('are found by the day of their number, the newest first, over months without any', async () => {
    const other = await billingDesk(desk.portal, 'Globex');
    onDay('2025-11-30');
    const first = await desk.invoice(1_000);
    onDay('2026-03-01');
    const second = await other.invoice(2_000);
    const draft = await desk.invoice(3_000, { draft: true });
    const days = { from: '2025-11-30', to: '2026-03-01' };
    const items = await allOf(desk.portal, '/invoices', days);
    expect(items.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(items[0]).toMatchObject({
      accountId: other.accountId,
      accountName: 'Globex',
      href: `${other.base}/invoices/${second.id}`,
      total: gbp(2_000),
    });
    expect(items[0].lines).toBeUndefined();
    // This month’s, unless said otherwise.
    expect((await report(desk.portal, '/invoices')).items).toHaveLength(1);
    await desk.staff('POST', `/invoices/${draft.id}/issue`);
    expect((await report(desk.portal, '/invoices')).items.map(({ id }: any) => id)).toEqual([
      draft.id,
      second.id,
    ]);
  });

  test('are listed by status, in pages that leave none out', async () => {
    for (let made = 0; made < 9; made++) await desk.invoice(1_000 + made);
    const { items } = await desk.get('/invoices');
    for (const { id } of items.filter((_: unknown, index: number) => index % 3 === 0)) {
      await desk.staff('POST', `/invoices/${id}/cancel`, {});
    }
    const cancelled = await allOf(desk.portal, '/invoices', { status: 'cancelled' });
    expect(cancelled.map(({ id }) => id)).toEqual([items[0].id, items[3].id, items[6].id]);
    expect(await tableOf(desk.portal, '/invoices', { status: 'cancelled' })).toHaveLength(3);
    expect(await allOf(desk.portal, '/credit-notes')).toHaveLength(3);
  });

  test('are for the staff who bill alone', async () => {
    desk.portal.addStaff('sue', ['support']);
    for (const path of [
      '/invoices',
      '/credit-notes',
      '/payments',
      '/reports/tax',
      '/reports/receivables',
      '/reports/journal',
    ]) {
      for (const who of ['sue', desk.ownerId]) {
        expect((await desk.portal.call(who, 'GET', `/v1/staff${path}`)).status, path).toBe(403);
      }
    }
  });
});

describe('payments of all accounts', () => {
  test('are on the day on which bank money came', async () => {
    await desk.staff('POST', '/payments', received('2026-02-10', 'FPS 1'));
    await desk.staff('POST', '/payments', received('2026-03-01', 'FPS 2'));
    const february = { from: '2026-02-01', to: '2026-02-28' };
    expect(await allOf(desk.portal, '/payments', february)).toMatchObject([
      { reference: 'FPS 1', bookedOn: '2026-02-10', amount: gbp(1_000), toCredit: gbp(1_000) },
    ]);
  });
});

describe('money without an account', () => {
  test('is found by the days on which it came, and all of it without days', async () => {
    for (const [day, reference] of [
      ['2026-01-05', 'A'],
      ['2026-03-01', 'B'],
      ['2026-02-28', 'C'],
    ] as const) {
      await desk.portal.call('stan', 'POST', '/v1/staff/unassigned-money', {
        body: received(day, reference),
      });
    }
    const referencesOf = (items: any[]) => items.map(({ reference }) => reference);
    const path = '/unassigned-money';
    expect(referencesOf(await allOf(desk.portal, path, { from: '2026-01-05', to: '2026-02-28' }))).toEqual([
      'C',
      'A',
    ]);
    expect(referencesOf(await allOf(desk.portal, path))).toEqual(['C', 'B', 'A']);
    expect(referencesOf(await tableOf(desk.portal, path, { from: '2026-03-01' }))).toEqual(['B']);
    expect(await tableOf(desk.portal, path, { status: 'assigned' })).toEqual([]);
  });
});

describe('a table', () => {
  test('has no cell that a spreadsheet would run', async () => {
    const reference = '=HYPERLINK("https://evil.test")';
    await desk.staff('POST', '/payments', received('2026-03-01', reference));
    const { body } = await desk.portal.call('stan', 'GET', '/v1/staff/payments', {
      headers: { accept: 'text/csv' },
    });
    const text = Buffer.from(body as unknown as string, 'base64').toString();
    expect(text).toContain(`,"'=HYPERLINK(""https://evil.test"")",`);
  });
});

describe('what is owed', () => {
  test('is listed by account, a page at a time, with how long each has been overdue', async () => {
    const desks = [desk];
    for (const name of ['B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'])
      desks.push(await billingDesk(desk.portal, name));
    for (const [index, each] of desks.entries()) {
      await each.invoice(100, { dueOn: '2026-03-31' });
      await each.invoice(1_000 + index, { dueOn: '2026-03-01' });
    }
    onDay('2026-03-31');
    const items = await allOf(desk.portal, '/reports/receivables');
    expect(items.map(({ accountId }) => accountId)).toEqual(
      desks.map(({ accountId }) => accountId).toSorted(),
    );
    expect(items[0]).toMatchObject({
      accountName: 'Acme',
      notDue: gbp(100),
      days1To30: gbp(1_000),
      days31To60: gbp(0),
      total: gbp(1_100),
    });
    onDay('2026-04-01');
    const [aged] = await allOf(desk.portal, '/reports/receivables');
    expect(aged).toMatchObject({ days1To30: gbp(100), days31To60: gbp(1_000) });
    for (const [day, age] of [
      ['2026-04-30', 'days31To60'],
      ['2026-05-01', 'days61To90'],
      ['2026-05-30', 'days61To90'],
      ['2026-05-31', 'over90Days'],
    ] as const) {
      onDay(day);
      const [first] = await allOf(desk.portal, '/reports/receivables');
      expect([day, first[age].amount]).toEqual([day, expect.toSatisfy((amount: number) => amount >= 1_000)]);
    }
  });

  test('is looked for among open invoices alone: one that is paid is none, until its money goes back', async () => {
    const store = invoiceStore(desk.portal.table);
    const open = async () => (await store.open({ limit: 100, after: undefined })).items.map(({ id }) => id);
    const draft = await desk.invoice(1_000, { draft: true });
    expect(await open()).toEqual([]);
    await desk.staff('POST', `/invoices/${draft.id}/issue`);
    expect(await open()).toEqual([draft.id]);
    const { body } = await desk.staff('POST', '/payments', received('2026-03-01', 'FPS 1'));
    expect(await open()).toEqual([]);
    await desk.staff('POST', `/payments/${body.id}/refunds`, { reason: 'Bounced', owedAgain: true });
    expect(await open()).toEqual([draft.id]);
  });
});
