import { beforeAll, describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  creditOf,
  expectInvalid,
  freshKey,
  gbp,
  paymentsOf,
  press,
  readInvoice,
  statuses,
  ownerOf,
} from '../money/money.ts';
import { addContact, openAccount, problemType, sorted } from '../people.ts';
import { cartCalls, tld, yearsOn } from './cart-calls.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { addDomain, checkout, expiryOf, extended, invoicesOf, ordersOf, put, readCart, setPrice } =
  cartCalls(client);

beforeAll(() => setPrice(tld, 1000));

describe('a checkout', () => {
  test('without a method makes an order and its invoice, once, and empties the cart', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account);
    const cart = await put(account, [domain, 2]);
    const key = freshKey();
    const done = await checkout(account, {}, key);
    expect(done.status, JSON.stringify(done.body)).toBe(201);
    const { order, invoice } = done.body;
    expect(order).toMatchObject({
      id: expect.stringMatching(/^ord_/),
      accountId: account.id,
      status: 'awaiting-payment',
      items: [{ id: cart.items[0].id, domainId: domain.id, years: 2, amount: gbp(2000) }],
      total: cart.total,
      placedBy: { kind: 'owner', id: account.owner.id },
      invoiceId: invoice.id,
    });
    expect(invoice).toMatchObject({
      status: 'unpaid',
      total: cart.total,
      lines: [{ unitPrice: gbp(2000), description: expect.stringContaining(domain.name) }],
    });
    expect(await readInvoice(client, account, invoice.id)).toEqual(invoice);
    expect((await asOwner(account, 'GET', `/orders/${order.id}`)).body).toEqual(order);
    expect((await readCart(account)).body.items).toEqual([]);
    const again = await checkout(account, {}, key);
    expect(again).toMatchObject({ status: 201, body: { order: { id: order.id } } });
    expect((await checkout(account, { paymentMethod: 'sandbox' }, key)).status).toBe(422);
    expect((await checkout(account)).status, 'of an empty cart').toBe(409);
    expect(await ordersOf(account)).toEqual([order]);
    expect(await invoicesOf(account)).toHaveLength(1);
    expect(await expiryOf(account, domain)).toBe(domain.expiresOn);
  });

  test('with a method that is not known is refused before anything is made', async () => {
    const account = await openAccount(client);
    const cart = await put(account, [await addDomain(account), 1]);
    for (const paymentMethod of ['shells', '', 7, null])
      expectInvalid(await checkout(account, { paymentMethod }), 'paymentMethod', String(paymentMethod));
    expect((await readCart(account)).body).toEqual(cart);
    expect(await ordersOf(account)).toEqual([]);
    expect(await invoicesOf(account)).toEqual([]);
  });

  test('at prices that changed since they were shown is refused with those before and now', async () => {
    const account = await openAccount(client);
    const where = 'changing.cart';
    await setPrice(where, 1000);
    const domain = await addDomain(account, { where });
    const before = await put(account, [domain, 2]);
    await setPrice(where, 1100);
    const refused = await checkout(account);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        type: problemType('price-changed'),
        before: { items: [{ domainId: domain.id, amount: gbp(2000) }], total: before.total },
        now: { items: [{ domainId: domain.id, amount: gbp(2200) }], subtotal: gbp(2200) },
      },
    });
    expect(await ordersOf(account)).toEqual([]);
    expect(await invoicesOf(account)).toEqual([]);
    expect((await readCart(account)).body).toMatchObject({ subtotal: gbp(2200) });
    await setPrice(where, 900);
    expect(await checkout(account)).toMatchObject({ status: 409, body: { now: { subtotal: gbp(1800) } } });
    const done = await checkout(account);
    expect(done.status, 'what was shown by the refusal').toBe(201);
    expect(done.body.invoice.subtotal).toEqual(gbp(1800));
  });

  test('of a line that is not to be had any more is refused likewise', async () => {
    const account = await openAccount(client);
    const [one, two] = [await addDomain(account), await addDomain(account)];
    await put(account, [one, 1], [two, 1]);
    await asStaff(client, account, 'PATCH', `/domains/${one.id}`, { status: 'transferred-away' });
    expect(await checkout(account)).toMatchObject({
      status: 409,
      body: {
        type: problemType('price-changed'),
        before: { subtotal: gbp(2000) },
        now: { items: [{ domainId: two.id }], subtotal: gbp(1000) },
      },
    });
    expect(await ordersOf(account)).toEqual([]);
  });

  test('of a cart that was shown otherwise, by its If-Match, is refused likewise', async () => {
    const account = await openAccount(client);
    const [one, two] = [await addDomain(account), await addDomain(account)];
    await put(account, [one, 1]);
    const stale = { 'if-match': (await readCart(account)).headers.get('etag')! };
    await put(account, [two, 1]);
    const refused = await checkout(account, {}, { ...freshKey(), ...stale });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        type: problemType('price-changed'),
        before: expect.anything(),
        now: { subtotal: gbp(2000) },
      },
    });
    expect(await ordersOf(account)).toEqual([]);
    const fresh = { 'if-match': (await readCart(account)).headers.get('etag')! };
    const done = await checkout(account, {}, { ...freshKey(), ...fresh });
    expect(done).toMatchObject({ status: 201, body: { order: { subtotal: gbp(2000) } } });
  });

  test('is made once by two at the same time', async () => {
    const account = await openAccount(client);
    await put(account, [await addDomain(account), 1]);
    const answers = await Promise.all([checkout(account), checkout(account)]);
    expect(statuses(answers)).toEqual([201, 409]);
    expect(await ordersOf(account)).toHaveLength(1);
    expect(await invoicesOf(account)).toHaveLength(1);
    expect((await readCart(account)).body.items).toEqual([]);
  });

  test('with credit pays, and extends each domain by its years once, with one mail for each', async () => {
    const account = await openAccount(client);
    const [told, spared] = [
      await addContact(client, account, { emailPreferences: { domain: true } }),
      await addContact(client, account, { emailPreferences: { domain: false, invoice: false } }),
    ];
    const [one, two] = [await addDomain(account), await addDomain(account, { expiresIn: -3 })];
    const { total } = await put(account, [one, 2], [two, 1]);
    await adjustCredit(client, account, total.amount + 5);
    const key = freshKey();
    const done = await checkout(account, { paymentMethod: 'credit' }, key);
    expect(done.status, JSON.stringify(done.body)).toBe(201);
    const { order, invoice } = done.body;
    await Promise.all([extended(account, one, 2), extended(account, two, 1)]);
    const again = await checkout(account, { paymentMethod: 'credit' }, key);
    expect(again).toMatchObject({ status: 201, body: { order: { id: order.id } } });
    await client.until(
      async () => (await asOwner(account, 'GET', `/orders/${order.id}`)).body.status === 'active',
    );
    expect(await readInvoice(client, account, invoice.id)).toMatchObject({
      status: 'paid',
      balance: gbp(0),
    });
    expect(await creditOf(client, account)).toBe(5);
    for (const [domain, years] of [
      [one, 2],
      [two, 1],
    ] as const) {
      const on = yearsOn(domain.expiresOn, years);
      const mails = await client.until(async () => {
        const found = (await client.mails()).filter(
          (mail) => `${mail.subject}\n${mail.text}`.includes(domain.name) && mail.text.includes(on),
        );
        return found.length > 0 && found;
      });
      expect(mails).toHaveLength(1);
      expect(sorted(mails[0]!.envelope.to)).toEqual(sorted([account.owner.email, told.email]));
      expect((await asOwner(account, 'GET', `/domains/${domain.id}`)).body).toMatchObject({
        status: 'active',
        nextDueOn: on,
      });
    }
    const all = await client.mails();
    expect(all.filter((mail) => mail.envelope.to.includes(spared.email))).toEqual([]);
    await client.invoke('registrar', {});
    expect(await expiryOf(account, one)).toBe(yearsOn(one.expiresOn, 2));
  });

  test('with less credit than it takes extends nothing', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account);
    await put(account, [domain, 1]);
    await adjustCredit(client, account, 1);
    const tried = await checkout(account, { paymentMethod: 'credit' });
    expect(tried.status, JSON.stringify(tried.body)).toBeLessThan(500);
    for (const invoice of await invoicesOf(account)) expect(invoice.status).toBe('unpaid');
    for (const order of await ordersOf(account)) expect(order.status).toBe('awaiting-payment');
    await client.invoke('registrar', {});
    expect(await expiryOf(account, domain)).toBe(domain.expiresOn);
  });

  test('with the sandbox begins the payment, and what is paid there is renewed', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account);
    await put(account, [domain, 1]);
    const done = await checkout(account, { paymentMethod: 'sandbox' });
    expect(done).toMatchObject({
      status: 201,
      body: {
        order: { status: 'awaiting-payment' },
        invoice: { status: 'unpaid' },
        massPayment: { status: 'processing', next: { type: 'redirect', url: expect.any(String) } },
      },
    });
    const { order, massPayment } = done.body;
    expect(await expiryOf(account, domain)).toBe(domain.expiresOn);
    await press(massPayment.next.url, 'pay');
    await extended(account, domain, 1);
    expect((await asOwner(account, 'GET', `/orders/${order.id}`)).body.status).toBe('active');
    expect(await paymentsOf(client, account)).toHaveLength(1);
  });
});

