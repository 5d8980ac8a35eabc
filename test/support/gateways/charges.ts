import type { Charge } from '../../../shared/payments/gateways/gateway.ts';

let serial = 0;

/** A charge that no gateway has heard of. */
export function newCharge(amount = { amount: 12050, currency: 'GBP' }): Charge {
  serial += 1;
  return {
    key: `mpay_${serial}`,
    accountId: 'acct_1',
    amount,
    description: 'Invoices 1001, 1002',
    returnUrl: 'https://portal.test/payments/return?massPayment=1',
  };
}
