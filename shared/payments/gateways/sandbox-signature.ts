import { createHmac, timingSafeEqual } from 'node:crypto';

/** Lower case, as it is received. */
export const signatureHeader = 'sandbox-signature';

/** How far the clocks may differ, and how long an event can be replayed. */
const toleranceMs = 300_000;
/** Enough for a dozen signatures: a longer header is not ours, and not worth an HMAC each. */
const longestHeader = 1000;
const form = /^t=(\d{1,11})((?:,v1=[0-9a-f]{64})+)$/;

function macOf(secret: string, unixSeconds: number | string, body: string): Buffer {
  // An empty secret would make anybody's signature valid.
  if (secret === '') throw new Error('The sandbox gateway has no secret to sign events with');
  return createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest();
}

/** The header of an event: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. */
export function sign(secret: string, unixSeconds: number, body: string): string {
  return `t=${unixSeconds},v1=${macOf(secret, unixSeconds, body).toString('hex')}`;
}

/**
 * Whether the header signs this body, at most five minutes before or after now. While the secret is rotated the header
 * carries a signature by each secret: one valid signature suffices.
 */
export function verify(secret: string, header: string | undefined, body: string, now: Date): boolean {
  if (header === undefined || header.length > longestHeader) return false;
  const [, unixSeconds, signatures] = form.exec(header) ?? [];
  if (unixSeconds === undefined || signatures === undefined) return false;
  // Negated, so that an invalid time counts as too old.
  if (!(Math.abs(now.getTime() - Number(unixSeconds) * 1000) <= toleranceMs)) return false;
  const expected = macOf(secret, unixSeconds, body);
  // The form above gives each signature the length of the expected one.
  const given = signatures.split(',v1=').slice(1);
  return given.some((hex) => timingSafeEqual(Buffer.from(hex, 'hex'), expected));
}
