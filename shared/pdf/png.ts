import { crc32, type Inflate, inflateSync } from 'node:zlib';
import { getImagePasses } from 'pngjs/lib/interlace.js';
import readPng from 'pngjs/lib/parser-sync.js';

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
/** As many as a JPEG can have: pngjs takes 300 bytes for each line, however short it is. */
const mostLines = 65_535;

/** Samples a pixel of each kind. */
const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Decodes a PNG at once. pngjs only sees what is written anew of the parts that were checked, because alone it takes
 * what is broken, and any memory that is asked for: docs/adr/0011.
 * @throws for anything that is not a whole PNG
 */
export function decodePng(bytes: Uint8Array): Pixels {
  const { width, height, hasOpacity, clearColor, file } = checked(Buffer.from(bytes));
  const { data } = readPng(file, {});
  const colors = new Uint8Array(width * height * 3);
  const opacity = hasOpacity ? new Uint8Array(width * height) : null;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const own = data[pixel * 4 + 3]!;
    for (let color = 0; color < 3; color++) {
      colors[pixel * 3 + color] = clearColor && own === 0 ? clearColor[color]! : data[pixel * 4 + color]!;
    }
    if (opacity) opacity[pixel] = own;
  }
  return { width, height, colors, opacity };
}

/** Throws where it is not whole; else says what pngjs is given, and what it does not say. */
function checked(png: Buffer) {
  const isPng = png.readUInt32BE(0) === 0x89504e47 && png.readUInt32BE(4) === 0x0d0a1a0a;
  if (!isPng || png.readUInt32BE(12) !== 0x49484452) throw new Error('Not a PNG');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, kind, isInterlaced] = [png.readUInt8(24), png.readUInt8(25), png.readUInt8(28) === 1];
  const channels = channelsOf[kind];
  const depths = kind === 3 ? [1, 2, 4, 8] : kind === 0 ? [1, 2, 4, 8, 16] : [8, 16];
  if (!channels || !depths.includes(depth)) throw new Error('Not a kind of PNG that there is');
  const isPrinted = width * height > 0 && width * height <= mostPixels && height <= mostLines;
  if (!isPrinted) throw new Error('Not a size that is printed');

  const { packed, palette, transparency } = readChunks(png);
  const passes = isInterlaced ? getImagePasses(width, height) : [{ width, height }];
  const lengths = passes.map((pass) => pass.height * (1 + Math.ceil((pass.width * channels * depth) / 8)));
  const maxOutputLength = lengths.reduce((sum, length) => sum + length);
  const unpacked: unknown = inflateSync(packed, { maxOutputLength, info: true });
  const { buffer, engine } = unpacked as { buffer: Buffer; engine: Inflate };
  if (buffer.length < maxOutputLength) throw new Error('The PNG ends early');

  // There is one way to pack and one set of filters, whatever the two bytes say.
  const header = Buffer.from([...png.subarray(16, 26), 0, 0, isInterlaced ? 1 : 0]);
  const parts = [png.subarray(0, 8), chunk('IHDR', header)];
  // As long as they can be: a colour that is not given is black, and opaque.
  if (kind === 3) parts.push(chunk('PLTE', Buffer.concat([palette ?? Buffer.alloc(0)], 768)));
  const clear = transparency && Buffer.concat([transparency, Buffer.alloc(256, kind === 3 ? 255 : 0)], 256);
  if (clear) parts.push(chunk('tRNS', clear));
  // Without what may follow the packed lines: it makes pngjs unpack nothing.
  parts.push(chunk('IDAT', packed.subarray(0, engine.bytesWritten)), chunk('IEND', Buffer.alloc(0)));
  // pngjs makes this one black, which would show at its edges where the image is scaled.
  const samples = clear && [0, 2, 4].map((at) => clear.readUInt16BE(kind === 0 ? 0 : at));
  const color = samples?.map((sample) => Math.round((sample * 255) / (2 ** depth - 1)));
  const hasOpacity = kind > 3 || clear !== undefined;
  return { width, height, hasOpacity, clearColor: kind < 3 ? color : undefined, file: Buffer.concat(parts) };
}

/** The chunks that decoding needs: no other is ever unpacked. */
function readChunks(png: Buffer): { packed: Buffer; palette?: Buffer; transparency?: Buffer } {
  const data: Buffer[] = [];
  const others = new Map<string, Buffer>();
  for (let at = 33; !others.has('IEND');) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const content = png.subarray(at + 8, at + 8 + length);
    if (name === 'IDAT') data.push(content);
    else others.set(name, content);
    at += length + 12;
  }
  return { packed: Buffer.concat(data), palette: others.get('PLTE'), transparency: others.get('tRNS') };
}

function chunk(name: string, content: Uint8Array): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(name), content, Buffer.alloc(4)]);
  whole.writeUInt32BE(content.length);
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4);
  return whole;
}
