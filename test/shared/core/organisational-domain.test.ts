import { describe, expect, test } from 'vitest';
import { areAligned, organisationalDomain } from '../../../shared/core/organisational-domain.ts';

describe('the organisational domain', () => {
  test.each([
    ['acme.test', 'acme.test'],
    ['Mail.ACME.test', 'acme.test'],
    ['a.b.acme.co.uk', 'acme.co.uk'],
    ['acme.co.uk', 'acme.co.uk'],
    ['jane.github.io', 'jane.github.io'],
    ['shop.jane.github.io', 'jane.github.io'],
    ['xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
    ['_spf.acme.test', 'acme.test'],
  ])('of %s is %s', (domain, organisational) => {
    expect(organisationalDomain(domain)).toBe(organisational);
  });

  test.each([
    'co.uk',
    'github.io',
    'test',
    'localhost',
    '',
    '.',
    '192.0.2.1',
    '[192.0.2.1]',
    '[IPv6:2001:db8::1]',
    'acme.test.',
    '.acme.test',
    'a..test',
    'münchen.de',
    'acme.test/x',
    'jane@acme.test',
    'acme .test',
    '-acme.test',
    'acme-.test',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(130)}test`,
    'acme.test\n',
  ])('there is none of %j', (text) => {
    expect(organisationalDomain(text)).toBeNull();
  });
});

describe('two domains are aligned', () => {
  test('where one stands beneath the other, or both beneath the same', () => {
    expect(areAligned('acme.test', 'mail.acme.test')).toBe(true);
    expect(areAligned('bounce.acme.co.uk', 'mail.acme.co.uk')).toBe(true);
    expect(areAligned('acme.test', 'ACME.test')).toBe(true);
  });

  test('and not by an end that looks alike, nor by what the public or a hosting company’s customers share', () => {
    expect(areAligned('acme.test', 'notacme.test')).toBe(false);
    expect(areAligned('acme.test', 'acme.test.evil.test')).toBe(false);
    expect(areAligned('acme.co.uk', 'evil.co.uk')).toBe(false);
    expect(areAligned('jane.github.io', 'evil.github.io')).toBe(false);
    expect(areAligned('github.io', 'github.io')).toBe(false);
    expect(areAligned('', '')).toBe(false);
  });
});
