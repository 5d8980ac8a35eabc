import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { serviceDesk } from './service-desk.ts';

let desk: Awaited<ReturnType<typeof serviceDesk>>;

beforeEach(async () => {
  desk = await serviceDesk();
});

describe('a change', () => {
  const change = (productId: string, extra: object = {}) =>
    desk.post('change', { productId, mode: 'self', ...extra });

  test('to a dearer product is invoiced for the days that are left, and due as invoices are', async () => {
    desk.at('2026-03-12');
    const changed = await change('prd_big', { on: '2026-03-12' });
    const [invoice] = await desk.unpaid();
    expect(changed.body).toMatchObject({
      productId: 'prd_big',
      name: 'Big (monthly)',
      price: gbp(6200),
      nextDueOn: '2026-04-01',
      ticketId: null,
      invoiceId: invoice.id,
    });
    // Twenty days of thirty-one.
    expect(invoice).toMatchObject({ subtotal: gbp(2000), total: gbp(2400), dueOn: '2026-03-26' });
    await desk.payAll();
    expect(await desk.read()).toMatchObject({ nextDueOn: '2026-04-01' });
    await desk.portal.renew(new Date('2026-03-20T10:00:00Z'));
    expect(await desk.unpaid()).toMatchObject([{ total: gbp(7440), dueOn: '2026-04-01' }]);
    await desk.agree();
  });

  test('to a cheaper product gives the rest back as credit, with the tax on it', async () => {
    await desk.addPaid();
    desk.at('2026-03-12');
    const changed = await change('prd_small');
    expect(changed.body).toMatchObject({ price: gbp(1550), invoiceId: null });
    expect(await desk.credit()).toEqual(gbp(1200));
    expect(await desk.unpaid()).toEqual([]);
    await desk.agree();
  });

  test('there and back, once paid, costs nothing', async () => {
    await change('prd_big');
    expect((await change('prd_basic')).status).toBe(409);
    await desk.payAll();
    await change('prd_basic');
    expect(await desk.credit()).toEqual(gbp(3720));
    await desk.agree();
  });

  test('takes the coming period off its invoice; what was paid of that is credit with the rest', async () => {
    desk.at('2026-03-22');
    await desk.portal.renew();
    const [{ id: invoiceId }] = await desk.unpaid();
    await desk.staff('POST', '/credit', { amount: gbp(720), reason: 'Gift' });
    await desk.owner('POST', `/invoices/${invoiceId}/credit`, {});
    expect((await change('prd_small')).status).toBe(200);
    expect(await desk.get(`/invoices/${invoiceId}`)).toMatchObject({ status: 'refunded' });
    // What had been applied; March was not paid here.
    expect(await desk.credit()).toEqual(gbp(720));
    await desk.portal.renew();
    expect(await desk.unpaid()).toMatchObject([{ total: gbp(1860), dueOn: '2026-04-01' }]);
    await desk.agree();
  });

  test('waits where the coming period was paid and is not booked yet', async () => {
    desk.at('2026-03-22');
    await desk.portal.renew();
    const { id: massPayment, totals } = await desk.summary();
    await desk.staff('POST', '/credit', { amount: totals.due, reason: 'To pay with' });
    await desk.pay(massPayment, 'credit');
    expect((await change('prd_big')).status).toBe(409);
    await desk.portal.deliver();
    expect((await change('prd_big')).status).toBe(200);
    await desk.agree();
  });

  test('after its due day costs nothing but the new price from then on', async () => {
    desk.at('2026-04-02');
    expect((await change('prd_big')).body).toMatchObject({ invoiceId: null, nextDueOn: '2026-04-01' });
    await desk.portal.renew();
    expect(await desk.unpaid()).toMatchObject([{ total: gbp(7440) }]);
  });

  test.each([
    ['nobody knows', { productId: 'prd_none' }],
    ['is not sold any more', { productId: 'prd_old' }],
    ['is not sold in this cycle', { productId: 'prd_big', cycle: 'annually' }],
    ['is paid once', { productId: 'prd_big', cycle: 'one-time' }],
    ['is sold in another currency', { productId: 'prd_usd' }],
  ])('is not to a product that %s', async (_, body) => {
    expect((await desk.post('change', { mode: 'self', ...body })).status).toBe(400);
  });

  test('is by itself from today on, within a year', async () => {
    for (const on of ['2026-02-28', '2027-03-02']) expect((await change('prd_big', { on })).status).toBe(400);
    expect((await change('prd_big', { on: '2026-03-01' })).status).toBe(200);
  });

  describe('on a day to come', () => {
    const planned = { productId: 'prd_big', cycle: 'monthly', on: '2026-03-12' };

    test('waits for its day, and the job makes it then, once, with the money of the days left', async () => {
      const asked = await change('prd_big', { on: '2026-03-12' });
      expect(asked).toMatchObject({ status: 200, body: { productId: 'prd_basic', invoiceId: null } });
      expect(await desk.read()).toMatchObject({ productId: 'prd_basic', plannedChange: planned });
      desk.portal.now = new Date('2026-03-11T06:00:00Z');
      await desk.portal.renew();
      expect(await desk.read()).toMatchObject({ productId: 'prd_basic' });
      expect(await desk.unpaid()).toEqual([]);
      desk.portal.now = new Date('2026-03-12T06:00:00Z');
      await desk.portal.renew();
      await desk.portal.renew();
      expect(await desk.read()).toMatchObject({ productId: 'prd_big', plannedChange: null });
      const unpaid = await desk.unpaid();
      const changes = unpaid.filter((invoice: any) => invoice.lines[0].relatesTo.kind === 'service-change');
      expect(changes).toHaveLength(1);
    });

    test('costs the same however late the job comes', async () => {
      const totals: number[] = [];
      for (const day of ['2026-03-12', '2026-03-15']) {
        desk = await serviceDesk();
        await change('prd_big', { on: '2026-03-12' });
        desk.at(day);
        await desk.portal.renew();
        const invoice = (await desk.unpaid()).find(
          ({ lines }: any) => lines[0].relatesTo.kind === 'service-change',
        );
        totals.push(invoice.total.amount);
      }
      expect(totals[0]).toBeGreaterThan(0);
      expect(totals[1]).toBe(totals[0]);
    });

    test('gives way to a later wish, and to the end of the service', async () => {
      await change('prd_big', { on: '2026-03-12' });
      await change('prd_big', { on: '2026-03-20' });
      expect((await desk.read()).plannedChange.on).toBe('2026-03-20');
      await desk.post('cancel', { when: 'period-end', reason: 'Moving' });
      expect((await desk.read()).plannedChange).toBeNull();
    });

    test('is taken back by wishing what it is', async () => {
      await change('prd_big', { on: '2026-03-12' });
      expect((await change('prd_basic')).body).toMatchObject({ productId: 'prd_basic', plannedChange: null });
      desk.portal.now = new Date('2026-03-12T06:00:00Z');
      await desk.portal.renew();
      expect(await desk.read()).toMatchObject({ productId: 'prd_basic' });
      expect((await change('prd_basic')).status).toBe(409);
    });

    test('waits while the service is paused', async () => {
      await change('prd_big', { on: '2026-03-03' });
      await desk.post('pause', { until: '2026-03-05' });
      desk.portal.now = new Date('2026-03-03T06:00:00Z');
      await desk.portal.renew();
      expect(await desk.read()).toMatchObject({ productId: 'prd_basic', status: 'paused' });
      desk.portal.now = new Date('2026-03-05T06:00:00Z');
      await desk.portal.renew();
      expect(await desk.read()).toMatchObject({ productId: 'prd_big', status: 'active' });
    });
  });

  test('is not to what it is, nor of what ends, waits, is paused or was paid once', async () => {
    expect((await change('prd_basic')).status).toBe(409);
    await desk.post('pause', {});
    expect((await change('prd_big')).status).toBe(409);
    await desk.post('resume');
    await desk.post('cancel', { when: 'period-end', reason: 'Moving' });
    expect((await change('prd_big')).status).toBe(409);
    await desk.add({ status: 'pending', startOn: '2026-04-01' });
    expect((await change('prd_big')).status).toBe(409);
    await desk.add({ cycle: 'one-time' });
    expect((await change('prd_big', { cycle: 'monthly' })).status).toBe(409);
  });

  test('that is requested opens one ticket for a key, and changes nothing by itself', async () => {
    const body = { productId: 'prd_big', mode: 'request', on: '2026-03-20' };
    const asked = await desk.post('change', body, { 'idempotency-key': 'ask' });
    expect(asked).toMatchObject({ status: 200, body: { productId: 'prd_basic', price: gbp(3100) } });
    expect((await desk.post('change', body, { 'idempotency-key': 'ask' })).body).toEqual(asked.body);
    const { items } = await desk.get('/tickets');
    expect(items).toMatchObject([
      {
        id: asked.body.ticketId,
        subject: 'Change of Basic (monthly) to Big (monthly)',
        openedBy: { kind: 'owner' },
      },
    ]);
    const { messages } = await desk.get(`/tickets/${asked.body.ticketId}`);
    expect(messages[0].body).toContain('to Big (monthly) on 2026-03-20');
    expect(await desk.unpaid()).toEqual([]);
    expect(await desk.read()).toMatchObject({ productId: 'prd_basic' });
  });

  test('that a sub-account requests is that one’s ticket', async () => {
    const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, 'a@b.test', [
      'manage-products',
    ]);
    const body = { productId: 'prd_big', mode: 'request' };
    const path = `${desk.base}/services/${desk.id}/change`;
    const { body: asked } = await desk.portal.call(userId, 'POST', path, { body });
    expect(await desk.get(`/tickets/${asked.ticketId}`)).toMatchObject({
      openedBy: { kind: 'contact', name: 'a' },
    });
  });

  test('can be requested of all but what is cancelled', async () => {
    await desk.patch({ status: 'suspended' });
    expect((await desk.post('change', { productId: 'prd_big', mode: 'request' })).status).toBe(200);
    await desk.post('cancel', { when: 'now', reason: 'Moving' });
    expect((await desk.post('change', { productId: 'prd_big', mode: 'request' })).status).toBe(409);
  });
});
