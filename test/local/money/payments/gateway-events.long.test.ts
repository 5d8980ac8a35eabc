import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../../support/local/portal-client.ts';
import {
  begin,
  books,
  creditOf,
  deliver,
  eventOf,
  expectInvalid,
  gbp,
  mailsOf,
  nothing,
  once,
  payAll,
  paymentsOf,
  press,
  raise,
  readInvoice,
  sign,
  tell,
} from '../money.ts';
import { type Json, nobody, openAccount, staffEmail } from '../../people.ts';
import { massPaymentsOf } from './mass-payments.ts';

const client = new PortalClient(inject('portal'));

const { giveUp, readSummary } = massPaymentsOf(client);

describe('what the gateway takes back', () => {
  test('reads disputed, is given back to nobody, and its invoice is owed until the dispute is won', async () => {
    const account = await openAccount(client);
    const staff = await client.token(staffEmail);
    const { id, number } = await raise(client, account, 1000);
    const { id: key, page } = await begin(client, account, [id]);
    await press(page, 'pay');
    const { paymentId } = await once(client, account, key, 'succeeded');
    const path = `${account.path}/payments/${paymentId}`;
    const reads = (status: string): Promise<Json> =>
      client.until(async () => {
        const { body } = await client.call(account.owner.token, 'GET', path);
        return body.status === status ? body : null;
      });
    await press(page, 'dispute');
    expect(await reads('disputed')).toMatchObject({ takings: [{ kind: 'dispute', taken: gbp(1000) }] });
    await client.until(async () => (await readInvoice(client, account, id)).status === 'unpaid');
    const refund = await client.call(staff, 'POST', `${path}/refunds`, { reason: 'Please' });
    expect(refund).toMatchObject({ status: 409, body: { detail: expect.stringContaining('disputed') } });
    await press(page, 'win');
    await reads('succeeded');
    await client.until(async () => (await readInvoice(client, account, id)).status === 'paid');
    await press(page, 'reverse');
    expect(await reads('charged-back')).toMatchObject({ takings: [{}, { kind: 'reversal' }] });
    const told = await client.until(async () => {
      const found = await mailsOf(client, 'taken back', number);
      return found.length > 0 && found;
    });
    expect(told).toHaveLength(1);
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
