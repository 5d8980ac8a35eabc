import { describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  begin,
  books,
  creditOf,
  deliver,
  eventOf,
  expectExplained,
  expectInvalid,
  freshKey,
  gbp,
  line,
  mailsOf,
  once,
  pay,
  payAll,
  paymentsOf,
  press,
  raise,
  readInvoice,
  receive,
  sign,
  statuses,
  summarise,
  summary,
  tell,
} from '../money.ts';
import {
  type Account,
  addContact,
  addSubAccount,
  type Json,
  nobody,
  openAccount,
  problemType,
  sorted,
} from '../../people.ts';

const client = new PortalClient(inject('portal'));

const nothing = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

const asOwner = (account: Account, method: string, path: string, body?: unknown): Promise<Answered> =>
  client.call(account.owner.token, method, `${account.path}${path}`, body);

const readSummary = async (account: Account, id: string): Promise<Json> =>
  (await asOwner(account, 'GET', `/mass-payments/${id}`)).body;

const giveUp = (account: Account, id: string): Promise<Answered> =>
  asOwner(account, 'POST', `/mass-payments/${id}/cancel`);

const refund = (account: Account, id: string, body: object, key = freshKey()): Promise<Answered> =>
  asStaff(client, account, 'POST', `/payments/${id}/refunds`, { reason: 'Sorry', ...body }, key);

