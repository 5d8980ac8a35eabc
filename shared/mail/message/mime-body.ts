import type { Leaf } from './mime-outline.ts';

/** The decoded bytes of a part; a view of the message if the part is not encoded. */
export function bodyOf(raw: Buffer, { encoding, start, end }: Leaf): Uint8Array {
  const body = raw.subarray(start, end);
  if (encoding.includes('base64')) return decodeBase64(body);
  if (encoding.includes('quoted-printable')) return decodeQuotedPrintable(body);
  return body;
}

const equals = 0x3d;
const padding = 64;
const skipped = 65;
const values = new Uint8Array(256).fill(skipped);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;
values[equals] = padding;

/** Decodes as much as there is and skips everything that is not base64. */
export function decodeBase64(body: Buffer): Uint8Array {
  const padded = body.indexOf(equals);
  const endsThere =
    padded < 0 || (body.length - padded < 200 && /^[=\s]*$/.test(body.toString('latin1', padded)));
  return endsThere ? Buffer.from(body.toString('latin1'), 'base64') : decodeUnits(body);
}

/** Lets padding end a unit rather than the body, as some programs pad every line. Ten times slower than `Buffer`. */
function decodeUnits(body: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafeSlow(Math.floor((body.length * 3) / 4) + 3);
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let at = 0; at < body.length; at++) {
    const value = values[body[at]!]!;
    if (value < 64) {
      bits = (bits << 6) | value;
      if (++count === 4) {
        out[length] = bits >> 16;
        out[length + 1] = bits >> 8;
        out[length + 2] = bits;
        length += 3;
        bits = 0;
        count = 0;
      }
    } else if (value === padding && count > 0) {
      length = endUnit(out, length, bits, count);
      bits = 0;
      count = 0;
    }
  }
  return out.subarray(0, endUnit(out, length, bits, count));
}

function endUnit(out: Uint8Array, length: number, bits: number, count: number): number {
  if (count === 2) out[length++] = bits >> 4;
  if (count === 3) {
    out[length++] = bits >> 10;
    out[length++] = bits >> 2;
  }
  return length;
}

/** RFC 2045, 6.7. Invalid escapes are copied unchanged; white space after a soft line break's `=` is ignored. */
export function decodeQuotedPrintable(body: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafeSlow(body.length);
  let length = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte !== equals) {
      out[length++] = byte;
      continue;
    }
    const high = hexValue(body[at + 1]);
    const low = hexValue(body[at + 2]);
    if (high >= 0 && low >= 0) {
      out[length++] = high * 16 + low;
      at += 2;
      continue;
    }
    const next = softBreakEnd(body, at + 1);
    if (next < 0) out[length++] = byte;
    else at = next - 1;
  }
  return out.subarray(0, length);
}

function hexValue(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Where the text continues after a soft line break, or -1 if there is none. */
function softBreakEnd(body: Uint8Array, start: number): number {
  let at = start;
  const furthest = Math.min(body.length, start + 100);
  while (at < furthest && (body[at] === 0x20 || body[at] === 0x09 || body[at] === 0x0d)) at++;
  if (at === body.length) return at;
  return body[at] === 0x0a ? at + 1 : -1;
}
