import { beforeEach, describe, expect, test, vi } from 'vitest';
import { gbp, type BillingDesk } from '../../../support/desks/billing-desk.ts';
import { takingDesk } from '../../../support/desks/taking-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: BillingDesk;
const { begin, paid, tell, decide, read, payment, credit, booked, agree, subjects } = takingDesk();
beforeEach(async () => {
  desk = await begin();
});

describe('a dispute', () => {
  test('opens its invoices while the gateway has the money, and the fee is ours', async () => {
    const [one, two] = [await desk.invoice(1_000), await desk.invoice(3_000)];
    const { key, id } = await paid([one, two]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 4_000, { feeAmount: 1_500 });
    await tell(dispute);
    expect(await payment(id)).toMatchObject({
      status: 'disputed',
      takings: [
        {
          id: dispute,
          kind: 'dispute',
          status: 'open',
          amount: gbp(4_000),
          taken: gbp(4_000),
          fee: gbp(1_500),
        },
      ],
    });
    for (const invoice of [one, two]) {
      expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: invoice.total });
    }
    expect(booked('fees')).toBe(1_500);
    expect(booked('write-off')).toBe(0);
    await agree();
  });

  test('over a part of the payment opens its invoices in proportion', async () => {
    const [one, two] = [await desk.invoice(1_000), await desk.invoice(3_000)];
    const { key } = await paid([one, two]);
    await tell(desk.portal.gateway.takeBack(key, 'dispute', 1_000));
    expect(await read(one)).toMatchObject({ balance: gbp(250), status: 'unpaid' });
    expect(await read(two)).toMatchObject({ balance: gbp(750), status: 'unpaid' });
    await agree();
  });

  test('that is an inquiry yet moves nothing', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000, { taken: 0 });
    await tell(dispute);
    expect(await payment(id)).toMatchObject({ status: 'disputed', takings: [{ taken: gbp(0) }] });
    expect(await read(invoice)).toMatchObject({ status: 'paid' });
    await decide(dispute, { status: 'won' });
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
    await agree();
  });

  test('that is won leaves all as before, however often and in whatever order it is told', async () => {
    const [one, two] = [await desk.invoice(1_000), await desk.invoice(3_000)];
    const { key, id } = await paid([one, two]);
    const before = [await read(one), await read(two)];
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 4_000, { feeAmount: 1_500 });
    const early = desk.portal.gateway.takingEvent(dispute);
    await tell(dispute, 3);
    await decide(dispute, { status: 'won', feeAmount: 0 }, 2);
    // An old event, once more: the gateway is asked how it stands.
    await desk.portal.webhook('sandbox', early.body, early.headers);
    expect(await payment(id)).toMatchObject({
      status: 'succeeded',
      takings: [{ status: 'won', taken: gbp(0) }],
    });
    expect(await read(one)).toEqual(before[0]);
    expect(await read(two)).toEqual(before[1]);
    expect(booked('fees')).toBe(0);
    await agree();
  });

  test('that is lost leaves the payment charged back and its invoices owed', async () => {
    const invoice = await desk.invoice(1_000);
    const { key, id } = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000);
    await tell(dispute);
    await decide(dispute, { status: 'lost' }, 2);
    expect(await payment(id)).toMatchObject({ status: 'charged-back' });
    expect(await read(invoice)).toMatchObject({ status: 'unpaid', balance: gbp(1_000) });
    await agree();
    // It is paid as any other.
    await paid([invoice]);
    expect(await read(invoice)).toMatchObject({ status: 'paid', balance: gbp(0) });
    await agree();
  });

  test('whose invoice was paid again before it was won makes credit of the money', async () => {
    const invoice = await desk.invoice(1_000);
    const first = await paid([invoice]);
    const dispute = desk.portal.gateway.takeBack(first.key, 'dispute', 1_000);
    await tell(dispute);
    const second = await paid([invoice]);
    await decide(dispute, { status: 'won' });
    expect(await read(invoice)).toMatchObject({ status: 'paid', balance: gbp(0) });
    expect(await credit()).toBe(1_000);
    await agree();
    // Each of both can be given back, and no more than came in.
    for (const { id } of [first, second]) {
      const refund = await desk.staff('POST', `/payments/${id}/refunds`, { reason: 'Twice', to: 'gateway' });
      expect(refund).toMatchObject({ status: 201, body: { status: 'refunded' } });
    }
    expect(await credit()).toBe(0);
    await agree();
  });

  test('is told to the owner, the billing contacts and staff, once for each news', async () => {
    const invoice = await desk.invoice(1_000);
    const { key } = await paid([invoice]);
    await subjects();
    desk.portal.mails.length = 0;
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 1_000, { feeAmount: 1_500 });
    await tell(dispute, 2);
    const disputed = await subjects();
    expect(disputed).toEqual([
      'owner@acme.test: Payment disputed: 10.00 GBP for Acme',
      'staff@provider.test: sandbox: dispute, open (10.00 GBP, Acme)',
    ]);
    expect(desk.portal.mails[0]!.text).toContain(`${invoice.number}: 10.00 GBP`);
    expect(desk.portal.mails[1]!.text).toContain('Its fee: 15.00 GBP');
    expect(desk.portal.mails[1]!.text).not.toContain('Loss');
    await decide(dispute, { status: 'lost' }, 2);
    expect((await subjects()).slice(2)).toEqual([
      'owner@acme.test: Payment taken back: 10.00 GBP for Acme',
      'staff@provider.test: sandbox: dispute, lost (10.00 GBP, Acme)',
    ]);
    await decide(dispute, { status: 'won' });
    expect((await subjects()).slice(4)).toEqual([
      'owner@acme.test: Payment received after all: 10.00 GBP for Acme',
      'staff@provider.test: sandbox: dispute, won (10.00 GBP, Acme)',
    ]);
  });

  test('over many invoices is booked in steps, and goes on where it stopped', async () => {
    await desk.invoices(100);
    const { id: key } = await desk.summary();
    await desk.pay(key, 'sandbox');
    desk.portal.gateway.act(key, 'pay');
    await desk.event(key);
    const dispute = desk.portal.gateway.takeBack(key, 'dispute', 10_000);
    const { table } = desk.portal;
    const transact = table.transact.bind(table);
    let writes = 0;
    table.transact = async (actions) => {
      if (++writes === 3) throw new Error('The function stopped');
      await transact(actions);
    };
    const { body, headers } = desk.portal.gateway.takingEvent(dispute);
    expect((await desk.portal.webhook('sandbox', body, headers)).status).toBe(500);
    expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(40);
    await desk.portal.lookAfterPayments();
    expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(100);
    await agree();
    await decide(dispute, { status: 'won' });
    expect((await desk.get('/invoices', { status: 'unpaid', limit: '100' })).items).toHaveLength(0);
    await agree();
  });
});
