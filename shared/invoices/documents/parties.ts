import { createHash } from 'node:crypto';
import type { Account, Address } from '../../accounts/people.ts';
import { firstSpoken } from '../../language/choose.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Parties } from './party.ts';

export type ProviderSettings = Pick<
  Settings,
  'provider.name' | 'provider.address' | 'provider.taxId' | 'provider.invoiceFooter' | 'provider.logo'
>;

/** The parties as they are now. `providerName`: the portal's, where no other is set for documents. */
export function partiesOf(
  account: Pick<Account, 'name' | 'address' | 'taxId' | 'language'>,
  settings: ProviderSettings,
  providerName: string,
): Parties {
  const { name, address, taxId, language } = account;
  return {
    seller: {
      name: settings['provider.name'] || providerName,
      address: settings['provider.address'].split('\n').filter((line) => line.trim() !== ''),
      taxId: settings['provider.taxId'] || null,
      footer: settings['provider.invoiceFooter'] || null,
      logo: settings['provider.logo'] === '' ? null : logoId(settings['provider.logo']),
    },
    buyer: { name, address, taxId },
    language: firstSpoken(language),
  };
}

/** A logo's row is named by its content, so that a document keeps the one it was given. */
export function logoId(dataUrl: string): string {
  return createHash('sha256').update(dataUrl).digest('base64url');
}

/** An address in the order in which it is written. */
export function addressLines({ line1, line2, postcode, city, region, country }: Address): string[] {
  const town = [postcode, city].filter(Boolean).join(' ');
  return [line1, line2, town, region, country].filter((line): line is string => Boolean(line));
}
