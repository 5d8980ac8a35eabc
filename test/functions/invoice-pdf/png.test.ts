import { createRequire } from 'node:module';
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePng } from '../../../functions/invoice-pdf/png.ts';
import { makePng, plainPng } from './make-png.ts';

interface Rgba {
  data: Uint8Array;
  alpha: boolean;
}

const { PNG } = createRequire(import.meta.url)('pngjs') as {
  PNG: { sync: { read(png: Buffer): Rgba } };
};

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

/** Every kind of PNG with the depths and the samples a pixel that it may have. */
const kinds = [
  { kind: 0, channels: 1, depths: [1, 2, 4, 8, 16] },
  { kind: 2, channels: 3, depths: [8, 16] },
  { kind: 3, channels: 1, depths: [1, 2, 4, 8] },
  { kind: 4, channels: 2, depths: [8, 16] },
  { kind: 6, channels: 4, depths: [8, 16] },
].flatMap(({ depths, ...kind }) => depths.map((depth) => ({ ...kind, depth })));

const onePass = [[0, 0, 1, 1]] as const;
const sevenPasses = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

const anyPng = fc
  .record({
    form: fc.constantFrom(...kinds),
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    interlaced: fc.boolean(),
    transparent: fc.boolean(),
    // Few different bytes, so that the transparent colour is met.
    bytes: fc.array(fc.constantFrom(0, 1, 127, 255, 202), { minLength: 64, maxLength: 64 }),
  })
  .map(({ form: { kind, channels, depth }, width, height, interlaced, transparent, bytes }) => {
    const byteAt = (at: number) => bytes[(at * 7 + (at >> 6)) % bytes.length]!;
    let made = 0;
    const lines = (interlaced ? sevenPasses : onePass).flatMap(([x, y, stepX, stepY]) => {
      const columns = Math.ceil((width - x) / stepX);
      const rows = columns > 0 ? Math.ceil((height - y) / stepY) : 0;
      const length = Math.ceil((columns * channels * depth) / 8);
      return Array.from({ length: Math.max(rows, 0) }, (_, row) => [
        (row + made) % 5,
        ...Array.from({ length }, () => byteAt(made++)),
      ]);
    });
    const palette = kind === 3 ? Array.from({ length: 3 << depth }, (_, at) => byteAt(at)) : [];
    const most = (1 << depth) - 1;
    const sample = byteAt(0) & most;
    const transparency =
      kind === 3 ? [0, 99] : Array.from({ length: channels }, () => [sample >> 8, sample]).flat();
    return makePng({
      width,
      height,
      depth,
      kind,
      interlaced,
      lines,
      ...(kind === 3 && { palette }),
      ...(transparent && kind < 4 && { transparency }),
    });
  });

test('any PNG of any kind is the same as pngjs reads it', () => {
  fc.assert(
    fc.property(anyPng, (png) => {
      const { width, height, colors, opacity } = decodePng(png);
      const theirs = PNG.sync.read(png);
      expect(opacity !== null).toBe(theirs.alpha);
      // A pixel that is not seen may have any colour.
      const pixels = Array.from({ length: width * height }, (_, at) =>
        opacity?.[at] === 0 ? [0] : [...colors.subarray(at * 3, at * 3 + 3), opacity?.[at] ?? 255],
      );
      const expected = Array.from({ length: width * height }, (_, at) =>
        theirs.data[at * 4 + 3] === 0 ? [0] : [...theirs.data.subarray(at * 4, at * 4 + 4)],
      );
      expect(pixels).toEqual(expected);
    }),
    { numRuns: 300 },
  );
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
    ['half a line', makePng({ width: 2, height: 2, depth: 8, kind: 2, lines: [line(0, 6), line(0, 2)] })],
    [
      'data that is not packed',
      makePng({ width: 1, height: 1, depth: 8, kind: 0, packed: Buffer.alloc(9, 0xee) }),
    ],
    ['too few lines', makePng({ width: 2, height: 2, depth: 8, kind: 2, lines: [line(0, 6)] })],
    ['lines without end', makePng({ width: 1, height: 1, depth: 8, kind: 0, lines: [line(0, 9_000)] })],
    ['an unknown filter', makePng({ width: 2, height: 1, depth: 8, kind: 2, lines: [line(5, 6)] })],
  ])('%s', (_, bytes) => {
    expect(() => decodePng(bytes)).toThrow();
  });
});

describe('what is small and says that it is large', () => {
  const megabytes = 75;
  const packed = deflateSync(Buffer.alloc(megabytes * 1_000_000));
  const size = { depth: 8, kind: 0, packed };

  test.each([
    ['has more pixels than are printed', makePng({ ...size, width: 30_000, height: 30_000 })],
    ['goes on after its last line', makePng({ ...size, width: 1, height: 1 })],
    ['goes on after its last pass', makePng({ ...size, width: 1, height: 1, interlaced: true })],
  ])('is refused before it takes memory where it %s', (_, png) => {
    expect(png.length).toBeLessThan(100_000);
    const { arrayBuffers } = process.memoryUsage();
    expect(() => decodePng(png)).toThrow(/Not a size that is printed|larger than/);
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1_000_000);
  });
});
