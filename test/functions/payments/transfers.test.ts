import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { interleave, settle, stopAt } from '../../support/faults/stoppages.ts';

// What is stopped on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const dayMs = 24 * 60 * 60 * 1000;
const unassigned = '/v1/staff/unassigned-money';

/** A mass payment whose payer transfers its money, and what they quote. */
async function waiting(invoices: unknown = 'all-due', here = desk) {
  const { id } = await here.summary(invoices);
  const paying = await here.pay(id, 'bank-transfer');
  expect(paying).toMatchObject({ status: 200, body: { status: 'waiting' } });
  const reference = /quote: (\S+)/.exec(paying.body.next.text)![1]!;
  return { id, reference, paying };
}
const shown = (id: string) => desk.get(`/mass-payments/${id}`);
const read = (invoice: { id: string }) => desk.get(`/invoices/${invoice.id}`);
const money = (amount: number, reference: string) => ({
  amount: gbp(amount),
  method: 'bank-transfer',
  reference,
  receivedOn: '2026-03-01',
});
const receive = (amount: number, reference: string, more: object = {}, key = '') =>
  desk.staff(
    'POST',
    '/payments',
    { ...money(amount, reference), ...more },
    key === '' ? {} : { 'idempotency-key': key },
  );
const note = (amount: number, reference: string, key = '') =>
  desk.portal.call('stan', 'POST', unassigned, {
    body: money(amount, reference),
    headers: key === '' ? {} : { 'idempotency-key': key },
  });

describe('a payment by bank', () => {
  test('says what to quote, and waits without holding its invoices', async () => {
    const invoice = await desk.invoice(1_000);
    const { id, paying } = await waiting();
    const { text } = paying.body.next;
    expect(text).toContain('10.00 GBP');
    expect(text).toContain(invoice.number);
    expect(text).toContain('Sort code');
    const expiresAt = new Date(desk.portal.now.getTime() + 10 * dayMs).toISOString();
    expect(await shown(id)).toMatchObject({
      status: 'waiting',
      method: 'bank-transfer',
      next: paying.body.next,
      expiresAt,
    });
    expect((await desk.pay(id, 'bank-transfer')).body).toEqual(paying.body);
    expect((await desk.pay(id, 'sandbox')).status).toBe(409);
    const other = await desk.summary();
    expect(other.id).not.toBe(id);
    expect(await desk.pay(other.id, 'sandbox')).toMatchObject({
      status: 200,
      body: { status: 'processing' },
    });
  });

  test('is begun once by two at once, with one reference', async () => {
    await desk.invoice(1_000);
    const { id } = await desk.summary();
    for (let nth = 1; ; nth++) {
      const both = await interleave(
        desk.portal,
        nth,
        () => desk.pay(id, 'bank-transfer'),
        () => desk.pay(id, 'bank-transfer'),
      );
      if (both === null) return;
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect(both[0].body).toEqual(both[1].body);
    }
  });

  test('is waited for as many days as the settings say, and then has expired', async () => {
    await desk.portal.call('stan', 'PUT', '/v1/staff/settings', { body: { 'payments.bankDays': 3 } });
    await desk.invoice(1_000);
    const { id } = await waiting();
    desk.portal.advance(3 * 24 * 3600 - 1);
    await desk.portal.lookAfterPayments();
    expect(await shown(id)).toMatchObject({ status: 'waiting' });
    desk.portal.advance(1);
    expect(await shown(id)).toMatchObject({ status: 'expired', next: null });
    expect((await desk.pay(id, 'bank-transfer')).status).toBe(409);
  });

  test.each([0, 61, 1.5, '10'])('does not wait for %j days', async (days) => {
    const body = { 'payments.bankDays': days };
    expect((await desk.portal.call('stan', 'PUT', '/v1/staff/settings', { body })).status).toBe(400);
  });
});

