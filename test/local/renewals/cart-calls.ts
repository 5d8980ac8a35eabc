import { expect } from 'vitest';
import type { Answered, PortalClient } from '../../support/local/portal-client.ts';
import { asStaff, day, freshKey, ownerOf } from '../money/money.ts';
import { type Account, allOf, type Json, staffEmail, unique } from '../people.ts';

/** The TLD of the domains here, whose price nothing changes. */

export const tld = 'shop.cart';

/** The same day so many years on; the last of February where that year has none such. */
export function yearsOn(on: string, years: number): string {
  const later = `${Number(on.slice(0, 4)) + years}${on.slice(4)}`;
  const date = new Date(later);
  return date.toISOString().startsWith(later) ? later : `${later.slice(0, 8)}28`;
}

/** What the lines of a cart are about and cost. */
export const linesOf = (cart: Json): unknown[] =>
  cart.items.map((item: Json) => [item.domainId ?? item.productId, item.years ?? item.cycle, item.amount]);

/** Calls about the cart of an account, and about what is ordered with it. */
export function cartCalls(client: PortalClient) {
  const asOwner = ownerOf(client);

  /** Sets what a year of a TLD costs. */
  async function setPrice(where: string, year: number): Promise<void> {
    const set = await client.call(await client.token(staffEmail), 'PUT', `/v1/staff/domain-prices/${where}`, {
      prices: { GBP: { years: { 1: year, 2: 2 * year, 3: 3 * year } } },
      maxAdvanceDays: 365,
    });
    expect(set.status, JSON.stringify(set.body)).toBe(200);
  }

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

  const extended = (account: Account, domain: Json, years: number): Promise<unknown> =>
    client.until(async () => (await expiryOf(account, domain)) === yearsOn(domain.expiresOn, years));

  return { addDomain, checkout, expiryOf, extended, invoicesOf, ordersOf, put, readCart, renew, setPrice };
}
