import { type Cycle, isSoldIn } from '../../../shared/products/product.ts';
import { newId, newVersion } from '../../../shared/core/ids.ts';
import { conflict, type FieldError, invalid, notFound } from '../../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../../shared/http/request.ts';
import { type CartItem } from '../../../shared/orders/order.ts';
import { tldOf } from '../../../shared/domains/domain.ts';
import { renewalOf } from '../../../shared/domains/domain-price.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { type Cart, costsAsShown, mostItems, type Offers, repriced } from '../../../shared/orders/cart.ts';
import { deleteCartRow, cartRow } from '../../../shared/orders/cart-store.ts';
import {
  type CartDependencies,
  type OpenCart,
  openCart,
  openCartToOrder,
  openCartView,
} from './open-cart.ts';

/** The cart at current prices; changed prices are saved as the ones last displayed. */
export async function showCart(dependencies: CartDependencies, context: RequestContext): Promise<Reply> {
  const open = await openCart(dependencies, context);
  if (!open.linkEnded && costsAsShown(open.cart, open.currentItems, open.offers)) {
    return replyWith(open, open.cart);
  }
  return saveCart(dependencies, { ...context, idempotent: null, ifMatch: null }, open, open.currentItems);
}

function replyWith(open: OpenCart, cart: Cart): Reply {
  return { body: openCartView(open, cart.items), version: cart.version || 'empty' };
}

