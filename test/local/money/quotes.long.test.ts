import { expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  asStaff,
  books,
  day,
  expectExplained,
  expectInvalid,
  expectStaffOnly,
  freshKey,
  gbp,
  line,
  payAll,
  readInvoice,
  statuses,
} from './money.ts';
import {
  type Account,
  addSubAccount,
  allOf,
  type Json,
  nobody,
  openAccount,
  problemType,
  unique,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

const quote = (more: object = {}): Json => ({
  subject: unique('A server'),
  lines: [line(1000, '20', { description: 'Server', quantity: 2 }), line(50, '5')],
  validUntil: day(30),
  ...more,
});

const offer = async (account: Account, more: object = {}): Promise<Json> => {
  const offered = await asStaff(client, account, 'POST', '/quotes', quote(more));
  expect(offered.status, JSON.stringify(offered.body)).toBe(201);
  return offered.body;
};

const decide = (
  account: Account,
  id: string,
  action: 'accept' | 'decline',
  key = freshKey(),
  token = account.owner.token,
): Promise<Answered> => client.call(token, 'POST', `${account.path}/quotes/${id}/${action}`, undefined, key);

const read = async (account: Account, id: string): Promise<Json> =>
  (await client.call(account.owner.token, 'GET', `${account.path}/quotes/${id}`)).body;

const invoicesOf = (account: Account): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/invoices`);

test('a quote that is offered is read and listed, newest first, and raises nothing', async () => {
  const account = await openAccount(client);
  const reader = await addSubAccount(client, account, ['quotes']);
  const asked = quote();
  const offered = await asStaff(client, account, 'POST', '/quotes', asked);
  expect(offered.status).toBe(201);
  expect(offered.headers.get('location')).toBe(`${account.path}/quotes/${offered.body.id}`);
  expect(offered.body).toMatchObject({
    subject: asked.subject,
    status: 'open',
    validUntil: asked.validUntil,
    lines: [{ description: 'Server', quantity: 2, unitPrice: gbp(1000), amount: gbp(2000) }, {}],
    subtotal: gbp(2050),
    tax: gbp(403),
    total: gbp(2453),
  });
  const second = await offer(account);
  const listed = await allOf(client, reader.token, `${account.path}/quotes`);
  expect(listed).toEqual([second, offered.body]);
  const one = await client.call(reader.token, 'GET', `${account.path}/quotes/${offered.body.id}`);
  expect(one.body).toEqual(offered.body);
  expect(await invoicesOf(account)).toEqual([]);
});

test('a quote that two accept at once is accepted once, and its invoice is raised and can be paid', async () => {
  const account = await openAccount(client);
  const buyer = await addSubAccount(client, account, ['quotes']);
  const { id, lines, total } = await offer(account);
  const key = freshKey();
  const accepts = await Promise.all([
    decide(account, id, 'accept', key),
    decide(account, id, 'accept', freshKey(), buyer.token),
    decide(account, id, 'accept'),
  ]);
  expect(statuses(accepts)).toEqual([200, 409, 409]);
  const accepted = accepts.find((answer) => answer.status === 200)!.body;
  expect(accepted).toMatchObject({ id, status: 'accepted', invoiceId: expect.stringMatching(/^inv_/) });
  expect(await read(account, id)).toEqual(accepted);
  const [invoice, ...more] = await invoicesOf(account);
  expect(more).toEqual([]);
  expect(invoice).toMatchObject({
    id: accepted.invoiceId,
    status: 'unpaid',
    number: expect.stringMatching(/^20\d\d-\d{5}$/),
    total,
    balance: total,
  });
  expect(invoice.lines.map((line: Json) => [line.description, line.amount, line.tax])).toEqual(
    lines.map((line: Json) => [line.description, line.amount, line.tax]),
  );
  for (const action of ['accept', 'decline'] as const)
    expect((await decide(account, id, action)).status, action).toBe(409);
  const repeated = await decide(account, id, 'accept', key);
  expect(repeated.status).toBe(accepts[0].status);
  expect(await payAll(client, account, [invoice.id])).toMatchObject({ amount: gbp(2453) });
  expect(await readInvoice(client, account, invoice.id)).toMatchObject({ status: 'paid' });
});

test('a quote that is declined is no longer accepted, and no invoice is raised', async () => {
  const account = await openAccount(client);
  const { id } = await offer(account);
  const key = freshKey();
  const declined = await decide(account, id, 'decline', key);
  expect(declined).toMatchObject({ status: 200, body: { id, status: 'declined' } });
  expect((await decide(account, id, 'decline', key)).body).toEqual(declined.body);
  expect((await decide(account, id, 'accept', key)).status).not.toBe(200);
  for (const action of ['accept', 'decline'] as const)
    expect((await decide(account, id, action)).status, action).toBe(409);
  expect(await read(account, id)).toEqual(declined.body);
  expect(await invoicesOf(account)).toEqual([]);

  const both = await offer(account);
  const race = await Promise.all([decide(account, both.id, 'accept'), decide(account, both.id, 'decline')]);
  expect(statuses(race)).toEqual([200, 409]);
  const { status } = await read(account, both.id);
  expect(await invoicesOf(account)).toHaveLength(status === 'accepted' ? 1 : 0);
});

test('a quote of bad lines, of the past or without a subject is a bad request and is not offered', async () => {
  const account = await openAccount(client);
  const refuse = async (path: string, more: object): Promise<void> =>
    expectInvalid(
      await asStaff(client, account, 'POST', '/quotes', quote(more)),
      path,
      JSON.stringify(more).slice(0, 200),
    );
  for (const amount of [-1, 0.5, 1e15, '100', null])
    await refuse('lines.0.unitPrice.amount', { lines: [line(amount as number)] });
  await refuse('lines.0.unitPrice.currency', {
    lines: [line(0, '0', { unitPrice: { amount: 1, currency: 'POUNDS' } })],
  });
  await refuse('lines.1.quantity', { lines: [line(1), line(1, '0', { quantity: 0 })] });
  await refuse('lines.0.taxRate', { lines: [line(1, '-5')] });
  await refuse('lines', { lines: [] });
  await refuse('subject', { subject: '' });
  for (const validUntil of [day(-2), '2026-02-30', 'soon', null]) await refuse('validUntil', { validUntil });
  expect(await allOf(client, account.owner.token, `${account.path}/quotes`)).toEqual([]);
  const key = freshKey();
  const once = (body: Json): Promise<Answered> => asStaff(client, account, 'POST', '/quotes', body, key);
  const body = quote();
  const first = await once(body);
  expect((await once(body)).body).toEqual(first.body);
  expect((await once(quote())).status).toBe(422);
  expect(await allOf(client, account.owner.token, `${account.path}/quotes`)).toEqual([first.body]);
});

test('quotes are for those with `quotes`, in their own account, and offered by staff alone', async () => {
  const [mine, theirs] = [await openAccount(client), await openAccount(client)];
  const person = await addSubAccount(client, theirs, ['tickets', 'invoices']);
  const { id } = await offer(theirs);
  const before = await books(client, theirs);
  const calls: [string, string][] = [
    ['GET', '/quotes'],
    ['GET', `/quotes/${id}`],
    ['POST', `/quotes/${id}/accept`],
    ['POST', `/quotes/${id}/decline`],
  ];
  for (const [method, path] of calls) {
    expect((await client.call(nobody, method, `${theirs.path}${path}`)).status, path).toBe(401);
    expectExplained(await client.call(person.token, method, `${theirs.path}${path}`), 'quotes');
    const outside = await client.call(mine.owner.token, method, `${theirs.path}${path}`);
    expect(outside, path).toMatchObject({ status: 404, body: { type: problemType('not-found') } });
    if (path === '/quotes') continue;
    for (const other of [path, path.replace(id, 'quo_01HZZZZZZZZZZZZZZZZZZZZZZZ')])
      for (const ask of [
        client.call(mine.owner.token, method, `${mine.path}${other}`),
        asStaff(client, mine, method, other),
      ])
        expect(await ask, other).toMatchObject({ status: 404, body: { type: problemType('not-found') } });
  }
  for (const token of [theirs.owner.token, person.token])
    expectStaffOnly(await client.call(token, 'POST', `${theirs.path}/quotes`, quote()));
  expect((await client.call(nobody, 'POST', `${theirs.path}/quotes`, quote())).status).toBe(401);
  expect(await books(client, theirs)).toEqual(before);
});
