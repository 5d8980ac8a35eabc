import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePng } from '../../../shared/pdf/png.ts';
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

/** What the filter expects of a byte, by those to the left of it, above it, and above the left one. */
function predicted(filter: number, left: number, up: number, upLeft: number): number {
  const nearer = (best: number, other: number) =>
    Math.abs(left + up - upLeft - other) < Math.abs(left + up - upLeft - best) ? other : best;
  return [0, left, up, Math.floor((left + up) / 2), [left, up, upLeft].reduce(nearer)][filter]!;
}

/** A line as it stands in the file, with its filter before it. */
function filtered(filter: number, line: number[], above: number[], pixelBytes: number): number[] {
  const differences = line.map((byte, at) => {
    const [left, up, upLeft] = [line[at - pixelBytes] ?? 0, above[at] ?? 0, above[at - pixelBytes] ?? 0];
    return (byte - predicted(filter, left, up, upLeft)) & 255;
  });
  return [filter, ...differences];
}

function packed(samples: number[], depth: number): number[] {
  const bits = samples.map((sample) => sample.toString(2).padStart(depth, '0')).join('');
  return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

/** A PNG, and what is to be seen of it. */
const anyPng = fc
  .record({
    form: fc.constantFrom(...kinds),
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    interlaced: fc.boolean(),
    transparent: fc.boolean(),
    // Few different values, so that the transparent colour is met.
    values: fc.array(fc.constantFrom(0, 1, 127, 255, 202, 65_535, 51_966), { minLength: 64, maxLength: 64 }),
  })
  .map(({ form: { kind, channels, depth }, width, height, interlaced, transparent, values }) => {
    const most = 2 ** depth - 1;
    const valueAt = (at: number) => values[(at * 7 + (at >> 6)) % values.length]! & most;
    const pixelAt = (x: number, y: number) =>
      Array.from({ length: channels }, (_, channel) => valueAt((y * width + x) * channels + channel));
    let made = 0;
    const lines = (interlaced ? sevenPasses : onePass).flatMap(([x, y, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - x) / stepX));
      const rows = columns > 0 ? Math.max(0, Math.ceil((height - y) / stepY)) : 0;
      let above: number[] = [];
      return Array.from({ length: rows }, (_, row) => {
        const pixels = Array.from({ length: columns }, (_, column) =>
          pixelAt(x + column * stepX, y + row * stepY),
        );
        const line = packed(pixels.flat(), depth);
        const differences = filtered(made++ % 5, line, above, Math.max(1, (channels * depth) / 8));
        above = line;
        return differences;
      });
    });
    const palette = kind === 3 ? Array.from({ length: 3 << depth }, (_, at) => valueAt(at) % 256) : null;
    const clear = pixelAt(0, 0);
    const opacities = [0, 99];
    const transparency = palette ? opacities : packed(clear, 16);
    const isTransparent = transparent && kind < 4;

    const inByte = (sample: number) => Math.round((sample * 255) / most);
    const seen = Array.from({ length: width * height }, (_, at) => {
      const pixel = pixelAt(at % width, Math.floor(at / width));
      const [first = 0] = pixel;
      if (palette) return [...palette.slice(first * 3, first * 3 + 3), opacities[first] ?? 255];
      const isClear = isTransparent && String(pixel) === String(clear);
      const own = kind < 4 ? (isClear ? 0 : 255) : inByte(pixel.at(-1)!);
      return [...(channels < 3 ? grey(first) : pixel.slice(0, 3)).map(inByte), own];
    });
    const png = makePng({
      width,
      height,
      depth,
      kind,
      interlaced,
      lines,
      ...(palette && { palette }),
      ...(isTransparent && { transparency }),
    });
    const colors = seen.flatMap((pixel) => pixel.slice(0, 3));
    return { png, colors, opacity: isTransparent || kind > 3 ? seen.map((pixel) => pixel[3]) : null };
  });

test('any PNG of any kind shows the pixels that it was made of', () => {
  fc.assert(
    fc.property(anyPng, ({ png, colors, opacity }) => {
      expect(decoded(png)).toEqual({ colors, opacity });
    }),
    { numRuns: 300 },
  );
});

describe('a PNG is the same', () => {
  const parts = { width: 2, height: 1, depth: 2, kind: 3, palette: [...blue, ...red] };
  const lines = [[0, 0b01_11_0000]];
  const png = makePng({ ...parts, lines });
  const expected = { colors: [...red, ...grey(0)], opacity: null };
  const wrongSums = Buffer.from(png);
  wrongSums.writeUInt32BE(7, 29);
  wrongSums.writeUInt32BE(7, png.length - 4);
  const afterLines = Buffer.concat([deflateSync(Buffer.from(lines.flat())), Buffer.alloc(20, 0xee)]);
  const named = (name: string) => {
    const other = Buffer.from('0000name1234');
    other.writeUInt32BE(0);
    other.write(name, 4);
    return Buffer.concat([png.subarray(0, 33), other, png.subarray(33)]);
  };

  test.each([
    ['with an index that is not in its palette', png],
    ['with checksums that are wrong', wrongSums],
    ['with bytes after its end', Buffer.concat([png, Buffer.alloc(20, 0xee)])],
    ['with bytes after its lines', makePng({ ...parts, packed: afterLines })],
    ['with a chunk that nobody needs', named('iCCP')],
    ['with a chunk that nobody knows', named('ABCD')],
    ['with a second header', named('IHDR')],
  ])('%s', (_, bytes) => {
    expect(decoded(bytes)).toEqual(expected);
  });
});

test('a PNG without the palette that it needs is black', () => {
  const png = makePng({ width: 2, height: 1, depth: 2, kind: 3, lines: [[0, 0b01_11_0000]] });
  expect(decoded(png)).toEqual({ colors: [...grey(0), ...grey(0)], opacity: null });
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
    ['has more lines than are printed', makePng({ ...size, width: 1, height: 4_000_000 })],
    ['goes on after its last line', makePng({ ...size, width: 1, height: 1 })],
    ['goes on after its last pass', makePng({ ...size, width: 1, height: 1, interlaced: true })],
  ])('is refused before it takes memory where it %s', (_, png) => {
    expect(png.length).toBeLessThan(100_000);
    const { arrayBuffers } = process.memoryUsage();
    expect(() => decodePng(png)).toThrow(/Not a size that is printed|larger than/);
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1_000_000);
  });
});
