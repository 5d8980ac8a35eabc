import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultOfName, plainName } from '../../../shared/core/plain-name.ts';

const deceptive = ['\u202e', '\u2066', '\u200b', '\u2060', '\ufeff', '\u061c', '\u200f', '\ufff9'];
const controls = ['\0', '\n', '\r', '\t', '\u007f', '\u0085', '\u2028', '\u2029'];

describe('a name', () => {
  test.each([...deceptive, ...controls, '\u200d', '\u00ad', '\u3164'])('has no %j', (character) => {
    expect(faultOfName(`Jane${character}Owner`)).not.toBeNull();
    expect(faultOfName(plainName(`Jane${character}Owner`, 120))).toBeNull();
  });

  test.each(['Jane Owner', 'Dr.Newton', 'J. R. Owner', 'Ünal Ö.', '王小明', 'jane@people.test', "O'Neil"])(
    'may be %j',
    (name) => {
      expect(faultOfName(name)).toBeNull();
      expect(plainName(name, 120)).toBe(name);
    },
  );

  test.each([
    'J.SMITH',
    'J.Green',
    'Dr.No',
    'Dr.Müller',
    'Mr.Smith',
    'Prof.Dr.Kim',
    'St.Petersburg Ltd',
    'A.B. Holding',
    'S.p.A. Roma',
    'Müller GmbH & Co.KG',
    'ACME CO.LTD',
    'Ph.D. Jane',
    'U.S.A. Imports',
    '王.小明',
    'Weiß, Groß & Co.',
    'Version 2.0 Ltd',
    'Jane.Doe@People.Test',
  ])('may be %j, short as it is', (name) => {
    expect(faultOfName(name)).toBeNull();
  });

  test.each([
    'Visit EVIL.COM/LOGIN',
    'WWW.EVIL.COM',
    'WWW.EVIL',
    'Evil.Com',
    'Pay at EVIL.SHOP',
    'HTTPS:EVIL.COM',
    'Evil.Co.Uk',
    '例え.中国',
    '例え。中国',
    'مثال.مصر',
    'EVIL.РФ',
    'EVIL.XN--FIQS8S',
    'evil.com?login@portal',
    'EVIL.COM#@portal.test',
    'EVIL.COM@portal',
    'T.Me/evil',
    'Dr.No:8080',
    'Pay_Me.Com',
    'Dr.Com',
    'X.COM',
    'J.KIM',
    'EVIL.COM.',
  ])('is not %j', (name) => {
    expect(faultOfName(name)).toBe('must not be a web address');
    expect(faultOfName(`Jane ${name}`)).not.toBeNull();
    expect(faultOfName(`Jane (${name})`)).not.toBeNull();
  });

  test('is no host of any case', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'e', 'g', 'k', 'o', 's', 't', 'z'),
      minLength: 4,
      maxLength: 8,
    });
    const ends = fc.constantFrom('com', 'net', 'shop', 'co.uk', 'de', 'kim', 'green', 'рф', 'москва', '中国');
    const host = fc.tuple(letters, ends).map(([label, end]) => `${label}.${end}`);
    const inAnyCase = host.chain((text) =>
      fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((large) =>
        Array.from(text)
          .map((sign, nth) => (large[nth] ? sign.toUpperCase() : sign))
          .join(''),
      ),
    );
    fc.assert(
      fc.property(inAnyCase, fc.constantFrom('', 'Visit ', 'HTTPS:', '('), (text, before) => {
        expect(faultOfName(before + text)).not.toBeNull();
        expect(plainName(`${before}${text}`, 120)).not.toContain('.');
      }),
    );
  });

  test.each([
    ['Jane https://evil.shop/win', 'Jane'],
    ['Jane (evil.shop)', 'Jane'],
    ['www.evil.shop', ''],
    ['Jane of EVIL.COM', 'Jane of'],
    ['Win at ｅｖｉｌ．ｓｈｏｐ now', 'Win at now'],
    ['call 10.0.0.1', 'call'],
    ['support@bank.test via evil.shop', 'via'],
    ['Jane\u202e\u200bOwner\r\nAdmin', 'JaneOwner Admin'],
    ['e\u200bvil.shop', ''],
    ['\u200b', ''],
    [`Jane ${'x'.repeat(200)}`, `Jane ${'x'.repeat(115)}`],
  ])('by mail as %j is %j', (given, name) => {
    expect(plainName(given, 120)).toBe(name);
    expect(name === '' ? null : faultOfName(name)).toBeNull();
  });

  test('of many words is made plain in a moment', () => {
    expect(plainName('evil.shop '.repeat(1_000_000), 120)).toBe('');
    expect(faultOfName('a'.repeat(1_000_000))).toBeNull();
    expect(faultOfName('A.'.repeat(500_000))).toBeNull();
  });
});
