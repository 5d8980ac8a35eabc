import { describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  begin,
  books,
  expectExplained,
  expectInvalid,
  freshKey,
  gbp,
  line,
  nothing,
  ownerOf,
  raise,
  receive,
  summarise,
  summary,
} from '../money.ts';
import {
  type Account,
  addSubAccount,
  type Json,
  nobody,
  openAccount,
  problemType,
  sorted,
} from '../../people.ts';
import { massPaymentsOf } from './mass-payments.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { readSummary } = massPaymentsOf(client);

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
