import { readProducts } from '../../../shared/products/product-store.ts';
import type { Day } from '../../../shared/core/day.ts';
import { notFound } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import type { CartItem } from '../../../shared/orders/order.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import type { PeopleStore } from '../../../shared/accounts/people-store.ts';
import type { Settings } from '../../../shared/settings/settings.ts';
import { tldOf } from '../../../shared/domains/domain.ts';
import type { DomainPriceStore } from '../../../shared/domains/domain-price-store.ts';
import type { DomainStore } from '../../../shared/domains/domain-store.ts';
import type { WriteDependencies } from '../../../shared/write/commit.ts';
import { type Cart, cartView, type Offers, repriced } from '../../../shared/orders/cart.ts';
import type { CartStore } from '../../../shared/orders/cart-store.ts';
import { lineTaxes } from '../../../shared/invoices/tax/line-taxes.ts';
import { said } from '../../../shared/invoices/worded-line.ts';
import { payerOf } from '../../../shared/accounts/linked.ts';
import { requireMayOrder } from '../../../shared/orders/may-order.ts';

export interface CartDependencies extends WriteDependencies {
  carts: CartStore;
  people: PeopleStore;
  domains: DomainStore;
  prices: DomainPriceStore;
  settings(): Promise<Settings>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

/** A cart with everything its prices depend on, and its items at current prices. */
export interface OpenCart {
  cart: Cart;
  /** The account that the cart belongs to. */
  account: Account;
  /** The account it orders for; undefined where the requested one is not linked to this one. */
  forAccount: Account | undefined;
  /** Its account is no longer linked to this one: from now on it is for this account. */
  linkEnded: boolean;
  settings: Settings;
  offers: Offers;
  /** The items as of now, without those that cannot be ordered any more. */
  currentItems: CartItem[];
}

/** Reads the caller's cart and reprices it. */
export async function openCart(
  dependencies: CartDependencies,
  context: RequestContext,
  alsoDomains: readonly string[] = [],
  forAccountId?: string,
): Promise<OpenCart> {
  const { accountId, caller, now } = context;
  const { carts, people } = dependencies;
  const [stored, account, settings] = await Promise.all([
    carts.get(accountId, caller.userId, now),
    people.account(accountId),
    dependencies.settings(),
  ]);
  if (!account) throw notFound();
  const empty: Cart = { accountId, userId: caller.userId, forAccountId: accountId, items: [], version: '' };
  const current = stored ?? empty;
  const wantedId = forAccountId ?? current.forAccountId;
  const candidate = wantedId === accountId ? account : await people.account(wantedId);
  const linked = candidate === account || candidate?.mainAccountId === accountId ? candidate : undefined;
  const linkEnded = linked === undefined && forAccountId === undefined;
  const forAccount = linkEnded ? account : linked;
  const cart = { ...current, forAccountId: forAccount?.id ?? wantedId };
  const offers = await readOffers(
    dependencies,
    { forAccount: forAccount ?? account, payer: await payerOf(people, forAccount ?? account) },
    cart.items,
    alsoDomains,
    settings,
    now,
  );
  return {
    cart,
    account,
    forAccount,
    linkEnded,
    settings,
    offers,
    currentItems: cart.items.flatMap((item) => repriced(item, offers) ?? []),
  };
}

/**
 * Opens the cart to order with it.
 * @throws Problem where the caller may not order for that account
 */
export async function openCartToOrder(
  dependencies: CartDependencies,
  context: RequestContext,
  alsoDomains: readonly string[] = [],
  forAccountId?: string,
): Promise<OpenCart> {
  const open = await openCart(dependencies, context, alsoDomains, forAccountId);
  requireMayOrder(context, open.account, open.forAccount, open.settings);
  return open;
}

/** Everything that the prices of items depend on which are ordered for an account and billed to another or the same. */
export async function readOffers(
  { table, ...dependencies }: Pick<CartDependencies, 'table' | 'domains' | 'prices' | 'today'>,
  { forAccount, payer }: { forAccount: Account; payer: Account },
  items: readonly CartItem[],
  alsoDomains: readonly string[],
  settings: Settings,
  now: Date,
): Promise<Offers> {
  const ids = items.flatMap((item) => (item.kind === 'domain-renewal' ? [item.domainId] : []));
  const [products, orderedDomains, today] = await Promise.all([
    readProducts(table),
    dependencies.domains.getMany(forAccount.id, [...new Set([...ids, ...alsoDomains])]),
    dependencies.today(now),
  ]);
  const domains = orderedDomains.flatMap((domain) => domain ?? []);
  return {
    currency: forAccount.currency,
    lineTax: lineTaxes(payer, settings, today),
    say: (words) => said(words, payer),
    products: new Map(products.map((product) => [product.id, product])),
    domains: new Map(domains.map((domain) => [domain.id, domain])),
    prices: await dependencies.prices.ofTlds(domains.map(({ name }) => tldOf(name))),
    today,
  };
}

/** The cart with these items, at prices in the currency of now or, as it was shown before, in another one. */
export function openCartView(
  { cart, account, forAccount, offers }: OpenCart,
  items: readonly CartItem[],
  currency = offers.currency,
) {
  const name = (forAccount ?? account).name;
  return cartView(items, { id: cart.forAccountId, name }, { ...offers, currency });
}
