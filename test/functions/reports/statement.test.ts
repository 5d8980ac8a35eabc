import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp, line } from '../../support/desks/billing-desk.ts';
import { printedDocument } from '../../support/desks/printed-document.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const received = (receivedOn: string, amount: number, reference = 'FPS 1') => ({
  amount: gbp(amount),
  method: 'bank-transfer',
  reference,
  receivedOn,
});
const kindsOf = ({ movements }: any) => movements.map(({ kind, amount }: any) => [kind, amount.amount]);

describe('a statement', () => {
  test('is this month’s up to today, with each document’s number and how money came', async () => {
    const invoice = await desk.invoice(1_000);
    await desk.staff('POST', '/payments', received('2026-03-01', 400));
    const { body: note } = await desk.staff('POST', `/invoices/${invoice.id}/credit-notes`, {
      amount: gbp(100),
      reason: 'Late',
    });
    await desk.staff('POST', '/credit', { amount: gbp(50), reason: 'Goodwill' });
    const statement = await desk.get('/statement');
    expect(statement).toMatchObject({
      accountId: desk.accountId,
      accountName: 'Acme',
      currency: 'GBP',
      from: '2026-03-01',
      to: '2026-03-01',
      opening: gbp(0),
      closing: gbp(450),
      subtotals: [],
    });
    expect(statement.movements).toMatchObject([
      {
        kind: 'invoice',
        amount: gbp(1_000),
        balance: gbp(1_000),
        relatesTo: { kind: 'invoice', number: invoice.number, href: `${desk.base}/invoices/${invoice.id}` },
      },
      {
        kind: 'payment',
        amount: gbp(-400),
        method: 'bank-transfer',
        relatesTo: { kind: 'payment', number: null },
      },
      { kind: 'credit-note', amount: gbp(-100), relatesTo: { kind: 'credit-note', number: note.number } },
      { kind: 'adjustment', amount: gbp(-50), balance: gbp(450), relatesTo: null, reason: 'Goodwill' },
    ]);
  });

  test('leaves out what moves money within the account: credit that is applied is no news', async () => {
    const { id } = await desk.invoice(1_000);
    await desk.staff('POST', '/credit', { amount: gbp(300), reason: 'Goodwill' });
    await desk.owner('POST', `/invoices/${id}/credit`, {});
    const statement = await desk.get('/statement');
    expect(kindsOf(statement)).toEqual([
      ['invoice', 1_000],
      ['adjustment', -300],
    ]);
    expect(statement.closing).toEqual(gbp(700));
  });

  test('shows what a refund gave back, and the credit note that came with it, each by itself', async () => {
    const { id } = await desk.invoice(1_000);
    const { body: payment } = await desk.staff(
      'POST',
      `/invoices/${id}/payments`,
      received('2026-03-01', 1_000),
    );
    await desk.staff('POST', `/payments/${payment.id}/refunds`, { amount: gbp(200), reason: 'Sorry' });
    expect(kindsOf(await desk.get('/statement'))).toEqual([
      ['invoice', 1_000],
      ['payment', -1_000],
      ['refund', 200],
      ['credit-note', -200],
    ]);
  });

  test('has bank money on the day on which it came, and the opening balance of its first day', async () => {
    desk.portal.now = new Date('2026-02-10T10:00:00Z');
    await desk.invoice(1_000);
    desk.portal.now = new Date('2026-03-01T10:00:00Z');
    await desk.staff('POST', '/payments', received('2026-02-27', 400));
    const february = await desk.get('/statement', { from: '2026-02-01', to: '2026-02-28' });
    expect(february.movements.map(({ on }: any) => on)).toEqual(['2026-02-10', '2026-02-27']);
    expect(await desk.get('/statement')).toMatchObject({
      opening: gbp(600),
      movements: [],
      closing: gbp(600),
    });
    const since = await desk.get('/statement', { from: '2026-02-11', to: '2026-03-01' });
    expect(since).toMatchObject({ opening: gbp(1_000), closing: gbp(600) });
  });

  test('may be a PDF, in the account’s language', async () => {
    await desk.invoice(1_000);
    await desk.owner('PATCH', '', { language: 'de' });
    const printed = await printedDocument(desk.portal, desk.ownerId, `${desk.base}/statement`);
    expect(printed).toMatchObject({ title: 'Kontoauszug', buyer: { name: 'Acme' } });
    expect(printed.table.rows.map((row) => [row[0], row[3]])).toEqual([
      ['Anfangssaldo', '0,00'],
      ['Rechnung 2026-00001', '10,00'],
    ]);
    expect(printed.totals).toEqual([{ name: 'Endsaldo GBP', value: '10,00', important: true }]);
  });

  test('is in one currency, the account’s unless another is asked for', async () => {
    await desk.invoice(1_000);
    await desk.invoice(0, { lines: [line(700, 'EUR')] });
    expect((await desk.get('/statement')).closing).toEqual(gbp(1_000));
    const { movements, closing } = await desk.get('/statement', { currency: 'EUR' });
    expect([movements.length, closing]).toEqual([1, { amount: 700, currency: 'EUR' }]);
  });

  test('is refused for days in the wrong order, more than a year of them, and what is no currency', async () => {
    for (const [query, path] of [
      [{ from: '2026-03-02', to: '2026-03-01' }, 'from'],
      [{ from: '2025-02-28', to: '2026-03-01' }, 'from'],
      [{ from: '2026-02-30' }, 'from'],
      [{ currency: 'XYZ' }, 'currency'],
    ] as [Record<string, string>, string][]) {
      const answer = await desk.portal.call(desk.ownerId, 'GET', `${desk.base}/statement`, { query });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    }
    expect((await desk.get('/statement', { from: '2025-03-01', to: '2026-03-01' })).from).toBe('2025-03-01');
  });

  test('needs the permission to see invoices', async () => {
    const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, 'dev@acme.test', [
      'tickets',
    ]);
    const answer = await desk.portal.call(userId, 'GET', `${desk.base}/statement`);
    expect(answer).toMatchObject({ status: 403, body: { requiredPermission: 'invoices' } });
  });
});

test('a main account’s statement says what was charged and credited for each account beneath', async () => {
  const portal = new MemoryPortal();
  const main = await billingDesk(portal, 'Main');
  const beneath = await portal.createAccount('North', 'owner@north.test');
  const lineFor = (amount: number, id: string, accountId?: string) => ({
    ...line(amount, 'GBP', '20'),
    relatesTo: { kind: 'service', id, ...(accountId ? { accountId } : {}) },
  });
  const { id } = await main.invoice(0, {
    lines: [
      lineFor(1_000, 'svc_own'),
      lineFor(2_000, 'svc_n', beneath.accountId),
      lineFor(500, 'svc_m', beneath.accountId),
    ],
  });
  await main.staff('POST', `/invoices/${id}/credit-notes`, { lines: [{ line: '3' }], reason: 'Gone' });
  const { body: payment } = await main.staff(
    'POST',
    `/invoices/${id}/payments`,
    received('2026-03-01', 3_600),
  );
  // Its credit note is over all lines, in proportion: 1.00 of 12.00 and 2.00 of 24.00.
  await main.staff('POST', `/payments/${payment.id}/refunds`, { amount: gbp(300), reason: 'Sorry' });
  const { subtotals, closing } = await main.get('/statement');
  expect(subtotals).toEqual([
    { accountId: beneath.accountId, accountName: 'North', charged: gbp(3_000), credited: gbp(800) },
  ]);
  expect(closing).toEqual(gbp(0));
});
