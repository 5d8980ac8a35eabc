import type { Address } from '../../accounts/people.ts';
import type { Language } from '../../language/languages.ts';

/** Who sells, as a document says it for ever (EN 16931, BG-4). */
export interface Seller {
  name: string;
  /** As lines. */
  address: string[];
  taxId: string | null;
  /** Bank details, terms: at the foot of each page. */
  footer: string | null;
  /** The name of the logo's row; null for none. */
  logo: string | null;
}

/** Who buys (EN 16931, BG-7). */
export interface Buyer {
  name: string;
  address: Address;
  taxId: string | null;
}

/** What a document is given with its number, besides its amounts: nothing changes it afterwards. */
export interface Parties {
  seller: Seller;
  buyer: Buyer;
  language: Language;
}
