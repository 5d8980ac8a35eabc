import { describe, expect, test } from 'vitest';
import { decodePng } from '../../functions/invoice-pdf/png.ts';
import { makePng, plainPng } from './make-png.ts';

const red = [255, 0, 0];
const blue = [0, 0, 255];
const grey = (value: number) => [value, value, value];

function decoded(png: Buffer): { colors: number[]; opacity: number[] | null } {
  const { colors, opacity } = decodePng(png);
  return { colors: [...colors], opacity: opacity && [...opacity] };
}

describe('a PNG is decoded', () => {
  test.each([
    ['none', [0, ...red, 7, 8, 9], [...red, 7, 8, 9]],
    ['left', [1, ...red, 1, 2, 3], [...red, 0, 2, 3]],
    ['up', [2, 1, 2, 3, 4, 5, 6], [11, 22, 33, 44, 55, 66]],
    ['average', [3, 1, 2, 3, 4, 5, 6], [6, 12, 18, 27, 36, 45]],
    ['Paeth', [4, 1, 2, 3, 4, 5, 6], [11, 22, 33, 44, 55, 66]],
  ])('with the filter %s', (_, line, expected) => {
    const above = [10, 20, 30, 40, 50, 60];
    const png = makePng({ width: 2, height: 2, depth: 8, kind: 2, lines: [[0, ...above], line] });
    expect(decoded(png)).toEqual({ colors: [...above, ...expected], opacity: null });
  });

  test('in grey of every depth', () => {
    const oneLine = (width: number, depth: number, bytes: number[]) =>
      decoded(makePng({ width, height: 1, depth, kind: 0, lines: [[0, ...bytes]] })).colors;
    expect(oneLine(3, 1, [0b10100000])).toEqual([255, 0, 255].flatMap(grey));
    expect(oneLine(4, 2, [0b00011011])).toEqual([0, 85, 170, 255].flatMap(grey));
    expect(oneLine(3, 4, [0x0f, 0x80])).toEqual([0, 255, 136].flatMap(grey));
    expect(oneLine(2, 16, [0xff, 0xff, 0x80, 0x00])).toEqual([255, 128].flatMap(grey));
  });

  test('from a palette of few bits, whose first colour is transparent and whose last is not', () => {
    const png = makePng({
      width: 3,
      height: 1,
      depth: 2,
      kind: 3,
      palette: [...blue, ...red, ...grey(1), ...grey(2)],
      transparency: [0],
      lines: [[0, 0b00_01_11_00]],
    });
    expect(decoded(png)).toEqual({ colors: [...blue, ...red, ...grey(2)], opacity: [0, 255, 255] });
  });

  test('with one transparent colour', () => {
    const lines = [[0, ...red, ...blue]];
    const png = makePng({
      width: 2,
      height: 1,
      depth: 8,
      kind: 2,
      lines,
      transparency: [0, 255, 0, 0, 0, 0],
    });
    expect(decoded(png)).toEqual({ colors: [...red, ...blue], opacity: [0, 255] });
  });

  test('with an opacity of its own, in grey and in colours', () => {
    const inGrey = makePng({ width: 2, height: 1, depth: 8, kind: 4, lines: [[0, 9, 20, 8, 255]] });
    expect(decoded(inGrey)).toEqual({ colors: [...grey(9), ...grey(8)], opacity: [20, 255] });
    expect(decoded(plainPng(1, 1))).toEqual({ colors: [30, 90, 200], opacity: [191] });
  });

  test('interlaced', () => {
    // Passes 1, 4, 5, 6 and 7: the others have no pixel in an image this small.
    const lines = [
      [0, 1],
      [0, 3],
      [0, 7, 9],
      [0, 2],
      [0, 8],
      [0, 4, 5, 6],
    ];
    const png = makePng({ width: 3, height: 3, depth: 8, kind: 0, interlaced: true, lines });
    expect(decoded(png).colors).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap(grey));
  });
});

describe('what is no whole PNG is refused:', () => {
  const good = plainPng(20, 20);
  const changed = (at: number, value: number) => {
    const png = Buffer.from(good);
    png[at] = value;
    return png;
  };
  const line = (filter: number, length: number) => [filter, ...Array.from({ length }, () => 0)];

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is no image, but long enough to be one')],
    ['its beginning alone', good.subarray(0, 60)],
    ['no end', good.subarray(0, -12)],
    ['broken data', changed(60, good[60]! ^ 0xff)],
    ['a depth that there is not', changed(24, 3)],
    ['a kind that there is not', changed(25, 5)],
    ['no size', Buffer.concat([good.subarray(0, 16), Buffer.alloc(4), good.subarray(20)])],
    [
      'more pixels than memory',
      Buffer.concat([good.subarray(0, 16), Buffer.alloc(8, 0x7f), good.subarray(24)]),
    ],
    ['too few lines', makePng({ width: 2, height: 2, depth: 8, kind: 2, lines: [line(0, 6)] })],
    ['lines without end', makePng({ width: 1, height: 1, depth: 8, kind: 0, lines: [line(0, 9_000)] })],
    ['an unknown filter', makePng({ width: 2, height: 1, depth: 8, kind: 2, lines: [line(5, 6)] })],
  ])('%s', (_, bytes) => {
    expect(() => decodePng(bytes)).toThrow();
  });
});