describe('the summary of a mass payment', () => {
  test('has each invoice with its lines, tax, credit, part payments and balance, and the totals', async () => {
    const account = await openAccount(client);
    const lines = [line(1000, '20'), line(500, '5')];
    const one = await raise(client, account, lines);
    const two = await raise(client, account, 3000);
    const other = await raise(client, account, 777);
    await raise(client, account, 5, { draft: true });
    await adjustCredit(client, account, 100);
    await asOwner(account, 'POST', `/invoices/${one.id}/credit`, { amount: gbp(100) });
    await receive(client, account, two.id, 250);
    const before = await books(client, account);
    const summed = await summarise(client, account, [one.id, two.id]);
    expect(summed.status).toBe(201);
    const { body } = summed;
    expect(summed.headers.get('location')).toBe(`${account.path}/mass-payments/${body.id}`);
    expect(body).toMatchObject({
      status: 'open',
      next: null,
      invoices: [
        {
          id: one.id,
          lines: one.lines,
          tax: gbp(225),
          credit: gbp(100),
          paid: gbp(0),
          balance: gbp(1625),
          allocation: gbp(1625),
        },
        {
          id: two.id,
          lines: two.lines,
          tax: gbp(0),
          credit: gbp(0),
          paid: gbp(250),
          balance: gbp(2750),
          allocation: gbp(2750),
        },
      ],
      totals: {
        subtotal: gbp(4500),
        tax: gbp(225),
        credit: gbp(100),
        paid: gbp(250),
        due: gbp(4375),
      },
    });
    expect(body.paymentMethods).toContainEqual({ id: 'sandbox', label: expect.any(String) });
    expect(body.paymentMethods.map((method: Json) => method.id)).toContain('bank-transfer');
    const wait = Date.parse(body.expiresAt) - Date.now();
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(30 * 60_000);
    expect(await readSummary(account, body.id)).toEqual(body);

    const parts = await summary(client, account, [{ id: two.id, amount: gbp(750) }, other.id]);
    expect(parts.invoices.map((invoice: Json) => invoice.allocation)).toEqual([gbp(750), gbp(777)]);
    expect(parts.totals.due).toEqual(gbp(1527));
    const all = await summary(client, account, 'all-due');
    expect(sorted(all.invoices.map((invoice: Json) => invoice.id))).toEqual(
      sorted([one.id, two.id, other.id]),
    );
    expect(all.totals.due).toEqual(gbp(1625 + 2750 + 777));
    expect(await books(client, account)).toEqual(before);
  });

  test('is not made of what is no invoice of the account, stands twice or is more than is due', async () => {
    const [account, theirs] = [await openAccount(client), await openAccount(client)];
    const one = await raise(client, account, 1000);
    const foreign = await raise(client, theirs, 1000);
    const before = await books(client, account);
    const wrong = async (path: string, invoices: unknown): Promise<Answered> => {
      const refused = await summarise(client, account, invoices);
      expectInvalid(refused, path, JSON.stringify(invoices).slice(0, 100));
      return refused;
    };
    const [there, nowhere] = [
      await wrong('invoices.1', [one.id, foreign.id]),
      await wrong('invoices.1', [one.id, `inv_${nothing}`]),
    ];
    expect(there.body.errors).toEqual(nowhere.body.errors);
    await wrong('invoices.1', [one.id, one.id]);
    await wrong('invoices.1', [{ id: one.id, amount: gbp(1) }, one.id]);
    for (const amount of [1001, 0, -1, 0.5, 1e15, 2 ** 53, '5', null]) {
      const refused = await summarise(client, account, [{ id: one.id, amount: gbp(amount as number) }]);
      expect(refused.status, `${amount}`).toBe(400);
      for (const error of refused.body.errors) expect(error.path, `${amount}`).toMatch(/^invoices/);
    }
    for (const amount of [{ amount: 5, currency: 'EUR' }, { amount: 5 }, 5, '5.00'])
      expect((await summarise(client, account, [{ id: one.id, amount }])).status).toBe(400);
    for (const invoices of ['all', [], {}, null, [null], [5], [['inv_1']], [{ amount: gbp(5) }]])
      expect((await summarise(client, account, invoices)).status, JSON.stringify(invoices)).toBe(400);
    for (const count of [501, 10_000])
      await wrong(
        'invoices',
        Array.from({ length: count }, (_, index) => `inv_${index}`),
      );
    expect(await books(client, account)).toEqual(before);
  });

  test('is not made of nothing that is due, nor of several currencies', async () => {
    const account = await openAccount(client);
    expect((await summarise(client, account, 'all-due')).status).toBe(409);
    const pounds = await raise(client, account, 1000);
    const paid = await raise(client, account, 1000);
    const dropped = await raise(client, account, 1000);
    const euros = await raise(client, account, [line(0, '0', { unitPrice: { amount: 5, currency: 'EUR' } })]);
    await receive(client, account, paid.id, 1000);
    await asStaff(client, account, 'POST', `/invoices/${dropped.id}/cancel`);
    for (const invoices of [[paid.id], [pounds.id, dropped.id], [pounds.id, euros.id], 'all-due'])
      expect(await summarise(client, account, invoices)).toMatchObject({
        status: 409,
        body: { detail: expect.stringMatching(/./) },
      });
    expect((await summarise(client, account, 'all-due')).body.detail).toMatch(/EUR.*GBP|GBP.*EUR|currenc/);
    expect((await summary(client, account, [euros.id])).totals.due).toEqual({ amount: 5, currency: 'EUR' });
  });
});

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
      expect(await readSummary(account, pending.id)).toMatchObject({ status: 'expired' });
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
    expect(await readSummary(account, summaries[won]!.id)).toMatchObject({ status: 'expired', next: null });
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
      body: { status: 'processing', next: { type: 'instructions', text: expect.stringContaining(number) } },
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

