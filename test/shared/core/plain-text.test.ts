import { describe, expect, test } from 'vitest';
import { faultOfLine, plainLine } from '../../../shared/core/plain-text.ts';

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
