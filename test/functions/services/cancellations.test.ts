import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { serviceDesk } from './service-desk.ts';

let desk: Awaited<ReturnType<typeof serviceDesk>>;

beforeEach(async () => {
  desk = await serviceDesk();
});

describe('a cancellation', () => {
  test('now ends the service, its invoices, and stays in the lists with its reason in the log', async () => {
    desk.at('2026-03-20');
    await desk.portal.renew();
    const [invoice] = await desk.unpaid();
    const ended = await desk.post('cancel', { when: 'now', reason: 'Too slow' });
    expect(ended.body).toMatchObject({ status: 'cancelled', cancelsOn: '2026-03-20', nextDueOn: null });
    expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ status: 'cancelled' });
    expect((await desk.get('/services')).items).toMatchObject([{ id: desk.id, name: 'Basic (monthly)' }]);
    const { items } = await desk.get('/activity');
    expect(items.find((entry: any) => entry.action === 'service.cancelled')).toMatchObject({
      before: { status: 'active' },
      after: { status: 'cancelled', reason: 'Too slow' },
    });
    desk.at('2026-04-02');
    await desk.portal.renew();
    expect(await desk.unpaid()).toEqual([]);
    for (const when of ['now', 'period-end']) {
      const again = await desk.post('cancel', { when, reason: 'Again' });
      expect([again.status, again.body.detail]).toEqual([
        409,
        'Basic (monthly) is cancelled and cannot be cancelled.',
      ]);
    }
    await desk.agree();
  });

  test('leaves what else the invoice asks for', async () => {
    await desk.add({ name: 'Second' });
    desk.at('2026-03-20');
    await desk.portal.renew();
    const [invoice] = await desk.unpaid();
    expect(invoice.total).toEqual(gbp(7440));
    await desk.post('cancel', { when: 'now', reason: 'Too slow' });
    const left = await desk.get(`/invoices/${invoice.id}`);
    // What it charged stands; a credit note takes the line off.
    expect(left).toMatchObject({
      status: 'unpaid',
      total: gbp(7440),
      credited: gbp(3720),
      balance: gbp(3720),
    });
    const [note] = (await desk.get('/credit-notes')).items;
    expect(note.lines).toMatchObject([{ description: expect.stringContaining('Second') }]);
    await desk.agree();
  });

  test('with the period lets it run so long, and no further', async () => {
    desk.at('2026-03-20');
    await desk.portal.renew();
    const ending = await desk.post('cancel', { when: 'period-end', reason: 'Moving' });
    expect(ending.body).toMatchObject({ status: 'active', cancelsOn: '2026-04-01' });
    expect(await desk.unpaid()).toEqual([]);
    expect((await desk.post('cancel', { when: 'period-end', reason: 'Moving' })).status).toBe(409);
    desk.at('2026-03-31');
    await desk.portal.renew();
    expect(await desk.read()).toMatchObject({ status: 'active' });
    desk.at('2026-04-01');
    await desk.portal.renew();
    expect(await desk.read()).toMatchObject({ status: 'cancelled' });
    expect(await desk.unpaid()).toEqual([]);
    await desk.agree();
  });

  test('with the period can still become one now', async () => {
    await desk.post('cancel', { when: 'period-end', reason: 'Moving' });
    expect((await desk.post('cancel', { when: 'now', reason: 'Sooner' })).body).toMatchObject({
      status: 'cancelled',
      cancelsOn: '2026-03-01',
    });
  });

  test('with the period is not of what was paid once, and its time is one of two', async () => {
    await desk.add({ cycle: 'one-time' });
    expect((await desk.post('cancel', { when: 'later', reason: 'Moving' })).status).toBe(400);
    expect((await desk.post('cancel', { when: 'period-end', reason: 'Moving' })).status).toBe(409);
    expect((await desk.post('cancel', { when: 'now', reason: 'Moving' })).status).toBe(200);
  });

  test('is taken back by staff who set another status', async () => {
    await desk.post('cancel', { when: 'now', reason: 'Moving' });
    const back = { status: 'active', nextDueOn: '2026-04-01' };
    expect((await desk.patch(back)).body).toMatchObject({
      ...back,
      cancelsOn: null,
    });
  });
});
