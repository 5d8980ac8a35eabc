import { describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  books,
  creditOf,
  day,
  expectInvalid,
  freshKey,
  gbp,
  mailsOf,
  paymentsOf,
  raise,
  readInvoice,
  receive,
  statuses,
  ownerOf,
} from '../money.ts';
import { openAccount } from '../../people.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);

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
