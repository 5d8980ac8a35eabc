import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { interleave } from '../../support/faults/stoppages.ts';

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const minutesOn = (minutes: number) => new Date(desk.portal.now.getTime() + minutes * 60_000).toISOString();
const read = (invoice: { id: string }) => desk.get(`/invoices/${invoice.id}`);
const cancel = (id: string) => desk.owner('POST', `/mass-payments/${id}/cancel`);

describe('an invoice', () => {
  test('says which payment holds it, and until when', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(1_000);
    expect(one.heldBy).toBeNull();
    const { id } = await desk.summary([one.id]);
    expect(await read(one)).toMatchObject({ heldBy: null });
    await desk.pay(id, 'sandbox');
    const heldBy = { massPaymentId: id, until: minutesOn(30) };
    expect(await read(one)).toMatchObject({ heldBy });
    expect(await read(two)).toMatchObject({ heldBy: null });
    const { items } = await desk.get('/invoices');
    expect(items.map((invoice: any) => invoice.heldBy)).toEqual([null, heldBy]);
    await cancel(id);
    expect(await read(one)).toMatchObject({ heldBy: null });
  });

  test('is held without an end while it is the gateway’s to say', async () => {
    const one = await desk.invoice(1_000);
    const { id } = await desk.summary();
    await desk.pay(id, 'sandbox');
    desk.portal.gateway.act(id, 'pending');
    await desk.event(id);
    desk.portal.advance(60 * 60);
    expect(await read(one)).toMatchObject({ heldBy: { massPaymentId: id, until: null } });
    desk.portal.gateway.act(id, 'pay');
    await desk.event(id);
    expect(await read(one)).toMatchObject({ status: 'paid', heldBy: null });
  });

  test('is not held by a payment that was left, nor by a bank transfer', async () => {
    const one = await desk.invoice(1_000);
    const first = await desk.summary();
    await desk.pay(first.id, 'sandbox');
    desk.portal.advance(30 * 60);
    expect(await read(one)).toMatchObject({ heldBy: null });
    const second = await desk.summary();
    await desk.pay(second.id, 'bank-transfer');
    expect(await read(one)).toMatchObject({ heldBy: null });
  });
});

describe('a payment of what others hold', () => {
  test('is told of every invoice that is held, by which payment and until when', async () => {
    const [one, two, three] = [await desk.invoice(100), await desk.invoice(200), await desk.invoice(300)];
    const first = await desk.summary([one.id]);
    await desk.pay(first.id, 'sandbox');
    const firstUntil = minutesOn(30);
    desk.portal.advance(60);
    const second = await desk.summary([three.id]);
    await desk.pay(second.id, 'sandbox');
    const all = await desk.summary();
    const refused = await desk.pay(all.id, 'sandbox');
    expect(refused).toMatchObject({ status: 409, body: { code: 'payment-in-progress' } });
    expect(refused.body.heldBy.toSorted((a: any, b: any) => a.invoiceId.localeCompare(b.invoiceId))).toEqual([
      { invoiceId: one.id, massPaymentId: first.id, until: firstUntil },
      { invoiceId: three.id, massPaymentId: second.id, until: minutesOn(30) },
    ]);
    for (const { number } of [one, three]) expect(refused.body.detail).toContain(number);
    expect(refused.body.detail).not.toContain(two.number);
    expect((await desk.pay(all.id, 'bank-transfer')).body.code).toBe('payment-in-progress');
  });

  test('that is under way itself names its own', async () => {
    const one = await desk.invoice(100);
    const { id } = await desk.summary();
    await desk.pay(id, 'sandbox');
    const heldBy = [{ invoiceId: one.id, massPaymentId: id, until: minutesOn(30) }];
    expect((await desk.pay(id, 'credit')).body).toMatchObject({ code: 'payment-in-progress', heldBy });
    desk.portal.gateway.act(id, 'pending');
    await desk.event(id);
    expect((await cancel(id)).body).toMatchObject({
      code: 'payment-in-progress',
      heldBy: [{ ...heldBy[0], until: null }],
    });
  });
});

