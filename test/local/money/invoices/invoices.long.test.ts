import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../../infra/portal/portal.ts';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  begin,
  books,
  creditOf,
  day,
  expectExplained,
  expectInvalid,
  expectStaffOnly,
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
  statuses,
  summarise,
  summary,
  ownerOf,
} from '../money.ts';
import {
  type Account,
  activityOf,
  addContact,
  addSubAccount,
  allOf,
  type Json,
  nobody,
  openAccount,
  password,
  problemType,
  sorted,
  withoutRequestId,
} from '../../people.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);

/** The PDF of an invoice, asked for as such. */
const pdfOf = (account: Account, id: string, accept: string): Promise<Response> =>
  fetch(`${client.portal.apiUrl}${account.path}/invoices/${id}/pdf`, {
    headers: { authorization: `Bearer ${account.owner.token}`, accept },
  });

const nothing = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

describe('an invoice', () => {
  test('taxes each line at its own rate, on its price or within it, rounds half away from zero and sums up', async () => {
    const account = await openAccount(client);
    const lines = [
      line(333, '17.5', { description: 'Hosting', quantity: 3, relatesTo: 'srv_1' }),
      line(50, '5'),
      line(10, '5'),
      line(10, '5'),
      line(10, '5.0'),
      line(5000, '2.01'),
      line(700, '0'),
    ];
    const raised = await asStaff(client, account, 'POST', '/invoices', { lines, dueOn: day(14) });
    expect(raised.status).toBe(201);
    const { body } = raised;
    expect(raised.headers.get('location')).toBe(`${account.path}/invoices/${body.id}`);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^inv_/),
      number: expect.stringMatching(/^20\d\d-\d{5}$/),
      status: 'unpaid',
      overdue: false,
      issuedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      dueOn: day(14),
      subtotal: gbp(6779),
      // 174.825, 2.5, thrice 0.5 and 100.5.
      tax: gbp(175 + 3 + 1 + 1 + 1 + 101),
      total: gbp(7061),
      credit: gbp(0),
      paid: gbp(0),
      balance: gbp(7061),
    });
    expect(body.lines).toHaveLength(7);
    expect(body.lines[0]).toMatchObject({
      description: 'Hosting',
      quantity: 3,
      unitPrice: gbp(333),
      amount: gbp(999),
      taxRate: '17.5',
      relatesTo: 'srv_1',
    });
    expect(await readInvoice(client, account, body.id)).toEqual(body);
    const [listed] = await allOf(client, account.owner.token, `${account.path}/invoices`);
    expect(listed).toEqual(body);

    const gross = [line(1200, '20'), line(101, '5'), line(15, '20'), line(3, '20'), line(80, '0')];
    expect(await raise(client, account, gross, { taxIncluded: true })).toMatchObject({
      // 200, 4.81, 2.5 and 0.5.
      tax: gbp(200 + 5 + 3 + 1),
      subtotal: gbp(1399 - 209),
      total: gbp(1399),
      balance: gbp(1399),
    });
  });

  test('is in any currency, and takes no numbers that are none, nor writes anything then', async () => {
    const account = await openAccount(client);
    const yen = line(0, '10', { unitPrice: { amount: 55, currency: 'JPY' } });
    expect(await raise(client, account, [yen])).toMatchObject({ total: { amount: 61, currency: 'JPY' } });
    const before = await books(client, account);
    const invoices = (body: unknown): Promise<Answered> =>
      asStaff(client, account, 'POST', '/invoices', body);
    const wrong = async (path: string, lines: unknown, more: object = {}): Promise<void> =>
      expectInvalid(
        await invoices({ lines, dueOn: day(14), ...more }),
        path,
        JSON.stringify(lines).slice(0, 300),
      );
    for (const amount of [-1, 0.5, 1e15, 2 ** 53, '100', null, true, [100]])
      await wrong('lines.0.unitPrice.amount', [line(amount as number)]);
    for (const currency of ['gbp', 'POUNDS', 'XXX', '', 826])
      await wrong('lines.0.unitPrice.currency', [line(0, '0', { unitPrice: { amount: 1, currency } })]);
    for (const quantity of [0, -1, 1.5, 1e9, '2'])
      await wrong('lines.1.quantity', [line(1), line(1, '0', { quantity })]);
    for (const rate of ['-5', '17,5', '', '1e1', 'NaN', 17.5])
      await wrong('lines.0.taxRate', [line(1, rate as string)]);
    await wrong('lines', []);
    await wrong(
      'lines',
      Array.from({ length: 1000 }, () => line(1)),
    );
    await wrong('lines.0.unitPrice', [line(0, '0', { unitPrice: 100 })]);
    await wrong('lines.0.description', [line(1, '0', { description: '' })]);
    for (const dueOn of ['2026-02-30', '30/01/2027', 20_270_101]) await wrong('dueOn', [line(1)], { dueOn });
    for (const number of ['NaN', '1e400', 'Infinity', '0x10', '1.5'])
      expectInvalid(
        await invoices(JSON.stringify({ lines: [line(7777)], dueOn: day(14) }).replace('7777', number)),
        undefined,
        number,
      );
    expect(await books(client, account)).toEqual(before);
  });

  test('whose lines are in two currencies, or come to more than can be counted, is a bad request', async () => {
    const account = await openAccount(client);
    const euro = line(0, '0', { unitPrice: { amount: 1, currency: 'EUR' } });
    const huge = line(1_000_000_000_000, '0', { quantity: 100_000 });
    const tries = [];
    for (const lines of [[line(1), euro], Array.from({ length: 100 }, () => huge)])
      tries.push(await asStaff(client, account, 'POST', '/invoices', { lines, dueOn: day(14) }));
    expect(await allOf(client, account.owner.token, `${account.path}/invoices`)).toEqual([]);
    expect(tries.map((answer) => answer.status)).toEqual([400, 400]);
  });

  test('is raised once with one Idempotency-Key, and another one with the same key is refused', async () => {
    const account = await openAccount(client);
    const key = freshKey();
    const body = { lines: [line(100)], dueOn: day(14) };
    const invoices = (body: unknown): Promise<Answered> =>
      asStaff(client, account, 'POST', '/invoices', body, key);
    const first = await invoices(body);
    expect(first.status).toBe(201);
    expect((await invoices(body)).body).toEqual(first.body);
    expect((await invoices({ ...body, lines: [line(200)] })).status).toBe(422);
    expect(await allOf(client, account.owner.token, `${account.path}/invoices`)).toHaveLength(1);
  });

  test('is mailed to the owner and the contacts with `invoice`, and is there as a PDF, in the words it was given', async () => {
    const account = await openAccount(client);
    const clerk = await addContact(client, account, { emailPreferences: { invoice: true } });
    await addContact(client, account, { emailPreferences: { invoice: false, support: true } });
    const description = '<b>Bold</b> {{account}} ${1+1} ünïcode 🦊';
    const { id, number, lines } = await raise(client, account, [line(2500, '0', { description })]);
    expect(lines[0].description).toBe(description);
    const mails = await client.until(async () => {
      const found = await mailsOf(client, number);
      const to = found.flatMap((mail) => mail.envelope.to);
      return to.length >= 2 ? found : null;
    });
    expect(sorted(mails.flatMap((mail) => mail.envelope.to))).toEqual(
      sorted([account.owner.email, clerk.email]),
    );
    expect(mails[0]!.text).toContain('25.00');
    expect(mails[0]!.text).toContain('{{account}} ${1+1} ünïcode 🦊');
    expect(mails[0]!.html).not.toContain('<b>Bold');

    const link = await asOwner(account, 'GET', `/invoices/${id}/pdf`);
    expect(link).toMatchObject({ status: 200, body: { url: expect.stringMatching(/^http/) } });
    expect(new URL(link.body.url).searchParams.get('X-Amz-Expires')).toBe('300');
    for (const file of [await fetch(link.body.url), await pdfOf(account, id, 'application/pdf')]) {
      expect(file.status).toBe(200);
      expect(file.headers.get('content-type')).toBe('application/pdf');
      expect(
        Buffer.from(await file.arrayBuffer())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');
    }
  });
});

