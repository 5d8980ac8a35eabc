import { createHmac, timingSafeEqual } from 'node:crypto';

/** The keys that sign reply addresses, each named by a letter. Old keys stay valid for old mail. */
export interface ReplyKeys {
  /** The letter of the key that signs new addresses. */
  current: string;
  keys: Record<string, string>;
}

const macLength = 20;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Parses the secret `{"current":"a","a":"…"}`, in which each further letter is a key. */
export function parseReplyKeys(secret: string): ReplyKeys {
  const { current, ...keys } = JSON.parse(secret) as Record<string, string>;
  if (!current || !/^[a-z]$/.test(current) || !keys[current])
    throw new Error('The reply keys name no current key');
  return { current, keys };
}

/** `support+<token>@portal.example`: replies to it find the ticket, whatever a mail client does to headers. */
export function replyAddress(
  address: string,
  ticketNumber: string,
  ticketId: string,
  keys: ReplyKeys,
): string {
  const [local, domain] = address.split('@');
  const mac = macOf(keys.keys[keys.current]!, ticketNumber, ticketId);
  return `${local}+${keys.current}${ticketNumber}${mac}@${domain}`;
}

export interface ReplyToken {
  key: string;
  ticketNumber: string;
  mac: string;
}

/** The first token in a message's recipients, not yet verified; null if there is none. */
export function findReplyToken(recipients: readonly string[]): ReplyToken | null {
  for (const recipient of recipients) {
    const found = /\+([a-z])(\d{6})([a-z2-7]{20})@/i.exec(recipient.slice(0, 320));
    if (found) return { key: found[1]!.toLowerCase(), ticketNumber: found[2]!, mac: found[3]!.toLowerCase() };
  }
  return null;
}

/** Whether the token was signed for this ticket by a known key. */
export function isGenuine(token: ReplyToken, ticketId: string, { keys }: ReplyKeys): boolean {
  const key = keys[token.key];
  if (!key) return false;
  const expected = macOf(key, token.ticketNumber, ticketId);
  return timingSafeEqual(Buffer.from(expected), Buffer.from(token.mac));
}

/** 100 bits of an HMAC over number and ticket id, in characters that survive any mail system. */
function macOf(key: string, ticketNumber: string, ticketId: string): string {
  const digest = createHmac('sha256', key).update(`${ticketNumber}:${ticketId}`).digest();
  return Array.from(digest.subarray(0, macLength), (byte) => alphabet[byte & 31]).join('');
}