describe('the same asked for again', () => {
  test('is the summary that was not yet begun, in whatever words and order', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    const summary = await desk.summary([one.id, two.id]);
    expect(await desk.summary([one.id, two.id])).toEqual(summary);
    expect(await desk.summary([two.id, { id: one.id, amount: gbp(1_000) }])).toEqual(summary);
    expect(await desk.summary('all-due')).toEqual(summary);
    const part = await desk.summary([one.id]);
    expect(part.id).not.toBe(summary.id);
    expect((await desk.summary('all-due')).id).toBe(summary.id);
    expect((await desk.summary([one.id])).id).toBe(part.id);
  });

  test.each([
    ['another part is paid', async (one: any) => [{ id: one.id, amount: gbp(900) }]],
    [
      'an invoice has changed',
      async (one: any) => {
        await desk.staff('POST', '/credit', { amount: gbp(100), reason: 'Sorry' });
        await desk.owner('POST', `/invoices/${one.id}/credit`, {});
        return [one.id];
      },
    ],
    [
      'an invoice has changed, though as much is paid of it',
      async (one: any) => {
        const part = [{ id: one.id, amount: gbp(400) }];
        const { id } = await desk.summary(part);
        expect((await desk.summary(part)).id).toBe(id);
        await desk.staff('POST', '/credit', { amount: gbp(100), reason: 'Sorry' });
        await desk.owner('POST', `/invoices/${one.id}/credit`, {});
        expect((await desk.summary(part)).id).not.toBe(id);
        return part;
      },
    ],
    [
      'it was begun',
      async (one: any, id: string) => {
        await desk.pay(id, 'sandbox');
        return [one.id];
      },
    ],
    [
      'it waits for a transfer',
      async (one: any, id: string) => {
        await desk.pay(id, 'bank-transfer');
        return [one.id];
      },
    ],
    [
      'it was cancelled',
      async (one: any, id: string) => {
        await cancel(id);
        return [one.id];
      },
    ],
    [
      'it has expired',
      async (one: any) => {
        desk.portal.advance(30 * 60);
        return [one.id];
      },
    ],
  ])('is another where %s', async (_, ask) => {
    const one = await desk.invoice(1_000);
    const { id } = await desk.summary([one.id]);
    const again = await desk.summary(await ask(one, id));
    expect(again.id).not.toBe(id);
    expect(again.status).toBe('open');
  });

  test('is another for another person', async () => {
    const one = await desk.invoice(1_000);
    const { id } = await desk.summary([one.id]);
    const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, 'sam@acme.test', [
      'invoices',
    ]);
    const theirs = await desk.portal.call(userId, 'POST', `${desk.base}/mass-payments`, {
      body: { invoices: [one.id] },
    });
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(id);
  });

  test('is one summary for two at once, wherever the one is as the other begins', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      await desk.invoice(1_000);
      const both = await interleave(
        desk.portal,
        nth,
        () => desk.summary(),
        () => desk.summary(),
      );
      if (both === null) {
        expect(nth).toBeGreaterThan(3);
        return;
      }
      expect(both[0]).toEqual(both[1]);
    }
  });
});

describe('the mass payments of an account', () => {
  const list = (query: Record<string, string> = {}) => desk.get('/mass-payments', query);
  const idsOf = (page: any) => page.items.map((item: any) => item.id);

  test('are listed once they are begun, newest first, as they stand', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    await desk.summary([two.id]);
    const paid = await desk.summary([{ id: one.id, amount: gbp(400) }]);
    await desk.pay(paid.id, 'sandbox');
    desk.portal.gateway.act(paid.id, 'pay');
    await desk.event(paid.id);
    const transfer = await desk.summary([one.id]);
    await desk.pay(transfer.id, 'bank-transfer');
    const begun = await desk.summary([{ id: two.id, amount: gbp(500) }]);
    await desk.pay(begun.id, 'sandbox');
    const page = await list();
    expect(idsOf(page)).toEqual([begun.id, transfer.id, paid.id]);
    expect(page.items[0]).toMatchObject({
      status: 'processing',
      method: 'sandbox',
      due: gbp(500),
      invoices: [{ id: two.id, number: two.number, allocation: gbp(500) }],
      next: { type: 'redirect' },
      paymentId: null,
      paidBy: { id: desk.ownerId },
    });
    expect(page.items[1]).toMatchObject({ status: 'waiting', next: { type: 'instructions' } });
    expect(page.items[2]).toMatchObject({
      status: 'succeeded',
      paymentId: expect.stringMatching(/^pay_/),
      next: null,
    });
    expect(idsOf(await list({ status: 'processing' }))).toEqual([begun.id]);
    expect(idsOf(await list({ status: 'waiting' }))).toEqual([transfer.id]);
    await cancel(begun.id);
    expect(idsOf(await list({ status: 'cancelled' }))).toEqual([begun.id]);
    desk.portal.advance(11 * 24 * 3600);
    expect(idsOf(await list({ status: 'expired' }))).toEqual([transfer.id]);
    const first = await list({ limit: '2' });
    expect(idsOf(first)).toEqual([begun.id, transfer.id]);
    expect(idsOf(await list({ limit: '2', cursor: first.nextCursor }))).toEqual([paid.id]);
    expect((await list({ status: 'other' })).status).toBe(400);
  });

  test('that are cancelled say so, and again; what failed or has expired stays that', async () => {
    await desk.invoice(1_000);
    for (const method of [null, 'sandbox', 'bank-transfer']) {
      const { id } = await desk.summary();
      if (method) await desk.pay(id, method);
      expect(await cancel(id)).toMatchObject({ status: 200, body: { status: 'cancelled', next: null } });
      expect(await cancel(id)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
      expect(await desk.get(`/mass-payments/${id}`)).toMatchObject({ status: 'cancelled' });
      expect((await desk.pay(id, 'sandbox')).status).toBe(409);
    }
    const { id } = await desk.summary();
    await desk.pay(id, 'sandbox');
    desk.portal.gateway.act(id, 'decline');
    await desk.event(id);
    expect((await cancel(id)).body).toMatchObject({ status: 'failed' });
    const left = await desk.summary();
    await desk.pay(left.id, 'sandbox');
    desk.portal.advance(31 * 60);
    await desk.portal.lookAfterPayments();
    expect((await cancel(left.id)).body).toMatchObject({ status: 'expired' });
  });
});
