import { type LineTax, totalsOf } from '../invoices/invoice.ts';
import { type NamedAccount, namedLine } from '../invoices/named-line.ts';
import { cycleMonths, priceOf, type Product } from '../products/product.ts';
import type { Phrase } from '../language/phrase.ts';
import type { Day } from '../core/day.ts';
import { type CartItem, itemView } from './order.ts';
import { type Domain, tldOf } from '../domains/domain.ts';
import { type DomainPrice, domainTaxClass, renewalOf } from '../domains/domain-price.ts';

/** A user's cart in an account; stored for thirty days. */
export interface Cart {
  accountId: string;
  userId: string;
  /** The account it is for: this one, or one aggregated under it. */
  forAccountId: string;
  items: CartItem[];
  /** That of the prices as they were last shown. Missing in rows of before accounts changed theirs. */
  currency?: string;
  version: string;
}

export const mostItems = 80;
export const cartLifetimeDays = 30;

/** Everything that prices depend on. */
export interface Offers {
  currency: string;
  /** How the account that is billed is taxed. */
  lineTax: LineTax;
  /** Words of ours in the language of the account that is billed. */
  say(words: Phrase): string;
  products: ReadonlyMap<string, Product>;
  domains: ReadonlyMap<string, Domain>;
  prices: ReadonlyMap<string, readonly DomainPrice[]>;
  today: Day;
}

/** An item at its current price; null where it cannot be ordered any more. */
export function repriced(item: CartItem, offers: Offers): CartItem | null {
  if (item.kind === 'product') {
    const product = offers.products.get(item.productId);
    const unitPrice = priceOf(product, item.cycle, offers.currency);
    if (!product || unitPrice === undefined) return null;
    const values = { name: product.name, months: cycleMonths[item.cycle] };
    const description = offers.say({ key: 'line.product', values });
    return taxed(
      { ...item, description, unitPrice, taxRate: product.taxRate, taxClass: product.taxClass ?? null },
      offers,
    );
  }
  const domain = offers.domains.get(item.domainId);
  if (!domain) return null;
  const prices = offers.prices.get(tldOf(domain.name)) ?? [];
  const option = renewalOf(domain, prices, offers.currency, offers.today).options.find(
    ({ years }) => years === item.years,
  );
  if (!option) return null;
  const values = { name: domain.name, years: item.years };
  const description = offers.say({ key: 'line.domainRenewal', values });
  const unitPrice = option.total.amount;
  return taxed({ ...item, description, unitPrice, taxRate: null, taxClass: domainTaxClass }, offers);
}

function taxed(item: CartItem, { lineTax }: Offers): CartItem {
  return { ...item, shownTaxRate: item.taxRate ?? lineTax(item.taxClass ?? null).rate };
}

/** The invoice lines of these items; they name the account where another one is billed for it. */
export function linesOf(
  items: readonly CartItem[],
  offers: Pick<Offers, 'currency' | 'domains'>,
  named?: NamedAccount,
) {
  return items.map((item) =>
    namedLine({ ...pricedLine(item, offers.currency), relatesTo: relatesTo(item, offers.domains) }, named),
  );
}

/** A line's price, even if its product or domain no longer exists. */
function pricedLine(item: CartItem, currency: string) {
  const { description, quantity, unitPrice, taxRate, taxClass } = item;
  return {
    description,
    quantity,
    unitPrice: { amount: unitPrice, currency },
    taxRate: taxRate ?? undefined,
    taxClass,
  };
}

function relatesTo(item: CartItem, domains: Offers['domains']) {
  if (item.kind === 'product') return { kind: 'product', id: item.productId };
  const domain = domains.get(item.domainId)!;
  const { id, name, expiresOn } = domain;
  return { kind: 'domain-renewal', id, name, years: item.years, on: expiresOn };
}

/** A cart as the API returns it, with tax and totals. */
export function cartView(
  items: readonly CartItem[],
  forAccount: { id: string; name: string },
  { currency, lineTax }: Pick<Offers, 'currency' | 'lineTax'>,
) {
  const money = (amount: number) => ({ amount, currency });
  // As it was last shown, where it stands beside what it is now.
  const shown = items.map((item) => ({ ...item, taxRate: item.shownTaxRate ?? item.taxRate }));
  const lines = shown.map((item) => ({
    ...itemView(item, currency),
    taxRate: item.taxRate ?? lineTax(item.taxClass ?? null).rate,
  }));
  if (items.length === 0) {
    return { id: 'cart', items: [], subtotal: money(0), tax: money(0), total: money(0), forAccount };
  }
  const { subtotal, tax, total } = totalsOf(
    shown.map((item) => pricedLine(item, currency)),
    false,
    lineTax,
  );
  return {
    id: 'cart',
    items: lines,
    subtotal: money(subtotal),
    tax: money(tax),
    total: money(total),
    forAccount,
  };
}

/** Whether a cart's items cost the payer now what they were last shown to cost. */
export function costsAsShown(
  { items, currency }: Cart,
  now: readonly CartItem[],
  offers: Pick<Offers, 'currency'>,
): boolean {
  return (currency ?? offers.currency) === offers.currency && samePrices(items, now);
}

/** Whether two lists of items cost the payer the same. */
function samePrices(before: readonly CartItem[], now: readonly CartItem[]): boolean {
  const priceKey = (items: readonly CartItem[]) =>
    JSON.stringify(
      items.map(({ id, unitPrice, quantity, shownTaxRate }) => [id, unitPrice, quantity, shownTaxRate]),
    );
  return priceKey(before) === priceKey(now);
}
