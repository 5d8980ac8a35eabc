import { expect, test } from 'vitest';
import { configuredGateways } from '../../../../shared/payments/gateways/configured-gateways.ts';

const gateways = configuredGateways({
  names: 'stripe,paypal,bank-transfer',
  secrets: () => Promise.reject(new Error('What is offered needs no secrets')),
  sandboxUrl: '',
  bankInstructions: async () => '',
});

test.each([
  ['an amount that both take', 30, 'GBP', ['stripe', 'paypal']],
  ['less than Stripe charges', 29, 'GBP', ['paypal']],
  ['more than Stripe charges', 100_000_000, 'GBP', ['paypal']],
  ['yen, which have no decimals', 50, 'JPY', ['stripe', 'paypal']],
  ['fewer yen than Stripe charges', 49, 'JPY', ['paypal']],
  ['dinars, of whose three decimals Stripe takes two', 1230, 'KWD', ['stripe']],
  ['a dinar’s last decimal', 1234, 'KWD', []],
  ['forints, which PayPal takes whole', 20_000, 'HUF', ['stripe', 'paypal']],
  ['a part of a forint', 20_050, 'HUF', ['stripe']],
  ['a currency that neither has', 1000, 'UYW', []],
])('%s: what cannot take it exactly is not offered', async (_, amount, currency, expected) => {
  const offered = (await gateways.methods({ amount, currency })).map(({ id }) => id);
  expect(offered).toEqual([...expected, 'bank-transfer']);
});
