import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { serviceDesk } from './service-desk.ts';

let desk: Awaited<ReturnType<typeof serviceDesk>>;

beforeEach(async () => {
  desk = await serviceDesk();
});

describe('every way to manage a service', () => {
  const ways = [
    ['pause', {}],
    ['resume', undefined],
    ['change', { productId: 'prd_big', mode: 'self' }],
    ['cancel', { when: 'now', reason: 'Moving' }],
  ] as const;

  test.each(ways)('%s knows the account’s own alone, in the version that was read', async (what, body) => {
    const other = await desk.portal.createAccount('Other', 'owner@other.test');
    const path = `/v1/accounts/${other.accountId}/services/${desk.id}/${what}`;
    expect((await desk.portal.call(other.ownerId, 'POST', path, body ? { body } : {})).status).toBe(404);
    expect((await desk.post(what, body, { 'if-match': '"stale"' })).status).toBe(412);
    expect((await desk.post(what, { ...body, unknown: 1 })).status).toBe(400);
  });

  test.each(ways)('%s is done once for a key, with the version it led to', async (what, body) => {
    if (what === 'resume') await desk.post('pause', {});
    const first = await desk.post(what, body, { 'idempotency-key': 'once' });
    expect(first.status).toBe(200);
    expect(await desk.post(what, body, { 'idempotency-key': 'once' })).toMatchObject({
      body: first.body,
      headers: { 'idempotent-replayed': 'true' },
    });
    expect(first.headers['etag']).toBeDefined();
    const patch = { 'if-match': first.headers['etag']! };
    expect((await desk.patch({ quantity: 1 }, patch)).status).toBe(200);
  });

  test.each(ways)('%s is done by one of two at once', async (what, body) => {
    if (what === 'resume') await desk.post('pause', {});
    const both = await Promise.all([desk.post(what, body), desk.post(what, body)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    await desk.agree();
  });

  test('is for those who may manage services', async () => {
    const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, 'a@b.test', [
      'products',
    ]);
    const path = `${desk.base}/services/${desk.id}/pause`;
    expect((await desk.portal.call(userId, 'POST', path, { body: {} })).status).toBe(403);
  });
});

describe('a pause', () => {
  test('lasts until its day by the clock, and what was paid for lasts so much longer', async () => {
    const paused = await desk.post('pause', { until: '2026-03-21' });
    expect(paused.body).toMatchObject({
      status: 'paused',
      pausedUntil: '2026-03-21',
      nextDueOn: '2026-04-21',
    });
    desk.at('2026-03-20');
    expect(await desk.read()).toMatchObject({ status: 'paused' });
    desk.at('2026-03-21');
    expect(await desk.read()).toMatchObject({ status: 'active', pausedUntil: null, nextDueOn: '2026-04-21' });
    expect((await desk.post('resume')).status).toBe(409);
    expect((await desk.post('pause', {})).status).toBe(200);
  });

  test('is not invoiced for, and its invoice comes when the moved day is near', async () => {
    expect((await desk.post('pause', { until: '2026-05-01' })).status).toBe(200);
    for (const day of ['2026-03-25', '2026-04-02', '2026-04-30']) {
      desk.at(day);
      await desk.portal.renew();
      expect(await desk.unpaid()).toEqual([]);
    }
    desk.at('2026-05-20');
    await desk.portal.renew();
    expect(await desk.unpaid()).toMatchObject([{ total: gbp(3720), dueOn: '2026-06-01' }]);
    await desk.payAll();
    expect(await desk.read()).toMatchObject({ status: 'active', nextDueOn: '2026-07-01' });
    await desk.agree();
  });

  test('that ends early gives back the days that are left of it, all of them on its first day', async () => {
    await desk.post('pause', { until: '2026-04-30' });
    desk.at('2026-03-11');
    expect((await desk.post('resume')).body).toMatchObject({
      status: 'active',
      pausedUntil: null,
      nextDueOn: '2026-04-11',
    });
    await desk.post('pause', {});
    expect((await desk.post('resume')).body).toMatchObject({ nextDueOn: '2026-04-11' });
  });

  test('keeps the day of the month that is meant where nothing was paused in the end', async () => {
    await desk.add({ startOn: '2026-01-31', nextDueOn: '2026-03-31' });
    await desk.post('pause', {});
    await desk.post('resume');
    await desk.portal.renew(new Date('2026-03-20T10:00:00Z'));
    await desk.payAll();
    expect(await desk.read()).toMatchObject({ nextDueOn: '2026-04-30' });
    desk.at('2026-04-20');
    await desk.portal.renew();
    await desk.payAll();
    expect(await desk.read()).toMatchObject({ nextDueOn: '2026-05-31' });
  });

  test('takes the coming period off its invoice, and frees it for another one', async () => {
    desk.at('2026-03-20');
    await desk.portal.renew();
    const [invoice] = await desk.unpaid();
    await desk.post('pause', { until: '2026-03-25' });
    expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ status: 'cancelled' });
    desk.at('2026-03-26');
    await desk.portal.renew();
    expect(await desk.unpaid()).toMatchObject([{ total: gbp(3720), dueOn: '2026-04-06' }]);
    await desk.agree();
  });

  test('that costs something is invoiced with its tax, in the same go', async () => {
    await desk.setting({ 'services.pauseFee': { GBP: 500 } });
    await desk.post('pause', {});
    expect(await desk.unpaid()).toMatchObject([{ total: gbp(600), dueOn: '2026-03-15' }]);
    await desk.payAll();
    expect(await desk.read()).toMatchObject({ status: 'paused', nextDueOn: '2026-06-30' });
    await desk.agree();
  });

  test.each([
    ['the longest is ninety days', '2026-05-31'],
    ['ends after it began', '2026-03-01'],
    ['ends on a day', 'soon'],
  ])('%s', async (_, until) => {
    expect((await desk.post('pause', { until })).status).toBe(400);
    expect(await desk.read()).toMatchObject({ status: 'active', nextDueOn: '2026-04-01' });
  });

  test('comes as often within a year as the provider allows, and again when a year has gone', async () => {
    await desk.setting({ 'services.pausesPerYear': 2 });
    const again = async () =>
      (await desk.post('pause', { until: desk.portal.now.toISOString().slice(0, 10) })).status;
    expect(await again()).toBe(400);
    for (const day of ['2026-03-01', '2026-03-03', '2026-03-05', '2027-02-28', '2027-03-01']) {
      desk.at(day);
      await desk.patch({ nextDueOn: '2028-01-01' });
      const { status } = await desk.post('pause', {});
      expect([day, status]).toEqual([day, ['2026-03-05', '2027-02-28'].includes(day) ? 409 : 200]);
      if (status === 200) await desk.post('resume');
    }
  });

  test.each(['pending', 'paused', 'suspended', 'cancelled'])('is not for one that is %s', async (status) => {
    await desk.patch({ status });
    if (status === 'pending') await desk.add({ status, startOn: '2026-04-01' });
    const { status: code, body } = await desk.post('pause', {});
    expect([code, body.detail]).toEqual([409, `Basic (monthly) is ${status} and cannot be paused.`]);
  });

  test('lasts for the longest where no day is named, and may be asked for that', async () => {
    expect((await desk.post('pause', {})).body).toMatchObject({ pausedUntil: '2026-05-30' });
    await desk.add();
    expect((await desk.post('pause', { until: '2026-05-30' })).status).toBe(200);
  });

  test('is not for one whose period was not paid', async () => {
    desk.at('2026-04-02');
    expect((await desk.post('pause', {})).status).toBe(409);
  });

  test('by staff has no end and no invoices; the days it lasted are added when it is resumed', async () => {
    await desk.patch({ status: 'paused' });
    desk.at('2026-04-11');
    await desk.portal.renew();
    expect(await desk.unpaid()).toEqual([]);
    expect((await desk.post('resume')).body).toMatchObject({ status: 'active', nextDueOn: '2026-05-12' });
  });

  test('of one that is about to end moves its end', async () => {
    await desk.post('cancel', { when: 'period-end', reason: 'Moving' });
    expect((await desk.post('pause', { until: '2026-03-11' })).body).toMatchObject({
      cancelsOn: '2026-04-11',
    });
    desk.at('2026-03-06');
    expect((await desk.post('resume')).body).toMatchObject({ cancelsOn: '2026-04-06' });
  });
});

test('an invoice that staff wrote about a service pays for no period of it, and is given back to nobody', async () => {
  const lines = [
    {
      description: 'A visit',
      quantity: 1,
      unitPrice: gbp(5000),
      relatesTo: { kind: 'service', id: desk.id, name: 'Basic' },
    },
  ];
  const { body } = await desk.staff('POST', '/invoices', { lines, dueOn: '2026-03-15' });
  const paid = { amount: body.total, method: 'cash', reference: 'R', receivedOn: '2026-03-01' };
  expect((await desk.staff('POST', `/invoices/${body.id}/payments`, paid)).status).toBe(201);
  await desk.portal.deliver();
  expect(await desk.read()).toMatchObject({ nextDueOn: '2026-04-01' });
  expect(await desk.credit()).toEqual(gbp(0));
});
