import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../../support/local/portal-client.ts';
import {
  creditOf,
  expectInvalid,
  freshKey,
  gbp,
  mailsOf,
  once,
  ownerOf,
  pay,
  payAll,
  press,
  raise,
  readInvoice,
  receive,
  statuses,
  summary,
} from '../money.ts';
import { addContact, addSubAccount, type Json, openAccount, sorted } from '../../people.ts';
import { massPaymentsOf } from './mass-payments.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { refund } = massPaymentsOf(client);

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
