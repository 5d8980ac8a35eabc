import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { interleave, statusesOf } from '../../support/faults/stoppages.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let desk: BillingDesk;
let invoiceId: string;
beforeEach(async () => {
  desk = await billingDesk();
  invoiceId = (await desk.invoice(10_000)).id;
});

const money = {
  amount: gbp(1_000),
  method: 'bank-transfer',
  reference: 'FPS 4711',
  receivedOn: '2026-03-01',
};
const note = (
  more: object = {},
  headers: Record<string, string> = {},
  path = `/invoices/${invoiceId}/payments`,
) => desk.staff('POST', path, { ...money, ...more }, headers);
const count = async (of = desk) => (await of.get('/payments')).items.length;

describe('the same bank payment', () => {
  test('is recorded once, and the second time the first is named', async () => {
    const first = (await note({}, { 'idempotency-key': 'one' })).body;
    expect(await note({}, { 'idempotency-key': 'two' })).toMatchObject({
      status: 409,
      body: {
        code: 'recorded-before',
        payment: {
          id: first.id,
          accountId: desk.accountId,
          href: `${desk.base}/payments/${first.id}`,
        },
      },
    });
    expect(await count()).toBe(1);
    await desk.agree();
  });

  test('is the same for another invoice, over several invoices and in another account', async () => {
    await note();
    const second = await desk.invoice(5_000);
    expect((await note({}, {}, `/invoices/${second.id}/payments`)).body.code).toBe('recorded-before');
    expect((await note({}, {}, '/payments')).body.code).toBe('recorded-before');
    const other = await billingDesk(desk.portal, 'Other');
    const theirs = await other.invoice(5_000);
    expect((await other.staff('POST', `/invoices/${theirs.id}/payments`, money)).body).toMatchObject({
      code: 'recorded-before',
      payment: { accountId: desk.accountId },
    });
    expect(await count(other)).toBe(0);
  });

  test.each(['fps 4711', 'FPS4711', ' Fps  4711 '])(
    'is the same where its reference was typed as “%s”',
    async (reference) => {
      await note();
      expect((await note({ reference })).body.code).toBe('recorded-before');
    },
  );

  test.each([
    { reference: 'FPS 4712' },
    { method: 'cash' },
    { amount: gbp(1_001) },
    { receivedOn: '2026-02-28' },
  ])('is another where it says %j', async (difference) => {
    await note();
    expect(await note(difference)).toMatchObject({ status: 201 });
    await desk.agree();
  });

  test('is another in another currency', async () => {
    await note();
    const dollars = await desk.invoice(1_000, {}, 'USD');
    const amount = { amount: 1_000, currency: 'USD' };
    expect(await note({ amount }, {}, `/invoices/${dollars.id}/payments`)).toMatchObject({ status: 201 });
  });

  test('that came twice is recorded twice where staff say so, and once more only if they say so again', async () => {
    expect(await note({ another: true })).toMatchObject({ status: 201 });
    expect(await note()).toMatchObject({ status: 409 });
    expect(await note({ another: true })).toMatchObject({ status: 201 });
    expect(await note({ another: false })).toMatchObject({ status: 409 });
    expect(await count()).toBe(2);
    await desk.agree();
  });

  test('is answered as before for the same Idempotency-Key', async () => {
    const first = await note({}, { 'idempotency-key': 'one' });
    expect(await note({}, { 'idempotency-key': 'one' })).toMatchObject({ status: 201, body: first.body });
    expect(await count()).toBe(1);
  });

  test('is recorded once by two at once, wherever the one is as the other begins', async () => {
    for (let nth = 1; ; nth++) {
      const portal = new MemoryPortal();
      desk = await billingDesk(portal);
      invoiceId = (await desk.invoice(10_000)).id;
      const second = await desk.invoice(10_000);
      const cached = await portal.authorizer('stan');
      const ask = (path: string) =>
        portal.call('stan', 'POST', `${desk.base}${path}`, { body: money, cached });
      const both = await interleave(
        portal,
        nth,
        () => ask(`/invoices/${invoiceId}/payments`),
        () => ask(`/invoices/${second.id}/payments`),
      );
      if (both === null) {
        expect(nth).toBeGreaterThan(3);
        return;
      }
      expect(statusesOf(both)).toEqual([201, 409]);
      expect(await count()).toBe(1);
    }
  });
});

test.each(['/payments', undefined])('credit is no money that came: %s', async (path) => {
  await desk.staff('POST', '/credit', { amount: gbp(1_000), reason: 'Sorry' });
  expect(await note({ method: 'credit' }, {}, path)).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'method' }] },
  });
});
