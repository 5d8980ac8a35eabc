import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import { expectExplained, expectInvalid, freshKey, gbp, ownerOf } from '../money/money.ts';
import { addSubAccount, type Json, nobody, openAccount } from '../people.ts';
import { cartCalls, tld, linesOf } from './cart-calls.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { addDomain, ordersOf, put, readCart, renew, setPrice } = cartCalls(client);

beforeAll(() => setPrice(tld, 1000));

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
