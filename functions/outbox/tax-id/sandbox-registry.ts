import type { TaxIdRegistry } from '../../../shared/accounts/tax-id/tax-id-check.ts';

/** Stands in for the registry on one machine: it does not know what ends in 00, and does not answer for what ends in 99. */
export const sandboxRegistry: TaxIdRegistry = {
  async check({ prefix, number }) {
    if (number.endsWith('99')) return { state: 'unknown' };
    if (number.endsWith('00')) return { state: 'invalid' };
    return { state: 'valid', answer: { requestIdentifier: `SANDBOX-${prefix}${number}` } };
  },
};
