import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  creditOf,
  day,
  expectExplained,
  expectInvalid,
  freshKey,
  gbp,
  paymentsOf,
  press,
  readInvoice,
  statuses,
  ownerOf,
} from '../money/money.ts';
import {
  type Account,
  addContact,
  addSubAccount,
  allOf,
  type Json,
  nobody,
  openAccount,
  problemType,
  sorted,
  staffEmail,
  unique,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let staff: string;

const tld = 'shop.cart';

/** Sets what a year of a TLD costs. */
async function setPrice(where: string, year: number): Promise<void> {
  const set = await client.call(staff, 'PUT', `/v1/staff/domain-prices/${where}`, {
    currency: 'GBP',
    years: { 1: year, 2: 2 * year, 3: 3 * year },
    maxAdvanceDays: 365,
  });
  expect(set.status, JSON.stringify(set.body)).toBe(200);
}

beforeAll(async () => {
  staff = await client.token(staffEmail);
  await setPrice(tld, 1000);
});

/** A domain that expires in so many days, which the daily job leaves alone. */
async function addDomain(account: Account, { where = tld, expiresIn = 100 } = {}): Promise<Json> {
  const added = await asStaff(client, account, 'POST', '/domains', {
    name: `${unique('c')}.${where}`,
    registeredOn: day(-700),
    expiresOn: day(expiresIn),
    autoRenew: false,
  });
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return added.body;
}

const asOwner = ownerOf(client);

const readCart = (account: Account, token = account.owner.token): Promise<Answered> =>
  client.call(token, 'GET', `${account.path}/cart`);

const renew = (
  account: Account,
  renewals: { domainId: string; years: number }[],
  token = account.owner.token,
): Promise<Answered> => client.call(token, 'POST', `${account.path}/cart/domain-renewals`, { renewals });

/** Puts renewals into the cart: the cart. */
async function put(account: Account, ...wished: [Json, number][]): Promise<Json> {
  const cart = await renew(
    account,
    wished.map(([domain, years]) => ({ domainId: domain.id, years })),
  );
  expect(cart.status, JSON.stringify(cart.body)).toBe(200);
  return cart.body;
}

const checkout = (
  account: Account,
  body: object = {},
  headers: Record<string, string> = freshKey(),
): Promise<Answered> => asOwner(account, 'POST', '/cart/checkout', body, headers);

const ordersOf = (account: Account): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/orders`);

const invoicesOf = (account: Account): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/invoices`);

async function expiryOf(account: Account, domain: Json): Promise<string> {
  return (await asOwner(account, 'GET', `/domains/${domain.id}`)).body.expiresOn;
}

/** The same day so many years on; the last of February where that year has none such. */
function yearsOn(on: string, years: number): string {
  const later = `${Number(on.slice(0, 4)) + years}${on.slice(4)}`;
  const date = new Date(later);
  return date.toISOString().startsWith(later) ? later : `${later.slice(0, 8)}28`;
}

const extended = (account: Account, domain: Json, years: number): Promise<unknown> =>
  client.until(async () => (await expiryOf(account, domain)) === yearsOn(domain.expiresOn, years));

/** What the lines of a cart are about and cost. */
const linesOf = (cart: Json): unknown[] =>
  cart.items.map((item: Json) => [item.domainId ?? item.productId, item.years ?? item.cycle, item.amount]);

