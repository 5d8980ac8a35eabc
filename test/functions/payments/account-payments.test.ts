import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { interleave } from '../../support/faults/stoppages.ts';

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

let references = 0;
const receive = (amount: number, more: object = {}, key?: string) =>
  desk.staff(
    'POST',
    '/payments',
    {
      amount: gbp(amount),
      method: 'bank-transfer',
      reference: `FPS ${++references}`,
      receivedOn: '2026-03-01',
      ...more,
    },
    key === undefined ? {} : { 'idempotency-key': key },
  );
const to = (invoice: { id: string }, amount: number, currency = 'GBP') => ({
  invoiceId: invoice.id,
  amount: { amount, currency },
});
const read = (invoice: { id: string }) => desk.get(`/invoices/${invoice.id}`);

describe('money for several invoices', () => {
  test('is one payment over those that are named, with one receipt, and the rest is credit', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    const three = await desk.invoice(3_000);
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    const { status, body, headers } = await receive(2_600, { allocations: [to(three, 500), to(one, 1_000)] });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      amount: gbp(2_600),
      allocations: [
        { invoiceId: three.id, amount: gbp(500) },
        { invoiceId: one.id, amount: gbp(1_000) },
      ],
      toCredit: gbp(1_100),
    });
    expect(headers['location']).toBe(`${desk.base}/payments/${body.id}`);
    expect(await read(one)).toMatchObject({ status: 'paid', balance: gbp(0) });
    expect(await read(two)).toMatchObject({ status: 'unpaid', balance: gbp(2_000) });
    expect(await read(three)).toMatchObject({ status: 'unpaid', balance: gbp(2_500) });
    await desk.portal.deliver();
    const receipts = desk.portal.mails.filter(({ subject }) => subject!.startsWith('Receipt'));
    expect(receipts).toHaveLength(1);
    for (const { number } of [one, three]) expect(receipts[0]!.text).toContain(number);
    expect((await desk.get('/credit')).balance).toEqual(gbp(1_100));
    await desk.agree();
  });

  test('pays the oldest due where none is named, as far as it goes', async () => {
    const late = await desk.invoice(1_000, { dueOn: '2026-03-20' });
    const early = await desk.invoice(2_000, { dueOn: '2026-03-05' });
    const draft = await desk.invoice(500, { dueOn: '2026-03-02', draft: true });
    const dollars = await desk.invoice(700, { dueOn: '2026-03-01' }, 'USD');
    const { body } = await receive(2_400);
    expect(body.allocations).toEqual([
      { invoiceId: early.id, amount: gbp(2_000) },
      { invoiceId: late.id, amount: gbp(400) },
    ]);
    expect((await receive(700)).body).toMatchObject({
      allocations: [{ invoiceId: late.id, amount: gbp(600) }],
      toCredit: gbp(100),
    });
    expect((await desk.staff('GET', `/invoices/${draft.id}`)).body).toMatchObject({ paid: gbp(0) });
    expect(await read(dollars)).toMatchObject({ status: 'unpaid' });
    await desk.agree();
  });

  test('is credit where nothing is due', async () => {
    expect((await receive(700)).body).toMatchObject({ allocations: [], toCredit: gbp(700) });
    await desk.agree();
  });

  test('is refused whole for each thing that is wrong with it', async () => {
    const one = await desk.invoice(1_000);
    const draft = await desk.invoice(1_000, { draft: true });
    const dollars = await desk.invoice(1_000, {}, 'USD');
    const cancelled = await desk.invoice(1_000);
    await desk.staff('POST', `/invoices/${cancelled.id}/cancel`);
    const other = await billingDesk(desk.portal, 'Other');
    const theirs = await other.invoice(1_000);
    const rows = desk.portal.table.all();
    const wrong: [object[], number, string, number?][] = [
      [[to(one, 500), to(one, 500)], 400, 'allocations.1.invoiceId'],
      [[to(one, 100), to(theirs, 100)], 400, 'allocations.1.invoiceId'],
      [[to(one, 1_001)], 400, 'allocations.0.amount'],
      [[to(one, 901)], 400, 'allocations', 900],
      [[to(dollars, 100, 'USD')], 400, 'allocations.0.invoiceId'],
      [[to(one, 100, 'USD')], 400, 'allocations.0.amount.currency'],
      [[to(one, 100), to(draft, 100)], 409, 'allocations.1.invoiceId'],
      [[to(one, 100), to(cancelled, 100)], 409, 'allocations.1.invoiceId'],
      [[to(one, 0)], 400, 'allocations.0.amount.amount'],
    ];
    for (const [allocations, status, path, amount = 2_000] of wrong) {
      const refused = await receive(amount, { allocations });
      expect(refused, JSON.stringify(allocations)).toMatchObject({ status, body: { errors: [{ path }] } });
    }
    expect((await receive(100, { receivedOn: '2026-03-02' })).body.errors).toMatchObject([
      { path: 'receivedOn' },
    ]);
    expect(desk.portal.table.all()).toEqual(rows);
  });

  test('is for eighty invoices at most, in one transaction', async () => {
    await desk.invoices(81);
    const refused = await receive(8_100);
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('80 invoices') } });
    const { items } = await desk.get('/invoices', { limit: '81' });
    const allocations = items.map((invoice: any) => to(invoice, 100));
    expect(await receive(8_100, { allocations })).toMatchObject({ status: 400 });
    expect((await desk.get('/payments')).items).toEqual([]);
    const most: number[] = [];
    const transact = desk.portal.table.transact.bind(desk.portal.table);
    desk.portal.table.transact = (actions) => {
      most.push(actions.length);
      return transact(actions);
    };
    const noted = await receive(8_200, { allocations: allocations.slice(1) }, 'once');
    expect(noted).toMatchObject({ status: 201, body: { toCredit: gbp(200) } });
    expect(Math.max(...most)).toBeLessThanOrEqual(100);
    await desk.agree();
  });

  test('allocates nothing twice, wherever another payment comes in between', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      const one = await desk.invoice(1_000);
      const both = await interleave(
        desk.portal,
        nth,
        () => receive(900),
        () => receive(900, { allocations: [to(one, 900)] }),
      );
      if (both === null) return;
      await desk.agree();
      const { paid } = await read(one);
      const { balance } = await desk.get('/credit');
      const taken = both.filter(({ status }) => status === 201).length * 900;
      expect(paid.amount + balance.amount).toBe(taken);
    }
  });
});
