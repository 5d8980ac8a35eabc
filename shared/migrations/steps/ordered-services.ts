import { newVersion } from '../../core/ids.ts';
import { readProduct } from '../../products/product-store.ts';
import { readSettings } from '../../settings/settings.ts';
import { equals } from '../../table/table.ts';
import type { Migration } from '../migration.ts';

/**
 * A service that was ordered got the default rate of tax as one of its own, which the rules of tax would never change. It
 * has none of its own any more where its product has none, and pays the same until there are rules.
 */
export const orderedServices: Migration = {
  version: 3,
  name: 'ordered-services',
  async row({ table }, row) {
    const { pk, sk, productId, orderId, taxRate } = row;
    if (!pk.startsWith('ACCOUNT#') || !sk.startsWith('SERVICE#')) return [];
    if (typeof productId !== 'string' || typeof orderId !== 'string' || typeof taxRate !== 'string')
      return [];
    const [product, { settings }] = await Promise.all([readProduct(table, productId), readSettings(table)]);
    if (!product || product.taxRate !== null || taxRate !== settings['invoices.defaultTaxRate']) return [];
    const set = { taxRate: null, version: newVersion() };
    return [{ update: { pk, sk }, set, when: equals({ version: String(row['version']) }) }];
  },
};
