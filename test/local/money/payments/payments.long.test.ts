import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  begin,
  books,
  creditOf,
  eventOf,
  expectInvalid,
  freshKey,
  gbp,
  once,
  ownerOf,
  pay,
  payAll,
  paymentsOf,
  press,
  raise,
  readInvoice,
  receive,
  statuses,
  summary,
  tell,
} from '../money.ts';
import { addSubAccount, openAccount, problemType, sorted } from '../../people.ts';
import { massPaymentsOf } from './mass-payments.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { giveUp, readSummary, refund } = massPaymentsOf(client);

describe('paying with the sandbox', () => {
  test('goes by its page, and the payment says who paid what of which invoice', async () => {
    const account = await openAccount(client);
    const payer = await addSubAccount(client, account, ['invoices'], { name: 'Pia Payer' });
    const [one, two] = [await raise(client, account, 1000), await raise(client, account, 2000)];
    const parts = [{ id: one.id, amount: gbp(400) }, two.id];
    const { id } = await summary(client, account, parts);
    const begun = await pay(client, account, id, { token: payer.token });
    expect(begun).toMatchObject({
      status: 200,
      body: { id, status: 'processing', next: { type: 'redirect' }, paymentId: null, failure: null },
    });
    expect(await readSummary(account, id)).toMatchObject({ status: 'processing', next: begun.body.next });
    expect(await paymentsOf(client, account)).toEqual([]);
    const page = begun.body.next.url as string;
    const pressed = await press(page, 'pay');
    expect(pressed.status).toBe(303);
    expect(new URL(pressed.headers.get('location')!, page).href).toBe(page);
    const done = await once(client, account, id, 'succeeded');
    expect(done).toMatchObject({ next: null, failure: null, method: 'sandbox' });
    const payments = await paymentsOf(client, account);
    expect(payments).toEqual([
      expect.objectContaining({
        id: done.paymentId,
        at: expect.stringMatching(/Z$/),
        amount: gbp(2400),
        method: 'sandbox',
        status: 'succeeded',
        massPaymentId: id,
        allocations: [
          { invoiceId: one.id, amount: gbp(400) },
          { invoiceId: two.id, amount: gbp(2000) },
        ],
        refunds: [],
      }),
    ]);
    expect((await asOwner(account, 'GET', `/payments/${done.paymentId}`)).body).toEqual(payments[0]);
    // Who had it summed up is another.
    expect.soft(payments[0].paidBy).toMatchObject({ id: payer.id, name: 'Pia Payer' });
    expect(await readInvoice(client, account, one.id)).toMatchObject({
      status: 'unpaid',
      paid: gbp(400),
      balance: gbp(600),
    });
    expect(await readInvoice(client, account, two.id)).toMatchObject({ status: 'paid', balance: gbp(0) });
    expect((await pay(client, account, id)).status).toBe(409);
    expect(await paymentsOf(client, account)).toHaveLength(1);
  });

  test('declined leaves the invoice as it was, to be paid by another payment', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    const before = await readInvoice(client, account, id);
    const declined = await begin(client, account, [id]);
    expect((await press(declined.page, 'decline')).status).toBe(303);
    const failed = await once(client, account, declined.id, 'failed');
    expect(failed).toMatchObject({ next: null, paymentId: null, failure: expect.stringMatching(/./) });
    expect(await readInvoice(client, account, id)).toEqual(before);
    expect(await paymentsOf(client, account)).toEqual([]);
    expect((await pay(client, account, declined.id)).status).toBe(409);
    expect(await payAll(client, account, 'all-due')).toMatchObject({ amount: gbp(1000) });
  });

  test('pending is given up, or is not and can still be paid', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    const pending = await begin(client, account, [id]);
    expect((await press(pending.page, 'pending')).status).toBe(303);
    const given = await giveUp(account, pending.id);
    expect([200, 409]).toContain(given.status);
    if (given.status === 200) {
      expect(await readSummary(account, pending.id)).toMatchObject({ status: 'cancelled' });
      await payAll(client, account, [id]);
    } else {
      expect(await readSummary(account, pending.id)).toMatchObject({ status: 'processing' });
      await press(pending.page, 'pay');
      await once(client, account, pending.id, 'succeeded');
    }
    expect(await readInvoice(client, account, id)).toMatchObject({ status: 'paid', paid: gbp(1000) });
    expect(await paymentsOf(client, account)).toHaveLength(1);
  });

  test('an invoice that is being paid is refused to a second, until the first is given up', async () => {
    const account = await openAccount(client);
    const one = await raise(client, account, 1000);
    await raise(client, account, 2000);
    const summaries = [await summary(client, account, [one.id]), await summary(client, account, 'all-due')];
    const pays = await Promise.all(summaries.map(({ id }) => pay(client, account, id)));
    expect(statuses(pays)).toEqual([200, 409]);
    const [won, lost] = pays[0]!.status === 200 ? [0, 1] : [1, 0];
    expect(pays[lost]!.body).toMatchObject({
      type: problemType('payment-in-progress'),
      detail: expect.stringContaining(one.number),
    });
    expect(pays[lost]!.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await readSummary(account, summaries[lost]!.id)).toMatchObject({ status: 'open' });
    const again = await pay(client, account, summaries[lost]!.id);
    expect(again).toMatchObject({ status: 409, body: { type: problemType('payment-in-progress') } });

    expect((await giveUp(account, summaries[won]!.id)).status).toBe(200);
    expect(await readSummary(account, summaries[won]!.id)).toMatchObject({ status: 'cancelled', next: null });
    const second = await pay(client, account, summaries[lost]!.id);
    expect(second).toMatchObject({ status: 200, body: { status: 'processing' } });
    await press(second.body.next.url, 'pay');
    await once(client, account, summaries[lost]!.id, 'succeeded');
    expect(await paymentsOf(client, account)).toHaveLength(1);
    expect(await creditOf(client, account)).toBe(0);
    expect((await giveUp(account, summaries[lost]!.id)).status).toBe(409);
  });

  test('what changed since the summary was shown is shown anew, and nothing is charged', async () => {
    const account = await openAccount(client);
    const [one, two] = [await raise(client, account, 1000), await raise(client, account, 500)];
    const shown = await summary(client, account, 'all-due');
    await receive(client, account, one.id, 300);
    const refused = await pay(client, account, shown.id);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        type: problemType('summary-changed'),
        summary: {
          id: shown.id,
          status: 'open',
          next: null,
          invoices: [
            { id: one.id, paid: gbp(300), balance: gbp(700), allocation: gbp(700) },
            { id: two.id, balance: gbp(500), allocation: gbp(500) },
          ],
          totals: { paid: gbp(300), due: gbp(1200) },
        },
      },
    });
    expect(await paymentsOf(client, account)).toHaveLength(1);
    expect(await readSummary(account, shown.id)).toEqual(refused.body.summary);

    await asStaff(client, account, 'POST', `/invoices/${two.id}/cancel`);
    const changed = await pay(client, account, shown.id);
    expect(changed).toMatchObject({ status: 409, body: { type: problemType('summary-changed') } });
    expect(changed.body.summary.totals.due).toEqual(gbp(700));
    const paid = await pay(client, account, shown.id);
    await press(paid.body.next.url, 'pay');
    await once(client, account, shown.id, 'succeeded');
    const payments = await paymentsOf(client, account);
    expect(payments).toHaveLength(2);
    expect(payments.find((payment) => payment.method === 'sandbox')).toMatchObject({
      amount: gbp(700),
      allocations: [{ invoiceId: one.id, amount: gbp(700) }],
    });
  });

  test('needs an Idempotency-Key, which repeated gives the first answer and charges once', async () => {
    const account = await openAccount(client);
    await raise(client, account, 1000);
    const { id } = await summary(client, account, 'all-due');
    const without = await pay(client, account, id, { key: {} });
    expectInvalid(without);
    expect(await readSummary(account, id)).toMatchObject({ status: 'open', next: null });
    for (const method of ['bitcoin', '', 5])
      expectInvalid(await pay(client, account, id, { method: method as string }), 'method', `${method}`);
    const key = freshKey();
    const answers = await Promise.all([1, 2, 3].map(() => pay(client, account, id, { key })));
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
    const first = answers.find((answer) => answer.status === 200)!;
    await press(first.body.next.url, 'pay');
    await once(client, account, id, 'succeeded');
    const repeated = await pay(client, account, id, { key });
    expect(repeated).toMatchObject({ status: 200, body: first.body });
    for (const answer of answers) if (answer.status === 200) expect(answer.body).toEqual(first.body);
    expect((await pay(client, account, id, { key, method: 'credit' })).status).toBe(422);
    expect(await paymentsOf(client, account)).toHaveLength(1);
    expect(await creditOf(client, account)).toBe(0);
  });
});

