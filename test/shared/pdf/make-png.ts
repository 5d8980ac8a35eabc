import { crc32, deflateSync } from 'node:zlib';

interface PngParts {
  width: number;
  height: number;
  depth: number;
  /** 0 grey, 2 colours, 3 palette, 4 grey with opacity, 6 colours with opacity */
  kind: number;
  interlaced?: boolean;
  palette?: readonly number[];
  transparency?: readonly number[];
  /** Each line with its filter before it. */
  lines?: readonly (readonly number[])[];
  /** What stands in the place of the lines. */
  packed?: Uint8Array;
}

export function makePng(parts: PngParts): Buffer {
  const { width, height, depth, kind, interlaced, palette, transparency, lines = [], packed } = parts;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, kind, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    ...(transparency ? [chunk('tRNS', Buffer.from(transparency))] : []),
    chunk('IDAT', packed ?? deflateSync(Buffer.from(lines.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** Of one colour, three quarters opaque. */
export function plainPng(width: number, height: number): Buffer {
  const line = [0, ...Array.from({ length: width }, () => [30, 90, 200, 191]).flat()];
  return makePng({ width, height, depth: 8, kind: 6, lines: Array.from({ length: height }, () => line) });
}
