import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { comPrice, type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';

let desk: DomainDesk;

beforeEach(async () => {
  desk = await domainDesk();
});

describe('renewing domains by hand', () => {
  test('tells what can be renewed, for how long, at which price', async () => {
    await desk.domain('soon', '2026-03-11');
    await desk.domain('late', '2026-02-20');
    await desk.domain('redeem', '2026-01-20');
    await desk.domain('far', '2027-09-01');
    await desk.domain('gone', '2025-06-01');
    const { items } = await desk.get('/domain-renewals');
    const byName = new Map(items.map((item: any) => [item.name, item]));
    expect(byName.get('soon.com')).toMatchObject({
      status: 'active',
      daysUntilExpiry: 10,
      renewable: true,
      options: [
        { years: 1, price: gbp(1000), total: gbp(1000) },
        { years: 2, total: gbp(1900) },
        { years: 3, total: gbp(2700) },
        { years: 5, total: gbp(4500) },
      ],
    });
    expect((byName.get('late.com') as any).options[0]).toEqual({
      years: 1,
      price: gbp(1000),
      graceFee: gbp(500),
      total: gbp(1500),
    });
    expect((byName.get('redeem.com') as any).options[0]).toMatchObject({
      redemptionFee: gbp(8000),
      total: gbp(9000),
    });
    expect(byName.get('far.com')).toMatchObject({ renewable: false, reason: 'too-early', options: [] });
    expect(byName.has('gone.com')).toBe(false);
  });

  test('several for different years, one changed, is one order, one invoice, and each expiry moves once', async () => {
    const ids = [
      await desk.domain('one', '2026-03-11'),
      await desk.domain('two', '2026-04-11'),
      await desk.domain('three', '2026-09-11'),
    ];
    await desk.renewals([
      { domainId: ids[0]!, years: 1 },
      { domainId: ids[1]!, years: 1 },
      { domainId: ids[2]!, years: 5 },
    ]);
    const cart = (await desk.renewals([{ domainId: ids[1]!, years: 2 }])).body;
    expect(cart.items.map((item: any) => [item.domainId, item.years, item.amount])).toEqual([
      [ids[0], 1, gbp(1000)],
      [ids[1], 2, gbp(1900)],
      [ids[2], 5, gbp(4500)],
    ]);
    expect(cart.total).toEqual(gbp(7400));
    const done = await desk.checkout({}, { 'idempotency-key': 'checkout-1' });
    expect(done).toMatchObject({ status: 201, body: { order: { status: 'awaiting-payment' } } });
    const again = await desk.checkout({}, { 'idempotency-key': 'checkout-1' });
    expect(again.body).toEqual(done.body);
    expect((await desk.get('/cart')).items).toEqual([]);
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    await desk.payAll();
    const domains = (await desk.get('/domains')).items;
    expect(domains.map((domain: any) => [domain.name, domain.expiresOn])).toEqual([
      ['one.com', '2027-03-11'],
      ['two.com', '2028-04-11'],
      ['three.com', '2031-09-11'],
    ]);
    expect(await desk.get(`/orders/${done.body.order.id}`)).toMatchObject({ status: 'active' });
    expect(desk.portal.mails.map((mail) => String(mail.subject)).toSorted()).toEqual([
      'Receipt: 74.00 GBP for Acme',
      'one.com was renewed',
      'three.com was renewed',
      'two.com was renewed',
    ]);
    await desk.agree();
  });

  test('goes straight into a payment where a method is given', async () => {
    const id = await desk.domain('one', '2026-03-11');
    await desk.renewals([{ domainId: id, years: 1 }]);
    const { status, body } = await desk.checkout({ paymentMethod: 'sandbox' }, { 'idempotency-key': 'c' });
    expect(status).toBe(201);
    expect(body.massPayment).toMatchObject({ status: 'processing', next: { type: 'redirect' } });
    expect(body.massPayment.totals.due).toEqual(gbp(1000));
    desk.portal.gateway.act(body.massPayment.id, 'pay');
    await desk.event(body.massPayment.id);
    await desk.portal.deliver();
    await desk.portal.passRenewals();
    expect(await desk.get(`/domains/${id}`)).toMatchObject({ expiresOn: '2027-03-11' });
  });

  test('takes the line off an unpaid renewal invoice, and cancels an empty one', async () => {
    const one = await desk.domain('one', '2026-03-11');
    const two = await desk.domain('two', '2026-03-11');
    await desk.portal.renew();
    const [invoice] = (await desk.get('/invoices')).items;
    expect(invoice).toMatchObject({ total: gbp(2000), status: 'unpaid' });
    await desk.renewals([{ domainId: one, years: 3 }]);
    await desk.checkout();
    expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({
      balance: gbp(1000),
      credited: gbp(1000),
      status: 'unpaid',
    });
    await desk.renewals([{ domainId: two, years: 2 }]);
    await desk.checkout();
    expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ status: 'cancelled' });
    await desk.agree();
    await desk.portal.renew();
    expect((await desk.get('/invoices', { status: 'unpaid' })).items).toHaveLength(2);
  });

  test('shows changed prices before they are paid', async () => {
    const id = await desk.domain('one', '2026-03-11');
    await desk.renewals([{ domainId: id, years: 1 }]);
    const body = { ...comPrice, prices: { GBP: { years: { 1: 1200 } } } };
    await desk.portal.call('stan', 'PUT', '/v1/staff/domain-prices/com', { body });
    const refused = await desk.checkout();
    expect(refused.status).toBe(409);
    expect(refused.body.type).toMatch(/price-changed$/);
    expect([refused.body.before.total, refused.body.now.total]).toEqual([gbp(1000), gbp(1200)]);
    expect((await desk.get('/orders')).items).toEqual([]);
    expect((await desk.checkout()).body.invoice.total).toEqual(gbp(1200));
  });

  test('refuses a cart that was changed in another tab, an empty one, and the same twice at once', async () => {
    expect((await desk.checkout()).status).toBe(409);
    const id = await desk.domain('one', '2026-03-11');
    const first = await desk.renewals([{ domainId: id, years: 1 }]);
    await desk.renewals([{ domainId: id, years: 2 }]);
    const stale = await desk.checkout({}, { 'if-match': first.headers['etag']! });
    expect([stale.status, stale.body.type]).toEqual([409, expect.stringMatching(/price-changed$/)]);
    const both = await Promise.all([desk.checkout(), desk.checkout()]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect((await desk.get('/orders')).items).toHaveLength(1);
  });

  test('names what is wrong and writes nothing', async () => {
    const id = await desk.domain('one', '2026-03-11');
    const gone = await desk.domain('gone', '2025-06-01');
    const other = await domainDesk();
    const foreign = await other.domain('foreign', '2026-03-11');
    for (const years of [0, 11, -1, 1.5, 4]) {
      const { status, body } = await desk.renewals([{ domainId: id, years }]);
      expect([status, body.errors[0].path]).toEqual([400, 'renewals.0.years']);
    }
    for (const renewals of [
      [{ domainId: foreign, years: 1 }],
      [{ domainId: gone, years: 1 }],
      [
        { domainId: id, years: 1 },
        { domainId: id, years: 2 },
      ],
      Array.from({ length: 500 }, () => ({ domainId: id, years: 1 })),
    ]) {
      expect((await desk.renewals(renewals)).status).toBe(400);
    }
    expect((await desk.get('/cart')).items).toEqual([]);
  });
});