describe('an event of the gateway', () => {
  test('that is forged, old, tampered with or of something else is refused and changes nothing', async () => {
    const [account, theirs] = [await openAccount(client), await openAccount(client)];
    await raise(client, account, 1000);
    await raise(client, theirs, 1000);
    const begun = await begin(client, account, 'all-due');
    const foreign = await begin(client, theirs, 'all-due');
    const before = [await books(client, account), await books(client, theirs)];
    const secret = client.portal.sandboxWebhookSecret;
    const good = JSON.stringify(eventOf(account, begun, 1000));
    const minute = 60_000;
    const [time, hash] = sign(good, secret)['sandbox-signature']!.split(',') as [string, string];
    const signatures: Record<string, string>[] = [
      {},
      sign(good, 'another secret'),
      sign(good, secret, Date.now() - 60 * minute),
      sign(good, secret, Date.now() + 60 * minute),
      sign(`${good} `, secret),
      sign(good.replace('1000', '10'), secret),
      ...[`${time},v1=`, time, hash, 't=,v1=', `t=0,${hash}`, 'garbage', `${time},v1=${'0'.repeat(64)}`].map(
        (signature) => ({ 'sandbox-signature': signature }),
      ),
    ];
    for (const headers of signatures)
      expectInvalid(await deliver(client, good, headers), undefined, JSON.stringify(headers));
    const wrong = [
      { amount: 999 },
      { amount: 1001 },
      { amount: '1000' },
      { amount: -1000 },
      { amount: 1000.5 },
      { amount: null },
      { currency: 'EUR' },
      { accountId: theirs.id },
      { accountId: 'acct_nobody' },
      { key: foreign.id },
      { key: `mpay_${nothing}` },
      { key: null },
      { type: 'charge.eaten' },
      { type: null },
    ];
    for (const difference of wrong)
      expectInvalid(
        await tell(client, eventOf(account, begun, 1000, difference)),
        undefined,
        JSON.stringify(difference),
      );
    for (const body of ['{', 'null', '[]', '"charge.paid"', '{}'])
      expectInvalid(await deliver(client, body, sign(body, secret)), undefined, body);
    const padded = JSON.stringify({ ...JSON.parse(good), padding: 'x'.repeat(257 * 1024) });
    expect((await deliver(client, padded, sign(padded, secret))).status).toBe(413);
    const elsewhere = await client.call(nobody, 'POST', '/v1/webhooks/nobody', good, sign(good, secret));
    expect([400, 404]).toContain(elsewhere.status);
    for (const [of, payment] of [
      [account, begun],
      [theirs, foreign],
    ] as const)
      expect((await readSummary(of, payment.id)).status).toBe('processing');
    expect([await books(client, account), await books(client, theirs)]).toEqual(before);
  });

  test('counts once, however often it comes, and no later one takes back what was paid', async () => {
    const account = await openAccount(client);
    const { id, number } = await raise(client, account, 1000);
    const begun = await begin(client, account, [id]);
    const paid = eventOf(account, begun, 1000);
    const another = eventOf(account, begun, 1000);
    const answers = await Promise.all([paid, paid, another, paid].map((event) => tell(client, event)));
    for (const answer of answers) expect([200, 409, 503]).toContain(answer.status);
    const insist = (event: Json): Promise<boolean> =>
      client.until(async () => (await tell(client, event)).status === 200);
    for (const event of [
      paid,
      eventOf(account, begun, 1000, { type: 'charge.declined' }),
      eventOf(account, begun, 1000, { type: 'charge.pending' }),
    ])
      await insist(event);
    await press(begun.page, 'pay').catch(() => null);
    expect(await readSummary(account, begun.id)).toMatchObject({ status: 'succeeded' });
    const [payment, ...more] = await paymentsOf(client, account);
    expect(more).toEqual([]);
    expect(payment).toMatchObject({ amount: gbp(1000), status: 'succeeded' });
    expect(await creditOf(client, account)).toBe(0);
    expect(await readInvoice(client, account, id)).toMatchObject({ status: 'paid', paid: gbp(1000) });
    const receipts = await client.until(async () => {
      const found = await mailsOf(client, 'Receipt', number);
      return found.length > 0 && found;
    });
    expect(receipts).toHaveLength(1);
  });

  test('that comes after the payment was given up or declined still brings its money', async () => {
    const account = await openAccount(client);
    const [one, two] = [await raise(client, account, 600), await raise(client, account, 700)];
    const given = await begin(client, account, [one.id]);
    expect((await giveUp(account, given.id)).status).toBe(200);
    expect((await tell(client, eventOf(account, given, 600))).status).toBe(200);
    expect(await readInvoice(client, account, one.id)).toMatchObject({ status: 'paid', paid: gbp(600) });
    expect(await readSummary(account, given.id)).toMatchObject({ status: 'succeeded' });

    const begun = await begin(client, account, [two.id]);
    expect((await giveUp(account, begun.id)).status).toBe(200);
    await payAll(client, account, [two.id]);
    expect((await tell(client, eventOf(account, begun, 700))).status).toBe(200);
    expect(await readInvoice(client, account, two.id)).toMatchObject({ status: 'paid', paid: gbp(700) });
    expect(await creditOf(client, account)).toBe(700);
    expect(await paymentsOf(client, account)).toHaveLength(3);
  });
});

