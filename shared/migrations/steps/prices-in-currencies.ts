import { domainPriceInCurrencies } from '../../domains/domain-price-store.ts';
import { productInCurrencies } from '../../products/product-store.ts';
import type { Migration } from '../migration.ts';

/** Products and TLDs from before several currencies have their prices by currency too. */
export const pricesInCurrencies: Migration = {
  version: 4,
  name: 'prices-in-currencies',
  async row(_, row) {
    return [...productInCurrencies(row), ...domainPriceInCurrencies(row)];
  },
};
