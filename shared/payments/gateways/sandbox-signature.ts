import { createHmac, timingSafeEqual } from 'node:crypto';

/** As it arrives: in small letters. */
export const signatureHeader = 'sandbox-signature';

/** How far the clocks may be apart, and how long a recorded event could be played back. */
const toleranceMs = 300_000;
/** Room for a dozen signatures: more is no header of ours, and not worth an HMAC each. */
const longestHeader = 1000;
const form = /^t=(\d{1,11})((?:,v1=[0-9a-f]{64})+)$/;

function macOf(secret: string, unixSeconds: number | string, body: string): Buffer {
  // A secret that was never set would make anybody's signature good.
  if (secret === '') throw new Error('The sandbox gateway has no secret to sign events with');
  return createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest();
}

/** The header of an event: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. */
export function sign(secret: string, unixSeconds: number, body: string): string {
  return `t=${unixSeconds},v1=${macOf(secret, unixSeconds, body).toString('hex')}`;
}

/**
 * Whether the header signs this very body, at most five minutes before or after now. While the secret is being
 * rotated the header carries a signature by each: one that is good suffices.
 */
export function verify(secret: string, header: string | undefined, body: string, now: Date): boolean {
  if (header === undefined || header.length > longestHeader) return false;
  const [, unixSeconds, signatures] = form.exec(header) ?? [];
  if (unixSeconds === undefined || signatures === undefined) return false;
  // Negated, so that a clock that tells no time finds everything too old.
  if (!(Math.abs(now.getTime() - Number(unixSeconds) * 1000) <= toleranceMs)) return false;
  const expected = macOf(secret, unixSeconds, body);
  // The form above gives each the same length as the expected one.
  const given = signatures.split(',v1=').slice(1);
  return given.some((hex) => timingSafeEqual(Buffer.from(hex, 'hex'), expected));
}