describe('a draft', () => {
  test('has no number and is for staff alone, until it is issued', async () => {
    const account = await openAccount(client);
    const draft = await raise(client, account, 4200, { draft: true });
    expect(draft).toMatchObject({ status: 'draft', number: null, issuedOn: null });
    for (const path of [`/invoices/${draft.id}`, `/invoices/${draft.id}/pdf`])
      expect((await asOwner(account, 'GET', path)).status, path).toBe(404);
    expect((await asOwner(account, 'POST', `/invoices/${draft.id}/credit`, {})).status).toBe(404);
    expectInvalid(await summarise(client, account, [draft.id]), 'invoices.0');
    expect((await summarise(client, account, 'all-due')).status).toBe(409);
    expect((await receive(client, account, draft.id, 4200)).status).toBe(409);
    for (const query of ['', '?status=draft'])
      expect(await allOf(client, account.owner.token, `${account.path}/invoices${query}`)).toEqual([]);
    const drafts = await asStaff(client, account, 'GET', '/invoices?status=draft');
    expect(drafts.body.items).toEqual([draft]);

    expectStaffOnly(await asOwner(account, 'POST', `/invoices/${draft.id}/issue`));
    const issue = (): Promise<Answered> => asStaff(client, account, 'POST', `/invoices/${draft.id}/issue`);
    const issues = await Promise.all([issue(), issue()]);
    expect(statuses(issues)).toEqual([200, 409]);
    const issued = issues.find((answer) => answer.status === 200)!.body;
    expect(issued).toMatchObject({
      id: draft.id,
      status: 'unpaid',
      number: expect.stringMatching(/^20\d\d-\d{5}$/),
      issuedOn: expect.any(String),
    });
    expect(await readInvoice(client, account, draft.id)).toEqual(issued);
    await client.mailsWith(issued.number);
    expect(await mailsOf(client, account.name, '42.00')).toHaveLength(1);
  });

  test('is neither in the log that the account reads nor, once staff cancel it, among its invoices', async () => {
    const account = await openAccount(client);
    const draft = await raise(client, account, 4200, { draft: true });
    const cancelled = await asStaff(client, account, 'POST', `/invoices/${draft.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', number: null } });
    const log = await activityOf(client, account);
    expect.soft(log.filter((entry) => entry.subject.id === draft.id)).toEqual([]);
    expect.soft(await allOf(client, account.owner.token, `${account.path}/invoices`)).toEqual([]);
    for (const path of [`/invoices/${draft.id}`, `/invoices/${draft.id}/pdf`])
      expect.soft((await asOwner(account, 'GET', path)).status, path).toBe(404);
    expectInvalid(await summarise(client, account, [draft.id]), 'invoices.0');
  });
});

describe('the list of invoices', () => {
  test('is newest first, and filtered by status and by what is overdue, page by page', async () => {
    const account = await openAccount(client);
    const late = await raise(client, account, 100, { dueOn: day(-2) });
    const open = await raise(client, account, 200);
    await raise(client, account, 250, { draft: true });
    const latePaid = await raise(client, account, 300, { dueOn: day(-2) });
    const lateToo = await raise(client, account, 400, { dueOn: day(-3) });
    const dropped = await raise(client, account, 500, { dueOn: day(-2) });
    await receive(client, account, latePaid.id, 300);
    await asStaff(client, account, 'POST', `/invoices/${dropped.id}/cancel`);
    expect([late.overdue, open.overdue]).toEqual([true, false]);
    const { owner } = account;
    const ids = async (query: string): Promise<string[]> =>
      (await allOf(client, owner.token, `${account.path}/invoices${query}`)).map((item) => item.id);
    expect(await ids('')).toEqual([dropped, lateToo, latePaid, open, late].map((item) => item.id));
    expect(await ids('?status=unpaid')).toEqual([lateToo.id, open.id, late.id]);
    expect(await ids('?status=paid')).toEqual([latePaid.id]);
    expect(await ids('?status=cancelled')).toEqual([dropped.id]);
    expect(await ids('?status=refunded')).toEqual([]);
    expect(sorted(await ids('?overdue=true'))).toEqual(sorted([lateToo.id, late.id]));
    expect(sorted(await ids('?overdue=false'))).toEqual(sorted([dropped.id, latePaid.id, open.id]));
    expect(await ids('?status=paid&overdue=true')).toEqual([]);

    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await asOwner(account, 'GET', `/invoices?status=unpaid&limit=1${cursor}`);
      expect(page.body.items.length).toBeLessThanOrEqual(1);
      paged.push(...page.body.items.map((item: Json) => item.id as string));
      cursor = page.body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
    } while (cursor !== '');
    expect(paged).toEqual([lateToo.id, open.id, late.id]);
    expectInvalid(await asOwner(account, 'GET', '/invoices?status=lost'), 'status');
    expectInvalid(await asOwner(account, 'GET', '/invoices?overdue=maybe'), 'overdue');
  });
});

describe('cancelling an invoice', () => {
  test('ends it, and what was paid of it, by bank or from credit, is credit', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    await adjustCredit(client, account, 200);
    await receive(client, account, id, 300);
    await asOwner(account, 'POST', `/invoices/${id}/credit`, { amount: gbp(50) });
    const cancel = (): Promise<Answered> => asStaff(client, account, 'POST', `/invoices/${id}/cancel`);
    const cancels = await Promise.all([cancel(), cancel()]);
    expect(statuses(cancels)).toEqual([200, 409]);
    expect(await readInvoice(client, account, id)).toMatchObject({
      status: 'cancelled',
      overdue: false,
      balance: gbp(0),
    });
    expect(await creditOf(client, account)).toBe(200 + 300);
    const { entries } = (await asOwner(account, 'GET', '/credit')).body;
    expect(entries.some((entry: Json) => entry.relatesTo === id && entry.amount.amount > 0)).toBe(true);
    expect((await summarise(client, account, [id])).status).toBe(409);
    expect((await asOwner(account, 'POST', `/invoices/${id}/credit`, {})).status).toBe(409);

    const payment = (await paymentsOf(client, account))[0];
    const refund = await asStaff(client, account, 'POST', `/payments/${payment.id}/refunds`, {
      reason: 'After all',
    });
    expect(refund.status).toBe(201);
    expect(await creditOf(client, account), 'what is given back is no credit any more').toBe(200);
  });
});

describe('money that came by bank', () => {
  test('pays in part, then all of it, and what is too much is credit, by mail', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    const part = await receive(client, account, id, 300);
    expect(part).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^pay_/),
        amount: gbp(300),
        method: 'bank-transfer',
        status: 'succeeded',
        paidBy: { kind: 'staff' },
        allocations: [{ invoiceId: id, amount: gbp(300) }],
        refunds: [],
      },
    });
    const partly = { status: 'unpaid', paid: gbp(300), balance: gbp(700) };
    expect(await readInvoice(client, account, id)).toMatchObject(partly);
    const rest = await receive(client, account, id, 777);
    expect(rest).toMatchObject({ status: 201, body: { allocations: [{ invoiceId: id, amount: gbp(700) }] } });
    const paid = { status: 'paid', paid: gbp(1000), balance: gbp(0) };
    expect(await readInvoice(client, account, id)).toMatchObject(paid);
    expect(await creditOf(client, account)).toBe(77);
    expect((await asStaff(client, account, 'POST', `/invoices/${id}/cancel`)).status, 'paid').toBe(409);
    const again = await receive(client, account, id, 20);
    expect([201, 409]).toContain(again.status);
    expect(await readInvoice(client, account, id)).toMatchObject(paid);
    expect(await creditOf(client, account)).toBe(again.status === 201 ? 97 : 77);
    const payments = await paymentsOf(client, account);
    expect(payments.slice(-2)).toEqual([rest.body, part.body]);
    for (const payment of payments)
      expect((await asOwner(account, 'GET', `/payments/${payment.id}`)).body).toEqual(payment);
    const mails = await client.until(async () => {
      const found = await mailsOf(client, account.name, '0.77', 'credit');
      return found.length > 0 && found;
    });
    expect(mails).toHaveLength(1);
    expect(mails[0]!.envelope.to).toEqual([account.owner.email]);
  });

  test('is noted once for one Idempotency-Key, and not for what is no money', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    const received = { method: 'bank-transfer', reference: 'Once', receivedOn: day(-1) };
    const note = (body: object, key = freshKey()): Promise<Answered> =>
      asStaff(client, account, 'POST', `/invoices/${id}/payments`, { ...received, ...body }, key);
    const key = freshKey();
    const notes = [
      await note({ amount: gbp(400) }, key),
      await note({ amount: gbp(400) }, key),
      await note({ amount: gbp(500) }, key),
    ];
    expect(notes.map((answer) => answer.status)).toEqual([201, 201, 422]);
    expect(notes[1]!.body).toEqual(notes[0]!.body);
    const before = await books(client, account);
    for (const amount of [0, -1, 1.5, 1e15, '5', null])
      expectInvalid(await note({ amount: gbp(amount as number) }), 'amount.amount', `${amount}`);
    expectInvalid(await note({ amount: { amount: 5, currency: 'EUR' } }), 'amount.currency');
    expectInvalid(await note({ amount: gbp(5), receivedOn: 'yesterday' }), 'receivedOn');
    expectInvalid(await note({ amount: gbp(5), reference: '' }), 'reference');
    expectInvalid(await note({}), 'amount');
    expect(await books(client, account)).toEqual(before);
    expect(await paymentsOf(client, account)).toHaveLength(1);
  });
});

describe('credit', () => {
  test('is adjusted with a reason and never goes below zero, even by many at once', async () => {
    const account = await openAccount(client);
    const adjusted = await adjustCredit(client, account, 500);
    expect(adjusted).toMatchObject({ status: 201, body: { balance: gbp(500) } });
    expect((await adjustCredit(client, account, -501)).status).toBe(409);
    const at = await Promise.all([-200, -200, -200].map((amount) => adjustCredit(client, account, amount)));
    expect(statuses(at)).toEqual([201, 201, 409]);
    expect(await creditOf(client, account)).toBe(100);
    const key = freshKey();
    const once = (amount: number): Promise<Answered> =>
      asStaff(client, account, 'POST', '/credit', { amount: gbp(amount), reason: 'Sorry' }, key);
    expect([(await once(5)).status, (await once(5)).status, (await once(6)).status]).toEqual([201, 201, 422]);
    const { body } = await asOwner(account, 'GET', '/credit');
    expect(body.balance).toEqual(gbp(105));
    expect(body.entries).toHaveLength(4);
    expect(body.entries[0]).toMatchObject({
      id: expect.any(String),
      at: expect.stringMatching(/Z$/),
      amount: gbp(5),
      reason: 'Sorry',
      relatesTo: null,
    });
    for (const amount of [0, 0.5, 1e15, '5', null])
      expect((await adjustCredit(client, account, amount as number)).status, `${amount}`).toBe(400);
    const euros = { amount: { amount: 5, currency: 'EUR' }, reason: 'No' };
    expectInvalid(await asStaff(client, account, 'POST', '/credit', euros), 'amount.currency');
    const noReason = await asStaff(client, account, 'POST', '/credit', { amount: gbp(5) });
    expectInvalid(noReason, 'reason');
    expect(await creditOf(client, account)).toBe(105);
  });

  test('is applied to an invoice: so much, or as much as there is, never more and never twice', async () => {
    const account = await openAccount(client);
    const [one, two] = [await raise(client, account, 1000), await raise(client, account, 1000)];
    const apply = (id: string, body: unknown = {}): Promise<Answered> =>
      asOwner(account, 'POST', `/invoices/${id}/credit`, body);
    expect((await apply(one.id)).status).toBe(409);
    await adjustCredit(client, account, 1200);
    expect(await apply(one.id, { amount: gbp(300) })).toMatchObject({
      status: 200,
      body: { status: 'unpaid', credit: gbp(300), paid: gbp(0), balance: gbp(700) },
    });
    expect((await apply(one.id, { amount: gbp(701) })).status).toBe(409);
    for (const amount of [0, -1, 1.5, '5'])
      expectInvalid(await apply(one.id, { amount: gbp(amount as number) }), 'amount.amount', `${amount}`);
    const euros = { amount: { amount: 5, currency: 'EUR' } };
    expect.soft((await apply(one.id, euros)).status, 'in euros').toBe(400);
    // Both want what is there for but one of them.
    const both = await Promise.all([apply(one.id), apply(two.id)]);
    for (const answer of both) expect([200, 409]).toContain(answer.status);
    const invoices = [await readInvoice(client, account, one.id), await readInvoice(client, account, two.id)];
    const credited = invoices.map((invoice) => invoice.credit.amount as number);
    expect(await creditOf(client, account)).toBe(1200 - credited[0]! - credited[1]!);
    for (const invoice of invoices) {
      expect(invoice.balance.amount).toBe(1000 - invoice.credit.amount);
      expect(invoice.status).toBe(invoice.balance.amount === 0 ? 'paid' : 'unpaid');
    }
  });
});

describe('whoever asks', () => {
  test('without a token is unauthorized, without `invoices` is told why, and is no staff', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    const payment = (await receive(client, account, id, 100)).body;
    const person = await addSubAccount(client, account, ['tickets', 'quotes']);
    const reader = await addSubAccount(client, account, ['invoices']);
    const before = await books(client, account);
    const opened: [string, string, unknown?][] = [
      ['GET', '/invoices'],
      ['GET', `/invoices/${id}`],
      ['GET', `/invoices/${id}/pdf`],
      ['POST', `/invoices/${id}/credit`, {}],
      ['GET', '/credit'],
      ['GET', '/payments'],
      ['GET', `/payments/${payment.id}`],
    ];
    const staffs: [string, string, unknown?][] = [
      ['POST', '/invoices', { lines: [line(1)], dueOn: day(14) }],
      ['POST', `/invoices/${id}/issue`],
      ['POST', `/invoices/${id}/cancel`],
      [
        'POST',
        `/invoices/${id}/payments`,
        { amount: gbp(900), method: 'cash', reference: 'Mine', receivedOn: day(-1) },
      ],
      ['POST', `/payments/${payment.id}/refunds`, { reason: 'Mine' }],
      ['POST', '/credit', { amount: gbp(1_000_000), reason: 'Mine' }],
    ];
    for (const [method, path, body] of opened) {
      const call = (token: string | null): Promise<Answered> =>
        client.call(token, method, `${account.path}${path}`, body);
      const out = await call(nobody);
      expect(out, path).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
      expectExplained(await call(person.token), 'invoices');
      if (method === 'GET') expect((await call(reader.token)).status, path).toBe(200);
    }
    for (const [method, path, body] of staffs) {
      expect((await client.call(nobody, method, `${account.path}${path}`, body)).status, path).toBe(401);
      for (const token of [account.owner.token, reader.token])
        expectStaffOnly(await client.call(token, method, `${account.path}${path}`, body));
    }
    expect(await books(client, account)).toEqual(before);
  });

  test('for what is another account’s finds nothing there, staff neither', async () => {
    const [mine, theirs] = [await openAccount(client), await openAccount(client)];
    const { id } = await raise(client, theirs, 1000);
    const draft = await raise(client, theirs, 1000, { draft: true });
    const payment = (await receive(client, theirs, id, 100)).body;
    await adjustCredit(client, mine, 1000);
    const before = [await books(client, mine), await books(client, theirs)];
    const transfer = { amount: gbp(900), method: 'cash', reference: 'Mine', receivedOn: day(-1) };
    const paths = (invoice: string, draft: string, payment: string): [string, string, unknown?][] => [
      ['GET', `/invoices/${invoice}`],
      ['GET', `/invoices/${invoice}/pdf`],
      ['POST', `/invoices/${invoice}/credit`, {}],
      ['GET', `/payments/${payment}`],
      ['POST', `/invoices/${draft}/issue`],
      ['POST', `/invoices/${invoice}/cancel`],
      ['POST', `/invoices/${invoice}/payments`, transfer],
      ['POST', `/payments/${payment}/refunds`, { reason: 'Mine' }],
    ];
    const foreign = paths(id, draft.id, payment.id);
    const none = paths(`inv_${nothing}`, `inv_${nothing}`, `pay_${nothing}`);
    for (const [index, call] of foreign.entries()) {
      const ask = index < 4 ? asOwner : asStaff.bind(null, client);
      const [there, nowhere] = [await ask(mine, ...call), await ask(mine, ...none[index]!)];
      expect(there.status, call.join(' ')).toBe(404);
      expect(there.body.type).toBe(problemType('not-found'));
      expect(withoutRequestId(there)).toEqual(withoutRequestId(nowhere));
      expect((await asOwner({ ...mine, path: theirs.path }, ...call)).status).toBe(404);
    }
    expect([await books(client, mine), await books(client, theirs)]).toEqual(before);
  });
});

describe('in a portal of their own', () => {
  let cloud: RunningPortal;
  let own: PortalClient;

  beforeAll(async () => {
    cloud = await startPortal({ demo: false });
    own = new PortalClient(cloud.portal);
  }, 170_000);

  afterAll(() => cloud.close());

  /** The clock of everything, so many minutes ahead, and everybody signed in again. */
  const later = async (minutes: number, ...accounts: Account[]): Promise<void> => {
    await own.control('clock', { now: new Date(Date.now() + minutes * 60_000).toISOString() });
    own = new PortalClient(cloud.portal);
    for (const account of accounts) account.owner.token = await own.signIn(account.owner.email, password);
  };

  test('twenty invoices at once have numbers without a gap', async () => {
    const accounts = [await openAccount(own), await openAccount(own)];
    const before = await raise(own, accounts[0]!, 100);
    const together = await Promise.all(
      Array.from({ length: 20 }, (_, index) => raise(own, accounts[index % 2]!, 100 + index)),
    );
    expect(before.number).toMatch(/^20\d\d-\d{5}$/);
    const [year, first] = (before.number as string).split('-') as [string, string];
    expect(sorted(together.map((invoice) => invoice.number))).toEqual(
      together.map((_, index) => `${year}-${String(Number(first) + 1 + index).padStart(5, '0')}`),
    );
  });

  test('what time brings: lost answers are found, what was abandoned is let go of, offers end', async () => {
    const account = await openAccount(own);
    const [lost, left] = [await raise(own, account, 1000), await raise(own, account, 500)];
    const offer = await asStaff(own, account, 'POST', '/quotes', {
      subject: 'For a day',
      lines: [line(100)],
      validUntil: day(1),
    });
    expect(offer.status).toBe(201);
    const timedOut = await begin(own, account, [lost.id]);
    expect((await press(timedOut.page, 'timeout')).status).toBe(504);
    const abandoned = await begin(own, account, [left.id]);
    const shown = await summary(own, account, [{ id: left.id, amount: gbp(100) }]);
    expect((await readInvoice(own, account, lost.id)).paid).toEqual(gbp(0));

    await later(1.5, account);
    await own.invoke('payment-janitor', {});
    await once(own, account, timedOut.id, 'succeeded');
    expect(await readInvoice(own, account, lost.id)).toMatchObject({ status: 'paid', paid: gbp(1000) });
    await own.invoke('payment-janitor', {});
    expect(await paymentsOf(own, account)).toHaveLength(1);
    const early = await pay(own, account, shown.id);
    expect(early).toMatchObject({ status: 409, body: { type: problemType('payment-in-progress') } });

    await later(31, account);
    await own.invoke('payment-janitor', {});
    await once(own, account, abandoned.id, 'expired');
    const late = await pay(own, account, shown.id);
    expect(late.status, 'a summary that has expired').toBe(409);
    await once(own, account, shown.id, 'expired');
    await payAll(own, account, [left.id]);
    expect(await readInvoice(own, account, left.id)).toMatchObject({ status: 'paid', paid: gbp(500) });

    await later(3 * 24 * 60, account);
    const quote = `${account.path}/quotes/${offer.body.id}`;
    for (const action of ['accept', 'decline'])
      expect((await own.call(account.owner.token, 'POST', `${quote}/${action}`)).status, action).toBe(409);
    const ended = await own.call(account.owner.token, 'GET', quote);
    expect(ended.body).toMatchObject({ status: 'expired', invoiceId: null });
    expect(await own.invoke('books-check', {})).toMatchObject({ differences: [] });
  });
});
