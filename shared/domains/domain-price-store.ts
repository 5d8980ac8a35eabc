import { type Action, type Item, present, type Table } from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { stripped } from '../table/page.ts';
import type { CurrencyPrice, DomainPrice } from './domain-price.ts';

const prefix = 'DOMAIN-PRICES#';
const partition = (tld: string) => `${prefix}${tld}`;

/** A row as releases before several currencies wrote it, and still read it: prices in one of them. */
type SingleCurrency = CurrencyPrice & { currency: string };

type DomainPriceRow = Omit<DomainPrice, 'prices'> & SingleCurrency & { prices?: DomainPrice['prices'] };

/** The prices of TLDs, current and future. */
export function domainPriceStore(table: Table) {
  return {
    async ofTld(tld: string): Promise<DomainPrice[]> {
      const { items } = await table.query({ pk: partition(tld), limit: 100 });
      return items.map(domainPriceOf);
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

/** What the release before says of its currency counts: it may have written last. */
function domainPriceOf(item: Item): DomainPrice {
  const { currency, years, graceFee, redemptionFee, prices, ...terms } = stripped<DomainPriceRow>(item)!;
  return { ...terms, prices: { ...prices, [currency]: { years, graceFee, redemptionFee } } };
}

/** The row of a price, in at least one currency. */
export function domainPriceRow({ prices, ...terms }: DomainPrice): Action {
  const [currency, first] = Object.entries(prices)[0]!;
  const before: SingleCurrency = { currency, ...first };
  return merged({
    ...terms,
    ...before,
    prices,
    pk: partition(terms.tld),
    sk: `FROM#${terms.from ?? '0000-00-00'}`,
  });
}

/** What a row from before several currencies lacks; nothing for any other. */
export function domainPriceInCurrencies(row: Item): Action[] {
  const { pk, sk } = row;
  if (!pk.startsWith(prefix) || row['prices'] !== undefined) return [];
  return [{ update: { pk, sk }, set: { prices: domainPriceOf(row).prices }, when: present }];
}
