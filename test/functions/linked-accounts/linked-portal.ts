import { expect } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { comPrice } from '../../support/desks/domain-desk.ts';
import { type CallOptions, type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';

/** An account of the family, with its owner and all it asks for as that owner. */
export interface Member {
  id: string;
  name: string;
  ownerId: string;
  base: string;
  get: (path: string, query?: Record<string, string>) => Promise<Called>;
  post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Called>;
}

/** Settings under which a main account reaches all that it ever may. */
export const opened = { 'linkedAccounts.management': true, 'linkedAccounts.independentAccess': true };

const product = (id: string, name: string, monthly: number) => ({
  id,
  name,
  kind: 'hosting',
  taxRate: '20',
  prices: [
    { cycle: 'monthly', price: gbp(monthly) },
    { cycle: 'annually', price: gbp(monthly * 11) },
  ],
});

const catalogue = [
  product('prd_basic', 'Basic', 3100),
  product('prd_big', 'Big', 6200),
  product('prd_small', 'Small', 1550),
];

function memberOf(portal: MemoryPortal, id: string, name: string, ownerId: string): Member {
  const base = `/v1/accounts/${id}`;
  return {
    id,
    name,
    ownerId,
    base,
    get: (path, query) => portal.call(ownerId, 'GET', base + path, query ? { query } : {}),
    post: (path, body, headers = {}) =>
      portal.call(ownerId, 'POST', base + path, { ...(body === undefined ? {} : { body }), headers }),
  };
}

async function join(portal: MemoryPortal, name: string, extra: object = {}): Promise<Member> {
  portal.addStaff('stan');
  const email = `owner@${name.toLowerCase()}.test`;
  const owner = { name: `Owner of ${name}`, email, password: 'Correct-Horse-1' };
  const made = await portal.call('stan', 'POST', '/v1/staff/accounts', { body: { name, owner, ...extra } });
  expect(made).toMatchObject({ status: 201 });
  return memberOf(portal, made.body.id, name, made.body.owner.id);
}

/** What staff do to the accounts: settings, links, what they add and what they note. */
function staffOf(portal: MemoryPortal) {
  const staff = (method: string, path: string, body?: unknown, options: CallOptions = {}) =>
    portal.call('stan', method, path, { ...(body === undefined ? {} : { body }), ...options });
  const done = async (called: Promise<Called>): Promise<any> => {
    const { status, body } = await called;
    expect([status, status < 300 ? null : body]).toEqual([status, null]);
    return body;
  };
  return {
    staff,
    set: (settings: object) => done(staff('PUT', '/v1/staff/settings', settings)),
    note: (account: Member, change: object) =>
      done(staff('PATCH', `/v1/staff/accounts/${account.id}`, change)),
    link: (account: { id: string }, main: { id: string }, kind: string, query?: Record<string, string>) =>
      staff(
        'PUT',
        `/v1/staff/accounts/${account.id}/main-account`,
        { mainAccountId: main.id, kind },
        query ? { query } : {},
      ),
    unlink: (account: Member, query?: Record<string, string>) =>
      staff('DELETE', `/v1/staff/accounts/${account.id}/main-account`, undefined, query ? { query } : {}),
    /** A service of 31 pounds a month before 20 % tax, paid until April. */
    service: (account: Member, extra: object = {}) =>
      done(
        staff('POST', `${account.base}/services`, {
          name: 'Basic (monthly)',
          productId: 'prd_basic',
          price: gbp(3100),
          taxRate: '20',
          cycle: 'monthly',
          startOn: '2026-03-01',
          ...extra,
        }),
      ),
    domain: (account: Member, name: string, expiresOn: string) =>
      done(
        staff('POST', `${account.base}/domains`, {
          name: `${name}.com`,
          registeredOn: '2020-01-01',
          expiresOn,
        }),
      ),
    give: (account: Member, amount: number) =>
      done(staff('POST', `${account.base}/credit`, { amount: gbp(amount), reason: 'To pay with' })),
  };
}

/** What an account has, as its owner sees it. */
function seenOf(portal: MemoryPortal) {
  return {
    invoices: async (account: Member, query: Record<string, string> = {}): Promise<any[]> =>
      (await account.get('/invoices', query)).body.items,
    credit: async (account: Member): Promise<number> => (await account.get('/credit')).body.balance.amount,
    orders: async (account: Member): Promise<any[]> => (await account.get('/orders')).body.items,
    services: async (account: Member): Promise<any[]> => (await account.get('/services')).body.items,
    linked: async (main: Member, query: Record<string, string> = {}): Promise<any[]> =>
      (await main.get('/linked-accounts', query)).body.items,
    /** What staff see of an account. */
    async account(account: Member): Promise<any> {
      const found = await portal.call('stan', 'GET', '/v1/staff/accounts', { query: { q: account.name } });
      return found.body.items.find(({ id }: { id: string }) => id === account.id);
    },
    /** What of the portal's rows is about this, by their keys: for what has no route of its own. */
    rows: (prefix: string) =>
      portal.table.all().filter(({ sk }) => typeof sk === 'string' && sk.startsWith(prefix)),
  };
}

type Portal = MemoryPortal;

/** Carts and orders, by whoever fills them. */
function shoppingOf(portal: Portal) {
  const add = (userId: string, account: Member, productId = 'prd_basic') =>
    portal.call(userId, 'POST', `${account.base}/cart/items`, { body: { productId, cycle: 'monthly' } });
  const checkout = (userId: string, account: Member, body: object = {}) =>
    portal.call(userId, 'POST', `${account.base}/cart/checkout`, { body });
  const cartFor = (userId: string, account: Member, forAccount: Member) =>
    portal.call(userId, 'PUT', `${account.base}/cart`, { body: { forAccountId: forAccount.id } });
  return {
    add,
    checkout,
    cartFor,
    /** An order of a product of 31 pounds by the account's own owner; what checkout answered. */
    async ordered(account: Member, userId = account.ownerId): Promise<any> {
      expect(await add(userId, account)).toMatchObject({ status: 200 });
      const done = await checkout(userId, account);
      expect(done).toMatchObject({ status: 201 });
      return done.body;
    },
    /** An order by a main account for one beneath it. */
    async orderedFor(main: Member, forAccount: Member): Promise<any> {
      expect(await cartFor(main.ownerId, main, forAccount)).toMatchObject({ status: 200 });
      expect(await add(main.ownerId, main)).toMatchObject({ status: 200 });
      const done = await checkout(main.ownerId, main);
      expect(done).toMatchObject({ status: 201 });
      return done.body;
    },
    /** Money by bank for all of an invoice, and what follows from it. */
    async paid(account: Member, invoice: { id: string; total: object }): Promise<void> {
      const body = {
        amount: invoice.total,
        method: 'bank-transfer',
        reference: invoice.id,
        receivedOn: '2026-03-01',
      };
      const path = `${account.base}/invoices/${invoice.id}/payments`;
      expect(await portal.call('stan', 'POST', path, { body })).toMatchObject({ status: 201 });
      await portal.deliver();
    },
    decide: (userId: string, account: Member, orderId: string, what: 'approve' | 'reject', body: object) =>
      portal.call(userId, 'POST', `${account.base}/orders/${orderId}/${what}`, { body }),
  };
}

/**
 * Main with North (aggregated), West (independent) and South (aggregated and blocked) linked beneath it, and a
 * stranger; products, and a price for .com.
 */
export async function family(settings: object = opened) {
  const portal = new MemoryPortal();
  const main = await join(portal, 'Main');
  const north = await join(portal, 'North');
  const west = await join(portal, 'West');
  const south = await join(portal, 'South');
  const stranger = await join(portal, 'Stranger');
  const here = {
    portal,
    main,
    north,
    west,
    south,
    stranger,
    ...staffOf(portal),
    ...seenOf(portal),
    ...shoppingOf(portal),
    join: (name: string, extra: object = {}) => join(portal, name, extra),
    /** A sub-account of Main with these permissions; its user's id. */
    person: async (permissions: string[], email = 'person@main.test', extra: Record<string, unknown> = {}) =>
      portal.createSubAccount(main.ownerId, main.id, email, permissions, extra),
    /** It is that day, in the morning. */
    at(day: string): void {
      portal.now = new Date(`${day}T10:00:00Z`);
    },
    /** Every account's books agree. */
    async agree(): Promise<void> {
      for (const { id } of [main, north, west, south, stranger]) expect(await portal.books(id)).toEqual([]);
    },
  };
  const { staff, link } = here;
  expect(await staff('PUT', '/v1/staff/products', { items: catalogue })).toMatchObject({ status: 200 });
  expect(await staff('PUT', '/v1/staff/domain-prices/com', comPrice)).toMatchObject({ status: 200 });
  for (const [account, kind] of [
    [north, 'aggregated'],
    [west, 'independent'],
    [south, 'aggregated'],
  ] as const) {
    expect(await link(account, main, kind)).toMatchObject({ status: 200 });
  }
  await here.note(south, { status: 'blocked' });
  if (Object.keys(settings).length > 0) await here.set(settings);
  await portal.deliver();
  portal.mails.length = 0;
  return here;
}

export type Family = Awaited<ReturnType<typeof family>>;

/** Refused by a setting of the provider or by the kind of account: explained, and nothing to ask for. */
export function refusedBy(reason: 'setting' | 'account-kind', called: Called): void {
  expect(called).toMatchObject({
    status: 403,
    body: { type: expect.stringMatching(/\/problems\//), reason, whatToDo: expect.any(String) },
  });
  expect(called.body).not.toHaveProperty('requiredPermission');
  expect(called.body).not.toHaveProperty('requestAccess');
}
