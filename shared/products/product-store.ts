import type { Action, Table } from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { stripped } from '../table/page.ts';
import type { Product } from './product.ts';

const pk = 'PRODUCTS';
export const mostProducts = 300;

/** The whole catalogue. */
export async function readProducts(table: Table): Promise<Product[]> {
  const { items } = await table.query({ pk, limit: mostProducts });
  return items.map((item) => stripped<Product>(item)!);
}

export async function readProduct(table: Table, id: string): Promise<Product | undefined> {
  return stripped(await table.get({ pk, sk: id }));
}

export const productRow = (product: Product): Action => merged({ ...product, pk, sk: product.id });
export const productDeletion = (id: string): Action => ({ delete: { pk, sk: id } });
