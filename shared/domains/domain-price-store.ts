import { type Action, type Table } from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { stripped } from '../table/page.ts';
import type { DomainPrice } from './domain-price.ts';

const partition = (tld: string) => `DOMAIN-PRICES#${tld}`;

/** The prices of TLDs, current and future. */
export function domainPriceStore(table: Table) {
  return {
    async ofTld(tld: string): Promise<DomainPrice[]> {
      const { items } = await table.query({ pk: partition(tld), limit: 100 });
      return items.map((item) => stripped<DomainPrice>(item)!);
    },
    /** Prices by TLD; each TLD is read once. */
    async ofTlds(tlds: readonly string[]): Promise<Map<string, DomainPrice[]>> {
      const distinct = [...new Set(tlds)];
      const found = await Promise.all(distinct.map((tld) => this.ofTld(tld)));
      return new Map(distinct.map((tld, index) => [tld, found[index]!]));
    },
  };
}

export type DomainPriceStore = ReturnType<typeof domainPriceStore>;

export function domainPriceRow(price: DomainPrice): Action {
  return merged({ ...price, pk: partition(price.tld), sk: `FROM#${price.from ?? '0000-00-00'}` });
}