describe('paying otherwise', () => {
  test('from credit succeeds at once and once, where there is enough of it, and given back is credit again', async () => {
    const account = await openAccount(client);
    const [one, two] = [await raise(client, account, 1000), await raise(client, account, 1000)];
    await adjustCredit(client, account, 999);
    const summaries = [await summary(client, account, [one.id]), await summary(client, account, [two.id])];
    const before = await books(client, account);
    const short = await pay(client, account, summaries[0]!.id, { method: 'credit' });
    expect(short).toMatchObject({ status: 409, headers: expect.anything() });
    expect(await books(client, account)).toEqual(before);
    await adjustCredit(client, account, 501);
    const pays = await Promise.all(summaries.map(({ id }) => pay(client, account, id, { method: 'credit' })));
    expect(statuses(pays)).toEqual([200, 409]);
    const won = pays.findIndex((answer) => answer.status === 200);
    expect(pays[won]!.body).toMatchObject({ status: 'succeeded', next: null, failure: null });
    expect(await creditOf(client, account)).toBe(500);
    const [payment, ...more] = await paymentsOf(client, account);
    expect(more).toEqual([]);
    expect(payment).toMatchObject({
      method: 'credit',
      status: 'succeeded',
      amount: gbp(1000),
      allocations: [{ invoiceId: [one.id, two.id][won] }],
    });
    expect.soft(pays[won]!.body.paymentId).toBe(payment.id);
    expect
      .soft(await readSummary(account, summaries[won]!.id))
      .toMatchObject({ status: 'succeeded', paymentId: payment.id, method: 'credit' });
    expect(await readInvoice(client, account, [one.id, two.id][won])).toMatchObject({
      status: 'paid',
      balance: gbp(0),
    });

    expect((await refund(account, payment.id, { amount: gbp(200), to: 'credit' })).status).toBe(201);
    expect(await creditOf(client, account)).toBe(700);
    const rest = await refund(account, payment.id, {});
    expect([201, 409]).toContain(rest.status);
    expect(await creditOf(client, account), 'what came from credit').toBe(rest.status === 201 ? 1500 : 700);
  });

  test('by bank says what to write on the transfer, and is given up or noted by staff', async () => {
    const account = await openAccount(client);
    const { id, number } = await raise(client, account, 1234);
    const shown = await summary(client, account, [id]);
    const begun = await pay(client, account, shown.id, { method: 'bank-transfer' });
    expect(begun).toMatchObject({
      status: 200,
      body: { status: 'waiting', next: { type: 'instructions', text: expect.stringContaining(number) } },
    });
    expect(begun.body.next.text).toContain('12.34');
    expect(await readInvoice(client, account, id)).toMatchObject({ status: 'unpaid', paid: gbp(0) });
    expect((await giveUp(account, shown.id)).status).toBe(200);
    await payAll(client, account, [id]);
    expect(await readInvoice(client, account, id)).toMatchObject({ status: 'paid', paid: gbp(1234) });
  });

  test('money that comes twice, by bank while the gateway takes it, is credit and not lost', async () => {
    const account = await openAccount(client);
    const [one, two] = [await raise(client, account, 1000), await raise(client, account, 500)];
    const begun = await begin(client, account, 'all-due');
    const received = await receive(client, account, one.id, 1000);
    const dropped = await asStaff(client, account, 'POST', `/invoices/${two.id}/cancel`);
    for (const answer of [received, dropped]) expect([200, 201, 409]).toContain(answer.status);
    await press(begun.page, 'pay');
    await once(client, account, begun.id, 'succeeded');
    const taken = 1500 + (received.status === 201 ? 1000 : 0);
    const invoices = [await readInvoice(client, account, one.id), await readInvoice(client, account, two.id)];
    const paid = invoices.reduce((sum, invoice) => sum + invoice.paid.amount, 0);
    expect(paid + (await creditOf(client, account))).toBe(taken);
    expect(invoices.map((invoice) => invoice.balance)).toEqual([gbp(0), gbp(0)]);
  });
});

describe('the list of payments', () => {
  test('is newest first, and their ids are in the order of time', async () => {
    const account = await openAccount(client);
    const [one, two, three] = [
      await raise(client, account, 100),
      await raise(client, account, 200),
      await raise(client, account, 300),
    ];
    // Begun first, and paid for a second time after another payment.
    const begun = await begin(client, account, [one.id]);
    await payAll(client, account, [two.id]);
    await press(begun.page, 'pay');
    await once(client, account, begun.id, 'succeeded');
    const twice = await tell(client, eventOf(account, begun, 100, { charge: 'ch_another' }));
    expect(twice.status).toBe(200);
    await payAll(client, account, [three.id]);
    const payments = await paymentsOf(client, account);
    expect(payments).toHaveLength(4);
    const oldestFirst = payments.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
    expect(payments.map((payment) => payment.amount.amount)).toEqual([300, 100, 100, 200]);
    expect(payments.toReversed()).toEqual(oldestFirst);
    const ids = oldestFirst.map((payment) => payment.id);
    expect(ids).toEqual(sorted(ids));
  });
});