describe('a cart', () => {
  test('takes renewals, changes their years, drops them, and is kept between requests', async () => {
    const account = await openAccount(client);
    const [one, two] = [await addDomain(account), await addDomain(account)];
    const empty = await readCart(account);
    expect(empty).toMatchObject({
      status: 200,
      body: { items: [], total: { amount: 0 }, forAccount: { id: account.id, name: account.name } },
    });
    const cart = await put(account, [one, 1], [two, 2]);
    expect(linesOf(cart)).toEqual([
      [one.id, 1, gbp(1000)],
      [two.id, 2, gbp(2000)],
    ]);
    expect(cart).toMatchObject({
      items: [
        { id: expect.any(String), kind: 'domain-renewal', quantity: 1, unitPrice: gbp(1000) },
        { kind: 'domain-renewal', quantity: 1, unitPrice: gbp(2000) },
      ],
      subtotal: gbp(3000),
      forAccount: { id: account.id, name: account.name },
    });
    expect(cart.total.amount).toBe(cart.subtotal.amount + cart.tax.amount);
    expect((await readCart(account)).body).toEqual(cart);

    const changed = await put(account, [one, 3]);
    expect(linesOf(changed)).toEqual([
      [one.id, 3, gbp(3000)],
      [two.id, 2, gbp(2000)],
    ]);
    const [first, second] = changed.items;
    const item = (id: string): string => `/cart/items/${id}`;
    const patched = await asOwner(account, 'PATCH', item(second.id), { years: 1 });
    expect(patched).toMatchObject({ status: 200, body: { subtotal: gbp(4000) } });
    const back = await asOwner(account, 'PATCH', item(second.id), { years: 2 });
    expect(back.body).toEqual(changed);
    const removed = await asOwner(account, 'DELETE', item(first.id));
    expect(removed.status).toBe(200);
    expect(linesOf(removed.body)).toEqual([[two.id, 2, gbp(2000)]]);
    expect((await asOwner(account, 'DELETE', item(first.id))).status).toBe(404);
    expect((await asOwner(account, 'PATCH', item(first.id), { years: 2 })).status).toBe(404);
    expect((await readCart(account)).body).toEqual(removed.body);
    expect((await put(account, [one, 1])).subtotal).toEqual(gbp(3000));

    expect((await asOwner(account, 'DELETE', '/cart')).status).toBe(204);
    expect((await readCart(account)).body).toMatchObject({ items: [], subtotal: { amount: 0 } });
    expect(await ordersOf(account)).toEqual([]);
  });

  test('takes products by quantity and cycle', async () => {
    const account = await openAccount(client);
    const [product] = (await client.call(account.owner.token, 'GET', '/v1/products')).body.items;
    const [monthly, annually] = ['monthly', 'annually'].map(
      (cycle) => product.prices.find((price: Json) => price.cycle === cycle).price.amount,
    );
    const wish = { productId: product.id, cycle: 'monthly', quantity: 2 };
    const key = freshKey();
    const added = await asOwner(account, 'POST', '/cart/items', wish, key);
    expect(added).toMatchObject({
      status: 200,
      body: {
        items: [{ kind: 'product', ...wish, unitPrice: gbp(monthly), amount: gbp(2 * monthly) }],
        subtotal: gbp(2 * monthly),
      },
    });
    expect((await asOwner(account, 'POST', '/cart/items', wish, key)).body).toEqual(added.body);
    expect((await asOwner(account, 'POST', '/cart/items', { ...wish, quantity: 1 }, key)).status).toBe(422);
    const path = `/cart/items/${added.body.items[0].id}`;
    const changed = await asOwner(account, 'PATCH', path, { quantity: 3, cycle: 'annually' });
    expect(changed).toMatchObject({ status: 200, body: { subtotal: gbp(3 * annually) } });
    const bad: [string, string, object, string][] = [
      ['PATCH', path, { quantity: 0 }, 'quantity'],
      ['PATCH', path, { cycle: 'daily' }, 'cycle'],
      ['PATCH', path, { cycle: 'triennially' }, 'cycle'],
      ['PATCH', path, { years: 2 }, 'years'],
      ['POST', '/cart/items', { ...wish, productId: 'prd_none' }, 'productId'],
      ['POST', '/cart/items', { ...wish, cycle: 'triennially' }, 'cycle'],
      ['POST', '/cart/items', { ...wish, quantity: -1 }, 'quantity'],
      ['POST', '/cart/items', { ...wish, quantity: 1.5 }, 'quantity'],
    ];
    for (const [method, where, body, at] of bad)
      expectInvalid(await asOwner(account, method, where, body), at, `${method} ${JSON.stringify(body)}`);
    expect((await readCart(account)).body).toEqual(changed.body);
  });

  test('is one for each person, and for who may order', async () => {
    const account = await openAccount(client);
    const stranger = await openAccount(client);
    const buyer = await addSubAccount(client, account, ['orders']);
    const viewer = await addSubAccount(client, account, ['domains', 'invoices']);
    const domain = await addDomain(account);
    const mine = await put(account, [domain, 1]);
    expect((await readCart(account, buyer.token)).body).toMatchObject({ items: [] });
    const theirs = await renew(account, [{ domainId: domain.id, years: 3 }], buyer.token);
    expect(linesOf(theirs.body)).toEqual([[domain.id, 3, gbp(3000)]]);
    const path = `${account.path}/cart/items/${mine.items[0].id}`;
    expect((await client.call(buyer.token, 'DELETE', path)).status).toBe(404);
    await client.call(buyer.token, 'DELETE', `${account.path}/cart`);
    expect((await readCart(account)).body).toEqual(mine);

    const calls: [string, string, unknown?][] = [
      ['GET', '/cart'],
      ['DELETE', '/cart'],
      ['PUT', '/cart', { forAccountId: account.id }],
      ['POST', '/cart/domain-renewals', { renewals: [{ domainId: domain.id, years: 2 }] }],
      ['POST', '/cart/items', { productId: 'prd_voice', cycle: 'monthly' }],
      ['PATCH', `/cart/items/${mine.items[0].id}`, { years: 2 }],
      ['DELETE', `/cart/items/${mine.items[0].id}`],
      ['POST', '/cart/checkout', {}],
      ['GET', '/orders'],
    ];
    for (const [method, route, body] of calls) {
      const call = (token: string | null): Promise<Answered> =>
        client.call(token, method, `${account.path}${route}`, body);
      expectExplained(await call(viewer.token), 'orders');
      expect((await call(stranger.owner.token)).status, `${method} ${route}`).toBe(404);
      expect((await call(nobody)).status, `${method} ${route}`).toBe(401);
    }
    expect((await readCart(account)).body).toEqual(mine);
    const same = await asOwner(account, 'PUT', '/cart', { forAccountId: account.id });
    expect(same).toMatchObject({ status: 200, body: { forAccount: { id: account.id } } });
    const foreign = await asOwner(account, 'PUT', '/cart', { forAccountId: stranger.id });
    expect([400, 403, 404, 409]).toContain(foreign.status);
    expect(JSON.stringify(foreign.body)).not.toContain(stranger.name);
    expect((await readCart(account)).body.forAccount).toEqual({ id: account.id, name: account.name });
  });

  test('refuses renewals that are wrong, says which, and takes none of them', async () => {
    const account = await openAccount(client);
    const stranger = await openAccount(client);
    const [good, other] = [await addDomain(account), await addDomain(account)];
    const foreign = await addDomain(stranger);
    const kept = await put(account, [good, 1]);
    const wrong: [string, Json, unknown][] = [
      ['renewals.1.domainId', foreign.id, 1],
      ['renewals.1.domainId', 'dom_01HZZZZZZZZZZZZZZZZZZZZZZZ', 1],
      ['renewals.1.domainId', '', 1],
      ['renewals.1.domainId', undefined, 1],
      ['renewals.1.years', other.id, 4],
      ['renewals.1.years', other.id, 0],
      ['renewals.1.years', other.id, 11],
      ['renewals.1.years', other.id, -1],
      ['renewals.1.years', other.id, 1.5],
      ['renewals.1.years', other.id, '1'],
      ['renewals.1.years', other.id, undefined],
    ];
    for (const [path, domainId, years] of wrong) {
      const renewals = [
        { domainId: good.id, years: 2 },
        { domainId, years },
      ];
      const refused = await asOwner(account, 'POST', '/cart/domain-renewals', { renewals });
      expectInvalid(refused, path, `${domainId} ${String(years)}`);
      expect(refused.body.errors, path).toHaveLength(1);
      expect(JSON.stringify(refused.body)).not.toContain(foreign.name);
    }
    const both = await renew(account, [
      { domainId: good.id, years: 4 },
      { domainId: foreign.id, years: 1 },
    ]);
    expectInvalid(both, 'renewals.0.years');
    expectInvalid(both, 'renewals.1.domainId');
    const many = Array.from({ length: 81 }, () => ({ domainId: good.id, years: 1 }));
    for (const body of [{}, { renewals: [] }, { renewals: many }, { renewals: 'all' }])
      expectInvalid(await asOwner(account, 'POST', '/cart/domain-renewals', body), 'renewals');
    const item = `/cart/items/${kept.items[0].id}`;
    expectInvalid(await asOwner(account, 'PATCH', item, { years: 4 }), 'years');
    expectInvalid(await asOwner(account, 'PATCH', item, { quantity: 2 }), 'quantity');
    expect((await readCart(account)).body).toEqual(kept);
  });

  test('honours If-Match where a line is changed', async () => {
    const account = await openAccount(client);
    const cart = await put(account, [await addDomain(account), 1]);
    const path = `/cart/items/${cart.items[0].id}`;
    const stale = { 'if-match': (await readCart(account)).headers.get('etag')! };
    expect((await asOwner(account, 'PATCH', path, { years: 2 }, stale)).status).toBe(200);
    const answers: unknown[] = [];
    for (const [method, where, body] of [
      ['PATCH', path, { years: 3 }],
      ['DELETE', path],
      ['DELETE', '/cart'],
    ] as const)
      answers.push([method, where, (await asOwner(account, method, where, body, stale)).status]);
    expect(answers).toEqual([
      ['PATCH', path, 412],
      ['DELETE', path, 412],
      ['DELETE', '/cart', 412],
    ]);
    expect((await readCart(account)).body.subtotal).toEqual(gbp(2000));
  });
});

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