describe('a refund', () => {
  test('of a part and of the rest goes over the invoices that were paid, and not beyond', async () => {
    const account = await openAccount(client);
    const [one, two] = [await raise(client, account, 1000), await raise(client, account, 2000)];
    const payment = await payAll(client, account, [{ id: one.id, amount: gbp(400) }, two.id]);
    expectInvalid(await refund(account, payment.id, { reason: '' }), 'reason');
    for (const amount of [0, -1, 0.5, 1e15, '5', null])
      expectInvalid(
        await refund(account, payment.id, { amount: gbp(amount as number) }),
        'amount.amount',
        `${amount}`,
      );
    expectInvalid(await refund(account, payment.id, { to: 'me' }), 'to');
    expect((await refund(account, payment.id, { amount: gbp(2401) })).status).toBe(409);
    expect((await refund(account, payment.id, { amount: { amount: 5, currency: 'EUR' } })).status).toBe(400);

    const key = freshKey();
    const part = await refund(account, payment.id, { amount: gbp(601) }, key);
    expect(part).toMatchObject({
      status: 201,
      body: {
        id: payment.id,
        amount: gbp(2400),
        status: 'succeeded',
        refunds: [{ amount: gbp(601), reason: 'Sorry', to: 'gateway', status: 'succeeded' }],
      },
    });
    expect((await refund(account, payment.id, { amount: gbp(601) }, key)).body).toEqual(part.body);
    expect((await refund(account, payment.id, { amount: gbp(602) }, key)).status).toBe(422);
    const refunded = async (): Promise<number[]> => [
      (await readInvoice(client, account, one.id)).refunded.amount,
      (await readInvoice(client, account, two.id)).refunded.amount,
    ];
    expect((await refunded()).reduce((sum, amount) => sum + amount)).toBe(601);
    expect(await readInvoice(client, account, two.id)).toMatchObject({ status: 'paid', paid: gbp(2000) });

    const credited = await refund(account, payment.id, { amount: gbp(99), to: 'credit' });
    expect(credited).toMatchObject({ status: 201, body: { refunds: [{}, { to: 'credit' }] } });
    expect(await creditOf(client, account)).toBe(99);
    expect((await refund(account, payment.id, { amount: gbp(1701) })).status).toBe(409);
    const rest = await Promise.all([refund(account, payment.id, {}), refund(account, payment.id, {})]);
    expect(statuses(rest)).toEqual([201, 409]);
    expect((await asOwner(account, 'GET', `/payments/${payment.id}`)).body).toMatchObject({
      status: 'refunded',
      amount: gbp(2400),
      refunds: [{ amount: gbp(601) }, { amount: gbp(99) }, { amount: gbp(1700) }],
    });
    expect(await refunded()).toEqual([400, 2000]);
    for (const [id, paid] of [
      [one.id, 400],
      [two.id, 2000],
    ] as const)
      expect(await readInvoice(client, account, id)).toMatchObject({ status: 'refunded', paid: gbp(paid) });
    expect(await creditOf(client, account)).toBe(99);
  });

  test('of what was more than due takes the credit that it had become, and no more than there is', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 700);
    const payment = (await receive(client, account, id, 1000)).body;
    expect(await creditOf(client, account)).toBe(300);
    expect((await refund(account, payment.id, {})).status).toBe(201);
    expect(await creditOf(client, account)).toBe(0);
    expect(await readInvoice(client, account, id)).toMatchObject({ status: 'refunded', refunded: gbp(700) });

    const other = await raise(client, account, 700);
    const spent = (await receive(client, account, other.id, 1000)).body;
    const bought = await raise(client, account, 300);
    await asOwner(account, 'POST', `/invoices/${bought.id}/credit`, {});
    const whole = await refund(account, spent.id, {});
    const given = whole.status === 201 ? (whole.body.refunds[0].amount.amount as number) : 0;
    expect([201, 409]).toContain(whole.status);
    expect(given, 'the credit is spent').toBeLessThanOrEqual(700);
    expect(await creditOf(client, account)).toBe(0);
  });
});

