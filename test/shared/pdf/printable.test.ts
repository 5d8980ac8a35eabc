import { describe, expect, test } from 'vitest';
import ranges from '../../../shared/pdf/printable-ranges.json' with { type: 'json' };
import { isPrintableImage, lettersWithoutForm } from '../../../shared/pdf/printable.ts';
import { fontCoverage } from './font-coverage.ts';
import { plainPng } from './make-png.ts';

test('the letters that documents can show are those of both fonts (else renew the file with what is expected)', () => {
  expect(ranges).toEqual(fontCoverage());
});

describe('a text', () => {
  test.each(['Łódź, Ελλάδα, Україна', 'Straße № 12 €', 'a\nb\tc', 'Z\u0301', ''])(
    'such as %j can be shown',
    (text) => {
      expect(lettersWithoutForm(text)).toEqual([]);
    },
  );

  test.each([
    ['ホスティング', 'ホスティング'],
    ['漢漢字', '漢字'],
    ['Hosting שלום', 'שלום'],
    ['سلام', 'سلام'],
    ['क', 'क'],
  ])('%s cannot, for these letters', (text, letters) => {
    expect(lettersWithoutForm(text).join('')).toBe(letters);
  });
});

describe('an image', () => {
  const frame = (bits: number, height: number, width: number, channels = 3) =>
    Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2, 0xff, 0xc2, 0, 17, bits, 0, height, 0, width, channels, 0, 0]);

  test.each([
    ['a PNG', plainPng(30, 10)],
    ['a JPEG', frame(8, 3, 4)],
  ])('can be %s', (_, bytes) => expect(isPrintableImage(bytes)).toBe(true));

  test.each([
    ['a PNG that ends early', plainPng(30, 10).subarray(0, 50)],
    ['a PNG of a size that nobody prints', Buffer.from(plainPng(30, 10)).fill(0xff, 16, 20)],
    ['a JPEG of twelve bits', frame(12, 3, 4)],
    ['a JPEG without a height', frame(8, 0, 4)],
    ['a JPEG of two channels', frame(8, 3, 4, 2)],
    ['a JPEG without a frame', frame(8, 3, 4).subarray(0, 8)],
    ['something else', Buffer.from('GIF89a')],
    ['nothing', Buffer.alloc(0)],
  ])('cannot be %s', (_, bytes) => expect(isPrintableImage(bytes)).toBe(false));
});