describe('money that quotes the reference of a mass payment', () => {
  const ways: Record<string, (amount: number, reference: string, invoice: { id: string }) => Promise<any>> = {
    'for an invoice of it': (amount, reference, { id }) =>
      desk.staff('POST', `/invoices/${id}/payments`, money(amount, reference)),
    'for the account': (amount, reference) => receive(amount, reference),
    'for nobody': (amount, reference) => note(amount, reference),
  };

  test.each(Object.keys(ways))('noted %s pays what it was for', async (way) => {
    const first = await desk.invoice(500, { dueOn: '2026-03-02' });
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    const { id, reference } = await waiting([two.id, { id: one.id, amount: gbp(400) }]);
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    const { status, body } = await ways[way]!(2_400, `/ROC/${reference.toLowerCase()} THANKS`, two);
    expect(status).toBe(201);
    const summary = await shown(id);
    expect(summary).toMatchObject({ status: 'succeeded', next: null });
    expect(await desk.get(`/payments/${summary.paymentId}`)).toMatchObject({
      amount: gbp(2_400),
      method: 'bank-transfer',
      receivedOn: '2026-03-01',
      massPaymentId: id,
      allocations: [
        { invoiceId: two.id, amount: gbp(2_000) },
        { invoiceId: one.id, amount: gbp(400) },
      ],
      toCredit: gbp(0),
    });
    expect(way === 'for nobody' ? body.paymentId : body.id).toBe(summary.paymentId);
    expect(await read(first)).toMatchObject({ paid: gbp(0) });
    await desk.portal.deliver();
    expect(desk.portal.mails.filter(({ subject }) => subject!.startsWith('Receipt'))).toHaveLength(1);
    // It is recorded once, as all money is.
    expect((await ways[way]!(2_400, `/ROC/${reference.toLowerCase()} THANKS`, two)).body).toMatchObject({
      code: 'recorded-before',
      payment: { id: summary.paymentId },
    });
    await desk.agree();
  });

  test('noted for nobody is assigned as it is noted', async () => {
    await desk.invoice(1_000);
    const { reference } = await waiting();
    const { body } = await note(1_000, reference);
    expect(body).toMatchObject({
      status: 'assigned',
      accountId: desk.accountId,
      assignedBy: { kind: 'staff' },
    });
    const listed = await desk.portal.call('stan', 'GET', unassigned);
    expect(listed.body.items).toEqual([body]);
    const again = { body: { accountId: desk.accountId } };
    expect((await desk.portal.call('stan', 'POST', `${unassigned}/${body.id}/assign`, again)).status).toBe(
      409,
    );
  });

  test('goes to what is still owed of its invoices, and the rest to credit', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    const gone = await desk.invoice(3_000);
    const { id, reference } = await waiting();
    await desk.staff('POST', `/invoices/${one.id}/payments`, money(700, 'Otherwise'));
    await desk.staff('POST', `/invoices/${gone.id}/cancel`);
    const { body } = await receive(6_000, reference);
    expect(body).toMatchObject({
      allocations: [
        { invoiceId: one.id, amount: gbp(300) },
        { invoiceId: two.id, amount: gbp(2_000) },
      ],
      toCredit: gbp(3_700),
    });
    expect(await shown(id)).toMatchObject({ status: 'succeeded' });
    await desk.agree();
  });

  test('is credit where all of it was paid otherwise', async () => {
    await desk.invoice(1_000);
    const { id, reference } = await waiting();
    const other = await desk.summary();
    await desk.pay(other.id, 'sandbox');
    desk.portal.gateway.act(other.id, 'pay');
    await desk.event(other.id);
    expect((await receive(1_000, reference)).body).toMatchObject({ allocations: [], toCredit: gbp(1_000) });
    expect(await shown(id)).toMatchObject({ status: 'succeeded' });
    await desk.agree();
  });

  test('may be less: the rest is waited for, and found by the same reference', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    const { id, reference } = await waiting();
    expect((await receive(1_500, reference)).body).toMatchObject({
      allocations: [
        { invoiceId: one.id, amount: gbp(1_000) },
        { invoiceId: two.id, amount: gbp(500) },
      ],
    });
    expect(await shown(id)).toMatchObject({ status: 'waiting', totals: { due: gbp(1_500) } });
    expect((await note(1_600, reference)).body).toMatchObject({ status: 'assigned' });
    expect(await shown(id)).toMatchObject({ status: 'succeeded' });
    expect(await read(two)).toMatchObject({ status: 'paid' });
    expect((await desk.get('/credit')).balance).toEqual(gbp(100));
    await desk.agree();
  });

  test.each(['late', 'cancelled'])('is found though it is %s', async (how) => {
    const invoice = await desk.invoice(1_000);
    const { id, reference } = await waiting();
    if (how === 'late') desk.portal.advance(11 * 24 * 3600);
    else await desk.owner('POST', `/mass-payments/${id}/cancel`);
    expect((await note(1_000, reference)).body).toMatchObject({ accountId: desk.accountId });
    expect(await read(invoice)).toMatchObject({ status: 'paid' });
    expect(await shown(id)).toMatchObject({ status: 'succeeded' });
  });

  test('a second time fits nobody, or is the account’s as any money', async () => {
    await desk.invoice(1_000);
    const { reference } = await waiting();
    await receive(1_000, reference);
    const next = await desk.invoice(600);
    expect((await note(999, reference)).body).toMatchObject({ status: 'unassigned' });
    expect((await receive(998, reference)).body.allocations).toEqual([
      { invoiceId: next.id, amount: gbp(600) },
    ]);
    await desk.agree();
  });

  test('goes where staff say, if they say it', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(2_000);
    const { id, reference } = await waiting([one.id]);
    await receive(900, reference, { allocations: [{ invoiceId: two.id, amount: gbp(900) }] });
    await desk.staff('POST', `/invoices/${two.id}/payments`, money(500, reference));
    expect(await read(two)).toMatchObject({ paid: gbp(1_400) });
    expect(await read(one)).toMatchObject({ paid: gbp(0) });
    expect(await shown(id)).toMatchObject({ status: 'waiting' });
  });

  test('is of its own account and currency, and quotes one mass payment alone', async () => {
    const one = await desk.invoice(1_000);
    const two = await desk.invoice(1_000);
    const [first, second] = [await waiting([one.id]), await waiting([two.id])];
    expect((await note(2_000, `${first.reference} ${second.reference}`)).body.status).toBe('unassigned');
    const dollars = { ...money(1_000, first.reference), amount: { amount: 1_000, currency: 'USD' } };
    const noted = await desk.portal.call('stan', 'POST', unassigned, { body: dollars });
    expect(noted.body.status).toBe('unassigned');
    const other = await billingDesk(desk.portal, 'Other');
    const theirs = await other.staff('POST', '/payments', money(1_000, first.reference));
    expect(theirs.body).toMatchObject({ allocations: [], toCredit: gbp(1_000), massPaymentId: null });
    expect(await shown(first.id)).toMatchObject({ status: 'waiting' });
    await desk.agree();
    await other.agree();
  });

  test('that comes twice at once is booked as two payments, the mass payment with one', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      await desk.invoice(1_000);
      const { id, reference } = await waiting();
      const both = await interleave(
        desk.portal,
        nth,
        () => receive(1_000, reference),
        () => receive(1_001, reference),
      );
      if (both === null) return;
      expect(both.map(({ status }) => status)).toEqual([201, 201]);
      const { items } = await desk.get('/payments');
      expect(items.filter((payment: any) => payment.massPaymentId === id)).toHaveLength(1);
      expect((await desk.get('/credit')).balance).toEqual(gbp(1_001 + 1_000 - 1_000));
      await desk.agree();
    }
  });
});