/** Saves the cart's items and answers the cart. */
async function saveCart(
  dependencies: CartDependencies,
  context: RequestContext,
  open: OpenCart,
  items: CartItem[],
): Promise<Reply> {
  requireMatch(context, open.cart.version || 'empty');
  if (items.length > mostItems) {
    throw conflict(`A cart holds ${mostItems} lines: check this one out before you add more.`);
  }
  const after: Cart = { ...open.cart, items, currency: open.offers.currency, version: newVersion() };
  const reply = replyWith(open, after);
  const actions = [cartRow(after, open.cart.version || null, context.now)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}

/** Adds renewals to the cart; a domain that is in it already gets the new period. */
export async function addRenewals(
  dependencies: CartDependencies,
  context: RequestContext,
  renewals: readonly { domainId: string; years: number }[],
): Promise<Reply> {
  const ids = renewals.map(({ domainId }) => domainId);
  const open = await openCartToOrder(dependencies, context, ids);
  const errors = renewals.flatMap((renewal, index) => errorOf(renewal, index, ids, open.offers) ?? []);
  if (errors.length > 0) throw invalid(errors.slice(0, 20));
  let items = open.currentItems;
  for (const { domainId, years } of renewals) {
    const existing = items.find((item) => item.kind === 'domain-renewal' && item.domainId === domainId);
    const id = existing?.id ?? newId('cartItem', context.now);
    const item = renewalItem(id, domainId, years);
    const priced = repriced(item, open.offers)!;
    items = existing ? items.map((each) => (each === existing ? priced : each)) : [...items, priced];
  }
  return saveCart(dependencies, context, open, items);
}

function renewalItem(id: string, domainId: string, years: number): CartItem {
  const priced = { description: '', unitPrice: 0, taxRate: null };
  return { id, kind: 'domain-renewal', domainId, years, quantity: 1, ...priced };
}

function errorOf(
  { domainId, years }: { domainId: string; years: number },
  index: number,
  ids: readonly string[],
  offers: Offers,
): FieldError | null {
  const path = `renewals.${index}`;
  const domain = offers.domains.get(domainId);
  if (!domain)
    return { path: `${path}.domainId`, code: 'not-found', message: 'is no domain of this account' };
  if (ids.indexOf(domainId) < index)
    return { path: `${path}.domainId`, code: 'duplicate', message: 'stands twice' };
  const prices = offers.prices.get(tldOf(domain.name)) ?? [];
  const renewal = renewalOf(domain, prices, offers.currency, offers.today);
  if (!renewal.renewable) {
    return {
      path: `${path}.domainId`,
      code: 'not-allowed',
      message: `${domain.name} cannot be renewed: ${renewal.reason}`,
    };
  }
  if (renewal.options.some((option) => option.years === years)) return null;
  const offered = renewal.options.map((option) => option.years).join(', ');
  return {
    path: `${path}.years`,
    code: 'out-of-range',
    message: `${domain.name} can be renewed for ${offered} years`,
  };
}

/** Adds a product to the cart. */
export async function addProduct(
  dependencies: CartDependencies,
  context: RequestContext,
  { productId, cycle, quantity }: { productId: string; cycle: Cycle; quantity: number },
): Promise<Reply> {
  const open = await openCartToOrder(dependencies, context);
  const product = open.offers.products.get(productId);
  if (!product?.sold)
    throw invalid([{ path: 'productId', code: 'not-found', message: 'is none of the products' }]);
  const { currency } = open.offers;
  if (!isSoldIn(product, currency)) {
    const message = `${product.name} is not sold in ${currency}, the currency of this account`;
    throw invalid([{ path: 'productId', code: 'not-allowed', message }]);
  }
  const item = repriced(
    {
      id: newId('cartItem', context.now),
      kind: 'product',
      productId,
      cycle,
      quantity,
      description: '',
      unitPrice: 0,
      taxRate: null,
    },
    open.offers,
  );
  if (!item)
    throw invalid([{ path: 'cycle', code: 'not-allowed', message: `${product.name} is not sold so` }]);
  return saveCart(dependencies, context, open, [...open.currentItems, item]);
}

/** Changes a line's quantity, cycle or years. */
export async function changeItem(
  dependencies: CartDependencies,
  context: RequestContext,
  itemId: string,
  change: { quantity?: number | undefined; cycle?: Cycle | undefined; years?: number | undefined },
): Promise<Reply> {
  const open = await openCartToOrder(dependencies, context);
  const existing = open.currentItems.find((item) => item.id === itemId);
  if (!existing) throw notFound();
  if (existing.kind === 'product' && change.years !== undefined) {
    throw invalid([{ path: 'years', code: 'not-allowed', message: 'is for renewals of domains alone' }]);
  }
  if (existing.kind === 'domain-renewal' && (change.cycle !== undefined || change.quantity !== undefined)) {
    throw invalid([
      { path: change.cycle ? 'cycle' : 'quantity', code: 'not-allowed', message: 'is for products alone' },
    ]);
  }
  const defined = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const item = repriced({ ...existing, ...defined }, open.offers);
  if (!item)
    throw invalid([
      { path: change.years ? 'years' : 'cycle', code: 'not-allowed', message: 'cannot be had' },
    ]);
  const items = open.currentItems.map((each) => (each.id === itemId ? item : each));
  return saveCart(dependencies, context, open, items);
}

export async function removeItem(
  dependencies: CartDependencies,
  context: RequestContext,
  itemId: string,
): Promise<Reply> {
  const open = await openCart(dependencies, context);
  if (!open.cart.items.some((item) => item.id === itemId)) throw notFound();
  return saveCart(
    dependencies,
    context,
    open,
    open.currentItems.filter((item) => item.id !== itemId),
  );
}

export async function emptyCart(dependencies: CartDependencies, context: RequestContext): Promise<Reply> {
  const { carts } = dependencies;
  const cart = await carts.get(context.accountId, context.caller.userId, context.now);
  requireMatch(context, cart?.version ?? 'empty');
  const actions = cart ? [deleteCartRow(cart)] : [];
  await commit(dependencies, context, { actions, activity: [], outbox: [] });
  return {};
}

/**
 * Sets the account that the cart is for; its items are repriced, and items that this account cannot order are dropped.
 */
export async function setForAccount(
  dependencies: CartDependencies,
  context: RequestContext,
  forAccountId: string,
): Promise<Reply> {
  const open = await openCartToOrder(dependencies, context, [], forAccountId);
  return saveCart(dependencies, context, open, open.currentItems);
}
