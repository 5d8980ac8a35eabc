import type { Product } from '../products/product.ts';
import { readProduct } from '../products/product-store.ts';
import type { Table } from '../table/table.ts';
import type { Service } from './service.ts';

/** Whether the service's product decides its tax. */
export function isTaxedByProduct({ productId, taxRate }: Service): boolean {
  return productId !== null && taxRate === null;
}

/** The class that a service is taxed by: its product's, or the one that it was ordered with where that is gone. */
export function taxClassAmong(products: readonly Product[], { productId, taxClass }: Service): string | null {
  const product = products.find(({ id }) => id === productId);
  return (product ? product.taxClass : taxClass) ?? null;
}

export async function taxClassOf(table: Table, service: Service): Promise<string | null> {
  const product = service.productId === null ? undefined : await readProduct(table, service.productId);
  return taxClassAmong(product ? [product] : [], service);
}