describe('money for more invoices than one transaction takes', () => {
  const count = 95;
  const all = count * 100;

  test.each(['dies', 'loses its answer'] as const)(
    'is booked once, though what books it %s at any of its calls',
    async (how) => {
      for (let nth = 1; ; nth++) {
        desk = await billingDesk();
        await desk.invoices(count);
        const { id, reference } = await waiting();
        const ask = () => note(all + 50, reference, 'once');
        const stopped = await stopAt(desk.portal, how, nth, ask);
        let again = await ask();
        if (again.status === 409) {
          expect(again.body.code).toBe('idempotency-in-progress');
          desk.portal.advance(61);
          again = await ask();
        }
        expect(again).toMatchObject({ status: 201, body: { status: 'assigned' } });
        const { body } = await desk.portal.call('stan', 'GET', `${unassigned}/${again.body.id}`);
        expect(body).toEqual(again.body);
        desk.portal.advance(3600);
        await desk.portal.lookAfterPayments();
        await settle(desk.portal);
        expect(await shown(id)).toMatchObject({ status: 'succeeded', paymentId: body.paymentId });
        expect((await desk.get('/payments')).items).toMatchObject([
          { amount: gbp(all + 50), toCredit: gbp(50) },
        ]);
        expect(desk.portal.mails.filter(({ subject }) => subject!.startsWith('Receipt'))).toHaveLength(1);
        await desk.agree();
        if (!stopped) return;
      }
    },
  );

  test('is finished by who looks after payments where nobody asks again', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      await desk.invoices(count);
      const { id, reference } = await waiting();
      const stopped = await stopAt(desk.portal, 'dies', nth, () => receive(all, reference));
      desk.portal.advance(3600);
      await desk.portal.lookAfterPayments();
      const { status, paymentId } = await shown(id);
      const { items } = await desk.get('/payments');
      expect(items).toHaveLength(status === 'succeeded' ? 1 : 0);
      const again = await receive(all, reference);
      expect(again.status).toBe(status === 'succeeded' ? 409 : 201);
      if (status === 'succeeded') expect(again.body.payment.id).toBe(paymentId);
      await desk.agree();
      if (!stopped) return;
    }
  });

  test('is told of once, though its request is repeated while somebody looks after it', async () => {
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      await desk.invoices(count);
      const { reference } = await waiting();
      const ask = () => receive(all, reference, {}, 'once');
      // The second transaction never comes.
      let transactions = 0;
      const { transact } = desk.portal.table;
      desk.portal.table.transact = (actions) =>
        ++transactions > 1 ? new Promise(() => {}) : transact.call(desk.portal.table, actions);
      void ask();
      while (transactions < 2) await new Promise(setImmediate);
      desk.portal.table.transact = transact;
      desk.portal.advance(3600);
      const both = await interleave(desk.portal, nth, () => desk.portal.lookAfterPayments(), ask);
      if (both === null) {
        expect(nth).toBeGreaterThan(2);
        return;
      }
      expect(both[1]).toMatchObject({ status: 201, body: { status: 'succeeded' } });
      await settle(desk.portal);
      expect(desk.portal.mails.filter(({ subject }) => subject!.startsWith('Receipt'))).toHaveLength(1);
      await desk.agree();
    }
  });

  test('goes on where something changes meanwhile, and other money for it waits', async () => {
    const seen = new Set<string>();
    for (let nth = 1; ; nth++) {
      desk = await billingDesk();
      await desk.invoices(count);
      const { items } = await desk.get('/invoices', { limit: '100' });
      const { id, reference } = await waiting();
      const both = await interleave(
        desk.portal,
        nth,
        () => receive(all, reference),
        async () => {
          await desk.staff('POST', `/invoices/${items[0].id}/payments`, money(40, 'Otherwise'));
          return receive(30, reference);
        },
      );
      if (both === null) break;
      expect(both[0].status).toBe(201);
      seen.add(`${both[1].status}`);
      expect((await shown(id)).status).toBe('succeeded');
      await desk.agree();
    }
    expect([...seen].toSorted()).toEqual(['201', '503']);
  });

  test('that is less leaves the rest to wait for', async () => {
    await desk.invoices(count);
    const { id, reference } = await waiting();
    expect((await receive(all - 250, reference)).status).toBe(201);
    expect(await shown(id)).toMatchObject({ status: 'waiting', totals: { due: gbp(250) } });
    expect((await receive(250, reference)).status).toBe(201);
    expect(await shown(id)).toMatchObject({ status: 'succeeded' });
    await desk.agree();
  });
});
