import { type Action, type Item, present, type Table } from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { stripped } from '../table/page.ts';
import type { Product } from './product.ts';

const pk = 'PRODUCTS';
export const mostProducts = 300;

/** A row as releases before several currencies wrote it, and still read it: prices in one of them. */
interface SingleCurrency {
  currency: string;
  prices: { cycle: Product['prices'][number]['cycle']; amount: number }[];
}

type ProductRow = Omit<Product, 'prices'> & SingleCurrency & { pricesIn?: Product['prices'] };

/** The whole catalogue. */
export async function readProducts(table: Table): Promise<Product[]> {
  const { items } = await table.query({ pk, limit: mostProducts });
  return items.map(productOf);
}

export async function readProduct(table: Table, id: string): Promise<Product | undefined> {
  const item = await table.get({ pk, sk: id });
  return item && productOf(item);
}

/** What the release before says of its currency counts: it may have written last. */
function productOf(item: Item): Product {
  const { currency, prices, pricesIn = [], ...product } = stripped<ProductRow>(item)!;
  const first = prices.map(({ cycle, amount }) => ({ cycle, price: { amount, currency } }));
  return { ...product, prices: [...first, ...pricesIn.filter(({ price }) => price.currency !== currency)] };
}

/** The row of a product, with at least one price. */
export function productRow({ prices, ...product }: Product): Action {
  const { currency } = prices[0]!.price;
  const first = prices.filter(({ price }) => price.currency === currency);
  const before: SingleCurrency = {
    currency,
    prices: first.map(({ cycle, price }) => ({ cycle, amount: price.amount })),
  };
  return merged({ ...product, ...before, pricesIn: prices, pk, sk: product.id });
}

export const productDeletion = (id: string): Action => ({ delete: { pk, sk: id } });

/** What a row from before several currencies lacks; nothing for any other. */
export function productInCurrencies(row: Item): Action[] {
  if (row.pk !== pk || row['pricesIn'] !== undefined) return [];
  return [{ update: { pk, sk: row.sk }, set: { pricesIn: productOf(row).prices }, when: present }];
}
