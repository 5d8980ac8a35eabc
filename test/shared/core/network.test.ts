import { describe, expect, test } from 'vitest';
import { isNetwork, isWithin } from '../../../shared/core/network.ts';

describe('a network', () => {
  test.each(['192.0.2.0/24', '192.0.2.7/32', '0.0.0.0/0', '10.1.2.3/8', '2001:db8::/32', '::1/128', '::/0'])(
    'is %s',
    (text) => {
      expect(isNetwork(text)).toBe(true);
    },
  );

  test.each([
    '',
    '/',
    '192.0.2.0',
    '192.0.2.0/',
    '/24',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/024',
    '192.0.2/24',
    '192.0.2.0/24/24',
    '192.0.2.0 /24',
    '192.0.2.0/24 ',
    '192.0.2.256/24',
    '2001:db8::/129',
    '2001:db8::',
    'x/8',
    '192.0.2.0/255.255.255.0',
    '192.0.2.0/1e1',
    'fe80::1%eth0',
  ])('is not %j', (text) => {
    expect(isNetwork(text)).toBe(false);
  });
});

describe('an address lies in a network', () => {
  const networks = ['192.0.2.0/24', '2001:db8:1::/48'];

  test.each(['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.9', '2001:db8:1::25', '2001:DB8:1:ffff::1'])(
    '%s does',
    (address) => {
      expect(isWithin(address, networks)).toBe(true);
    },
  );

  test.each(['192.0.3.0', '2001:db8:2::1', '', 'mx.acme.test', '192.0.2', '192.0.2.1/32'])(
    '%j does not',
    (address) => {
      expect(isWithin(address, networks)).toBe(false);
      expect(isWithin('192.0.2.1', [])).toBe(false);
    },
  );
});
