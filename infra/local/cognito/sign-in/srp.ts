import { createDiffieHellmanGroup, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** The group of SRP-6a in Cognito: the prime of 3072 bits of RFC 3526, with the generator 2. */
export const N = BigInt(`0x${createDiffieHellmanGroup('modp15').getPrime('hex')}`);
const INFO = 'Caldera Derived Key';
const EXPONENT_BITS = 256;
const WINDOW_BITS = 4;

/** What is kept of a password for SRP: neither number tells the password. Both are hexadecimal. */
export interface SrpSecret {
  salt: string;
  verifier: string;
}

/** What the server remembers between its first and its second answer. */
export interface SrpExchange {
  /** The client's public number. */
  a: bigint;
  /** The server's public number and the secret behind it. */
  b: bigint;
  privateB: bigint;
  verifier: bigint;
}

const numberOf = (hex: string): bigint => BigInt(`0x${hex}`);

/** The clients' encoding of a number: whole bytes, with a zero in front of a first bit that would be a sign. */
function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  const whole = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(/^[89a-f]/.test(whole) ? `00${whole}` : whole, 'hex');
}

const hash = (...parts: (Buffer | string)[]): Buffer => {
  const sha = createHash('sha256');
  for (const part of parts) sha.update(part);
  return sha.digest();
};
const hashNumber = (...parts: Buffer[]): bigint => numberOf(hash(...parts).toString('hex'));

const k = hashNumber(bytesOf(N), bytesOf(2n));

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % N;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N;
    square = (square * square) % N;
  }
  return result;
}

/** For each window of an exponent's bits, the powers of 2 that its values stand for; made on first use. */
let windows: bigint[][] | null = null;

function makeWindows(): bigint[][] {
  const made: bigint[][] = [];
  let base = 2n;
  for (let bit = 0; bit < EXPONENT_BITS; bit += WINDOW_BITS) {
    const row = [1n];
    while (row.length < 2 ** WINDOW_BITS) row.push(((row.at(-1) ?? 1n) * base) % N);
    made.push(row);
    base = ((row.at(-1) ?? 1n) * base) % N;
  }
  return made;
}

/** 2 to the power of a number of 256 bits. Every new password takes one, so it is six times as quick as `power`. */
function powerOfTwo(exponent: bigint): bigint {
  windows ??= makeWindows();
  let result = 1n;
  let rest = exponent;
  for (const row of windows) {
    result = (result * (row[Number(rest & 15n)] ?? 1n)) % N;
    rest >>= BigInt(WINDOW_BITS);
  }
  return result;
}

/** Makes the secret of a password. `identity` is the pool's name with the username behind it. */
export function makeSrpSecret(identity: string, password: string): SrpSecret {
  const salt = randomBytes(16).toString('hex');
  const x = hashNumber(bytesOf(numberOf(salt)), hash(`${identity}:${password}`));
  return { salt, verifier: powerOfTwo(x).toString(16) };
}

/**
 * The secret of an unknown name. It is the same whenever the name is asked for, and no password proves it, since
 * nobody knows the logarithm of its verifier.
 */
export function inventedSrpSecret(seed: string, name: string): SrpSecret {
  const bytes = Buffer.from(hkdfSync('sha256', seed, '', name, 16 + 384));
  const verifier = numberOf(bytes.subarray(16).toString('hex')) % N;
  return { salt: bytes.subarray(0, 16).toString('hex'), verifier: verifier.toString(16) };
}

/** The client's public number from its hexadecimal text; null where it is none that the protocol allows. */
export function readPublic(hex: string): bigint | null {
  if (!/^[0-9a-f]{1,770}$/i.test(hex)) return null;
  const value = numberOf(hex);
  // A multiple of N would make the key zero for any password.
  return value % N === 0n ? null : value;
}

/** The server's first step: its public number B = kv + g^b. */
export function openExchange(a: bigint, secret: SrpSecret): SrpExchange {
  const privateB = numberOf(randomBytes(EXPONENT_BITS / 8).toString('hex'));
  const verifier = numberOf(secret.verifier);
  return { a, b: (k * verifier + powerOfTwo(privateB)) % N, privateB, verifier };
}

/** The key that a client has as well if it knows the password: S = (A v^u)^b, and HKDF of that. */
function sharedKey({ a, b, privateB, verifier }: SrpExchange): Buffer {
  const u = hashNumber(bytesOf(a), bytesOf(b));
  const shared = power(a * power(verifier, u), privateB);
  return Buffer.from(hkdfSync('sha256', bytesOf(shared), bytesOf(u), INFO, 16));
}

/** The client's proof that it has the key. */
export function signatureOf(
  exchange: SrpExchange,
  identity: string,
  secretBlock: Buffer,
  timestamp: string,
): Buffer {
  const hmac = createHmac('sha256', sharedKey(exchange));
  return hmac.update(identity).update(secretBlock).update(timestamp).digest();
}
