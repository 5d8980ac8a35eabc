import { describe, expect, test } from 'vitest';
import { faultOfLine, faultOfName, plainLine, plainName } from '../../../shared/core/plain-text.ts';

const deceptive = ['\u202e', '\u2066', '\u200b', '\u2060', '\ufeff', '\u061c', '\u200f', '\ufff9'];
const controls = ['\0', '\n', '\r', '\t', '\u007f', '\u0085', '\u2028', '\u2029'];

describe('a line', () => {
  test.each([...deceptive, ...controls])('has no %j', (character) => {
    expect(faultOfLine(`Jane${character}Owner`)).not.toBeNull();
  });

  test.each([
    'Booking.com renewal: see https://shop.test',
    '👩‍👩‍👧 and ☕️',
    'می‌خواهم',
    'Ünïcode “quoted” – and more',
  ])('may be %j', (text) => {
    expect(faultOfLine(text)).toBeNull();
    expect(plainLine(text, 200)).toBe(text);
  });

  test.each([
    ['a\r\nBcc: b@evil.test', 'a Bcc: b@evil.test'],
    ['in\u202evoice\u200b', 'invoice'],
    [' \ufeff \u2066', ''],
    ['x'.repeat(300), 'x'.repeat(200)],
  ])('by mail as %j is %j', (text, plain) => {
    expect(plainLine(text, 200)).toBe(plain);
    expect(faultOfLine(plain)).toBeNull();
  });
});

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
    ['Jane https://evil.shop/win', 'Jane'],
    ['Jane (evil.shop)', 'Jane'],
    ['www.evil.shop', ''],
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
  });
});
