import { createHmac, randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

/** A new shared secret in Base32, as long as Cognito's. */
export function newTotpSecret(): string {
  let bits = '';
  for (const byte of randomBytes(32)) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => ALPHABET.charAt(parseInt(five.padEnd(5, '0'), 2)))
    .join('');
}

function bytesOf(base32: string): Buffer {
  let bits = '';
  for (const letter of base32) bits += ALPHABET.indexOf(letter).toString(2).padStart(5, '0');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

/** The half minute of RFC 6238 that a moment is in. */
export const totpStep = (now: Date): number => Math.floor(now.getTime() / STEP_MS);

/** The six digits of one step: HMAC-SHA-1 with the truncation of RFC 4226. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The step whose code this is: the present one or a neighbour, as clocks differ by a little. */
export function stepOfCode(secret: string, code: string, now: Date): number | null {
  const present = totpStep(now);
  return [present, present - 1, present + 1].find((step) => totpCode(secret, step) === code) ?? null;
}
