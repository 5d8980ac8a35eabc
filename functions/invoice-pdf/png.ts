import { inflateSync } from 'node:zlib';

/** Pixels as a PDF takes them: eight bits for each of red, green and blue, and how opaque they are beside. */
export interface Pixels {
  width: number;
  height: number;
  colors: Uint8Array;
  /** Null where every pixel is opaque. */
  opacity: Uint8Array | null;
}

/** More than any printed logo has; what says that it is larger would only fill the memory. */
const mostPixels = 4_000_000;

interface Png {
  width: number;
  height: number;
  depth: number;
  /** Samples a pixel: an index into the palette, or grey or red, green and blue, with opacity or without. */
  channels: number;
  hasOpacity: boolean;
  palette: Uint8Array | null;
  /** What the palette's colours are in opacity, or the one colour that is transparent. */
  transparency: Uint8Array | null;
  interlaced: boolean;
  packed: Uint8Array;
}

const channelsOf = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** Where each of the seven passes begins and how far apart its pixels are: x, y, step in x, step in y. */
const interlacedPasses = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const onePass = [[0, 0, 1, 1]] as const;

/**
 * Decodes a PNG at once, and takes no memory before the header has said how much it will be. pdfkit's decoder would do
 * so later, in a callback where a broken image ends the process, and it gets most depths but eight bits wrong.
 * pngjs does not notice data that ends early, and shows what lay in the memory instead: docs/adr/0011.
 * @throws for anything that is not a whole PNG
 */
export function decodePng(bytes: Uint8Array): Pixels {
  const png = readChunks(bytes);
  const { width, height, channels } = png;
  const passes = (png.interlaced ? interlacedPasses : onePass).map(([x, y, stepX, stepY]) => {
    const columns = Math.ceil((width - x) / stepX);
    const rows = columns === 0 ? 0 : Math.ceil((height - y) / stepY);
    return { x, y, stepX, stepY, columns, rows, rowBytes: Math.ceil((columns * channels * png.depth) / 8) };
  });
  const length = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  const filtered = inflateSync(png.packed, { maxOutputLength: length });
  if (filtered.length < length) throw new Error('The PNG ends early');

  const colors = new Uint8Array(width * height * 3);
  const opacity = png.hasOpacity || png.transparency ? new Uint8Array(width * height) : null;
  let from = 0;
  for (const { x, y, stepX, stepY, columns, rows, rowBytes } of passes) {
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let row = 0; row < rows; row++) {
      const line = filtered.subarray(from + 1, from + 1 + rowBytes);
      unfilter(line, above, filtered[from] ?? 0, Math.max(1, (channels * png.depth) >> 3));
      const pixel = (y + row * stepY) * width + x;
      for (let column = 0; column < columns; column++) {
        paint(png, line, column, colors, opacity, pixel + column * stepX);
      }
      above = line;
      from += rowBytes + 1;
    }
  }
  return { width, height, colors, opacity };
}

function readChunks(bytes: Uint8Array): Png {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
  if (!isPng || view.getUint32(12) !== 0x49484452) throw new Error('Not a PNG');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, kind, interlace] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const channels = channelsOf.get(kind);
  const depths = kind === 3 ? [1, 2, 4, 8] : kind === 0 ? [1, 2, 4, 8, 16] : [8, 16];
  if (!channels || !depths.includes(depth)) throw new Error('Not a kind of PNG that there is');
  if (width * height === 0 || width * height > mostPixels) throw new Error('Not a size that is printed');

  const data: Uint8Array[] = [];
  const others = new Map<string, Uint8Array>();
  for (let at = 33; !others.has('IEND');) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (name === 'IDAT') data.push(chunk);
    else others.set(name, chunk);
    at += length + 12;
  }
  const palette = kind === 3 ? (others.get('PLTE') ?? new Uint8Array()) : null;
  const hasOpacity = channels === 2 || channels === 4;
  const transparency = hasOpacity ? null : (others.get('tRNS') ?? null);
  const packed = Buffer.concat(data);
  const interlaced = interlace === 1;
  return { width, height, depth, channels, hasOpacity, palette, transparency, interlaced, packed };
}

/** Turns the differences that a line is kept as into its bytes, in place. */
function unfilter(line: Uint8Array, above: Uint8Array, filter: number, pixelBytes: number): void {
  if (filter > 4) throw new Error('The PNG has a filter that there is not');
  if (filter === 0) return;
  for (let index = 0; index < line.length; index++) {
    const left = index < pixelBytes ? 0 : line[index - pixelBytes]!;
    const up = above[index]!;
    const upLeft = index < pixelBytes ? 0 : above[index - pixelBytes]!;
    line[index]! += predicted(filter, left, up, upLeft);
  }
}

function predicted(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const toLeft = Math.abs(up - upLeft);
  const toUp = Math.abs(left - upLeft);
  const toUpLeft = Math.abs(left + up - 2 * upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

/** A sample as it is kept, of 1 to 16 bits. */
function sample(line: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return line[index]!;
  if (depth === 16) return (line[index * 2]! << 8) | line[index * 2 + 1]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

function paint(
  { depth, channels, hasOpacity, palette, transparency }: Png,
  line: Uint8Array,
  column: number,
  colors: Uint8Array,
  opacity: Uint8Array | null,
  pixel: number,
): void {
  const first = column * channels;
  const most = (1 << depth) - 1;
  if (palette) {
    const index = sample(line, first, depth);
    for (let color = 0; color < 3; color++) colors[pixel * 3 + color] = palette[index * 3 + color] ?? 0;
    if (opacity) opacity[pixel] = transparency?.[index] ?? 255;
    return;
  }
  const isGrey = channels < 3;
  let isTransparent = transparency !== null;
  for (let color = 0; color < 3; color++) {
    const value = sample(line, isGrey ? first : first + color, depth);
    colors[pixel * 3 + color] = Math.round((value * 255) / most);
    const keptAt = isGrey ? 0 : color;
    if (transparency && sample(transparency, keptAt, 16) !== value) isTransparent = false;
  }
  if (!opacity) return;
  const own = hasOpacity ? sample(line, first + channels - 1, depth) : isTransparent ? 0 : most;
  opacity[pixel] = Math.round((own * 255) / most);
}
