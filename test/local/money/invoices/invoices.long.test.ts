import { describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  books,
  creditOf,
  day,
  expectInvalid,
  expectStaffOnly,
  freshKey,
  gbp,
  line,
  mailsOf,
  paymentsOf,
  raise,
  readInvoice,
  receive,
  statuses,
  summarise,
  ownerOf,
} from '../money.ts';
import { type Account, activityOf, addContact, allOf, type Json, openAccount, sorted } from '../../people.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);

/** The PDF of an invoice, asked for as such. */
const pdfOf = (account: Account, id: string, accept: string): Promise<Response> =>
  fetch(`${client.portal.apiUrl}${account.path}/invoices/${id}/pdf`, {
    headers: { authorization: `Bearer ${account.owner.token}`, accept },
  });

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

    const link = await client.until(async () => {
      const answer = await asOwner(account, 'GET', `/invoices/${id}/pdf`);
      return answer.status === 503 ? null : answer;
    });
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