describe('an order', () => {
  test('that was not paid is cancelled with its invoice; a paid one is not', async () => {
    const account = await openAccount(client);
    const stranger = await openAccount(client);
    const domain = await addDomain(account);
    await put(account, [domain, 1]);
    const { order, invoice } = (await checkout(account)).body;
    const path = `/orders/${order.id}/cancel`;
    expect((await asOwner(stranger, 'GET', `/orders/${order.id}`)).status).toBe(404);
    expect((await asOwner(stranger, 'POST', path)).status).toBe(404);
    expect(await asOwner(account, 'POST', path)).toMatchObject({
      status: 200,
      body: { id: order.id, status: 'cancelled' },
    });
    expect(await readInvoice(client, account, invoice.id)).toMatchObject({ status: 'cancelled' });
    expect((await asOwner(account, 'POST', path)).status).toBe(409);

    const { total } = await put(account, [domain, 1]);
    await adjustCredit(client, account, total.amount);
    const paid = await checkout(account, { paymentMethod: 'credit' });
    await extended(account, domain, 1);
    const refused = await asOwner(account, 'POST', `/orders/${paid.body.order.id}/cancel`);
    expect(refused.status).toBe(409);
    expect(await readInvoice(client, account, paid.body.invoice.id)).toMatchObject({ status: 'paid' });
    expect((await ordersOf(account)).map((one) => one.status)).toEqual(['active', 'cancelled']);
  });

  test('with a product waits for staff once it is paid, while its renewals go on', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account);
    await put(account, [domain, 1]);
    const wish = { productId: 'prd_voice', cycle: 'monthly' };
    const { total } = (await asOwner(account, 'POST', '/cart/items', wish)).body;
    await adjustCredit(client, account, total.amount);
    const { order } = (await checkout(account, { paymentMethod: 'credit' })).body;
    await extended(account, domain, 1);
    await client.until(
      async () =>
        (await asOwner(account, 'GET', `/orders/${order.id}`)).body.status === 'awaiting-activation',
    );
  });
});