describe('a receipt', () => {
  test('goes once per payment to the owner and the contacts with `invoice`, and to nobody else', async () => {
    const account = await openAccount(client);
    const clerk = await addContact(client, account, { emailPreferences: { invoice: true } });
    await addContact(client, account, { emailPreferences: { invoice: false, general: true, support: true } });
    const payer = await addSubAccount(client, account, ['invoices'], {
      emailPreferences: { invoice: false },
    });
    const [one, two, three] = [
      await raise(client, account, 1111),
      await raise(client, account, 2222),
      await raise(client, account, 3333),
    ];
    const { id } = await summary(client, account, [one.id, two.id]);
    const begun = await pay(client, account, id, { token: payer.token });
    await press(begun.body.next.url, 'pay');
    await once(client, account, id, 'succeeded');
    const off = { emailPreferences: { invoice: false } };
    expect((await client.call(account.owner.token, 'PATCH', account.path, off)).status).toBe(200);
    await receive(client, account, three.id, 3333);
    const receipts = (number: string): Promise<Json[]> => mailsOf(client, 'Receipt', number);
    const later = await client.until(async () => {
      const found = await receipts(three.number);
      return found.length > 0 && found;
    });
    expect(later.flatMap((mail) => mail.envelope.to)).toEqual([clerk.email]);
    const mails = await client.until(async () => {
      const found = await receipts(one.number);
      return found.flatMap((mail) => mail.envelope.to).length >= 2 && found;
    });
    expect(sorted(mails.flatMap((mail) => mail.envelope.to))).toEqual(
      sorted([account.owner.email, clerk.email]),
    );
    expect(await receipts(two.number)).toEqual(mails);
    for (const text of [one.number, two.number, '33.33', '11.11', '22.22', account.name])
      expect(mails[0]!.text).toContain(text);
  });
});

test('a mass payment is for those with `invoices`, in their own account', async () => {
  const [mine, theirs] = [await openAccount(client), await openAccount(client)];
  await raise(client, theirs, 1000);
  const { id } = await begin(client, theirs, 'all-due');
  const person = await addSubAccount(client, theirs, ['tickets', 'quotes']);
  const before = await books(client, theirs);
  const calls: [string, string, unknown?][] = [
    ['POST', '', { invoices: 'all-due' }],
    ['GET', `/${id}`],
    ['POST', `/${id}/pay`, { method: 'sandbox' }],
    ['POST', `/${id}/cancel`],
  ];
  for (const [method, path, body] of calls) {
    const call = (token: string | null, { path: at }: Account, asked = path): Promise<Answered> =>
      client.call(token, method, `${at}/mass-payments${asked}`, body, freshKey());
    expect((await call(nobody, theirs)).status, path).toBe(401);
    expectExplained(await call(person.token, theirs), 'invoices');
    const outside = [await call(mine.owner.token, theirs)];
    if (path !== '')
      for (const other of [path, path.replace(id, `mpay_${nothing}`)])
        outside.push(await call(mine.owner.token, mine, other));
    for (const answer of outside)
      expect(answer, path).toMatchObject({ status: 404, body: { type: problemType('not-found') } });
  }
  expect(await readSummary(theirs, id)).toMatchObject({ status: 'processing' });
  expect(await books(client, theirs)).toEqual(before);
});
