import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { insist, interleave, settle, statusesOf, stopAt, stoppages } from '../../support/faults/stoppages.ts';

// What is stopped on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const path = '/v1/staff/unassigned-money';
const money = {
  amount: gbp(1_000),
  method: 'bank-transfer',
  reference: 'A FRIEND',
  receivedOn: '2026-03-01',
};
const staff = (method: string, below = '', body?: object, key?: string) =>
  desk.portal.call('stan', method, `${path}${below}`, {
    ...(body ? { body } : {}),
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
const note = (more: object = {}, key?: string) => staff('POST', '', { ...money, ...more }, key);
const assign = (id: string, more: object = {}, key?: string) =>
  staff('POST', `/${id}/assign`, { accountId: desk.accountId, ...more }, key);

describe('money that fits no account', () => {
  test('is noted and listed, and is in no account’s books', async () => {
    const { status, body, headers } = await note({ note: 'Who is this?' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...money,
      note: 'Who is this?',
      notedBy: { kind: 'staff' },
      status: 'unassigned',
      accountId: null,
      paymentId: null,
    });
    expect(headers['location']).toBe(`${path}/${body.id}`);
    expect((await staff('GET', `/${body.id}`)).body).toEqual(body);
    const second = (await note({ reference: 'ANOTHER' })).body;
    expect((await staff('GET')).body.items).toEqual([second, body]);
    expect((await desk.get('/payments')).items).toEqual([]);
    expect((await note({ receivedOn: '2026-03-02' })).status).toBe(400);
    await desk.agree();
  });

  test('is listed by what became of it, a page at a time', async () => {
    const ids: string[] = [];
    for (const reference of ['A', 'B', 'C']) ids.unshift((await note({ reference })).body.id);
    await assign(ids[1]!);
    const listed = async (query: Record<string, string>) =>
      (await desk.portal.call('stan', 'GET', path, { query })).body;
    const idsOf = (page: any) => page.items.map((item: any) => item.id);
    expect(idsOf(await listed({ status: 'unassigned' }))).toEqual([ids[0], ids[2]]);
    expect(idsOf(await listed({ status: 'assigned' }))).toEqual([ids[1]]);
    const first = await listed({ limit: '2' });
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    expect(idsOf(await listed({ limit: '2', cursor: first.nextCursor }))).toEqual(ids.slice(2));
  });

  test('becomes a payment of the account that it is assigned to, of the day on which it came', async () => {
    const invoice = await desk.invoice(700);
    const { id } = (await note({ receivedOn: '2026-02-27' })).body;
    const { status, body } = await assign(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      status: 'assigned',
      accountId: desk.accountId,
      assignedBy: { kind: 'staff' },
    });
    expect(await desk.get(`/payments/${body.paymentId}`)).toMatchObject({
      amount: gbp(1_000),
      reference: 'A FRIEND',
      receivedOn: '2026-02-27',
      allocations: [{ invoiceId: invoice.id, amount: gbp(700) }],
      toCredit: gbp(300),
    });
    expect((await staff('GET', `/${id}`)).body).toEqual(body);
    await desk.agree();
  });

  test('is allocated as staff say, or stays as it was where that is refused', async () => {
    const [one, two] = [await desk.invoice(700), await desk.invoice(700)];
    const { id } = (await note()).body;
    const to = (amount: number) => ({ allocations: [{ invoiceId: two.id, amount: gbp(amount) }] });
    expect((await assign(id, to(701))).status).toBe(400);
    expect((await assign(id, { accountId: 'acct_nobody' })).body.errors).toMatchObject([
      { path: 'accountId' },
    ]);
    expect((await staff('GET', `/${id}`)).body).toMatchObject({ status: 'unassigned' });
    expect((await assign(id, to(600))).status).toBe(200);
    expect(await desk.get(`/invoices/${one.id}`)).toMatchObject({ paid: gbp(0) });
    expect(await desk.get(`/invoices/${two.id}`)).toMatchObject({ paid: gbp(600) });
    await desk.agree();
  });

  test('is assigned once: the second time the payment is named', async () => {
    const { id } = (await note()).body;
    const { paymentId } = (await assign(id)).body;
    const other = await billingDesk(desk.portal, 'Other');
    expect(await assign(id, { accountId: other.accountId })).toMatchObject({
      status: 409,
      body: { code: 'already-decided', payment: { id: paymentId, accountId: desk.accountId } },
    });
    expect((await assign('umon_none')).status).toBe(404);
    await desk.agree();
  });

  test('is not assigned by who has seen another version of it', async () => {
    const { id } = (await note()).body;
    const body = { accountId: desk.accountId };
    const headers = { 'if-match': '"another"' };
    const stale = await desk.portal.call('stan', 'POST', `${path}/${id}/assign`, { body, headers });
    expect(stale.status).toBe(412);
    await desk.agree();
  });

  test('is assigned once by two at once, wherever the one is as the other begins', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      const other = await billingDesk(desk.portal, 'Other');
      const { id } = (await note()).body;
      const both = await interleave(
        desk.portal,
        nth,
        () => assign(id),
        () => assign(id, { accountId: other.accountId }),
      );
      if (both === null) {
        expect(nth).toBeGreaterThan(3);
        return;
      }
      expect(statusesOf(both)).toEqual([200, 409]);
      const payments = [...(await desk.get('/payments')).items, ...(await other.get('/payments')).items];
      expect(payments).toHaveLength(1);
      await desk.agree();
      await other.agree();
    }
  });

  test.each(stoppages)('is assigned once, though it %s at any of its calls', async (how) => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      await desk.invoice(700);
      const { id } = (await note()).body;
      const stopped = await stopAt(desk.portal, how, nth, () => assign(id, {}, 'once'));
      const again = await insist(() => assign(id, {}, 'once'));
      expect(again).toMatchObject({ status: 200, body: { status: 'assigned' } });
      expect((await desk.get('/payments')).items).toHaveLength(1);
      await settle(desk.portal);
      await desk.agree();
      if (!stopped) return;
    }
  });

  test('is not recorded for an account as well: it is named, and once assigned its payment', async () => {
    const invoice = await desk.invoice(700);
    const record = () => desk.staff('POST', `/invoices/${invoice.id}/payments`, money);
    const { id } = (await note()).body;
    const refused = await record();
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'recorded-before', unassignedMoney: { id, href: `${path}/${id}` } },
    });
    expect((await note()).body.code).toBe('recorded-before');
    const { paymentId } = (await assign(id)).body;
    expect((await record()).body).toMatchObject({
      code: 'recorded-before',
      payment: { id: paymentId, accountId: desk.accountId },
    });
    expect((await note()).body.payment).toMatchObject({ id: paymentId });
    expect((await note({ another: true })).status).toBe(201);
  });

  test('is not noted where it was recorded for an account', async () => {
    const { id } = (await desk.staff('POST', '/payments', money)).body;
    expect((await note()).body).toMatchObject({ code: 'recorded-before', payment: { id } });
  });

  test('is assigned by nobody who is a client there', async () => {
    const { id } = (await note()).body;
    desk.portal.addStaff('both', ['billing']);
    await desk.portal.table.transact([
      {
        put: {
          pk: 'USER#both',
          sk: `MEMBER#${desk.accountId}`,
          accountId: desk.accountId,
          role: 'sub-account',
          contactId: 'con_both',
          permissions: [],
          expiresAtSeconds: null,
          version: 'v1',
        },
      },
    ]);
    const body = { accountId: desk.accountId };
    const refused = await desk.portal.call('both', 'POST', `${path}/${id}/assign`, { body });
    expect(refused).toMatchObject({ status: 403, body: { code: 'staff-only' } });
  });
});
