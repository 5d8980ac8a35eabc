import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ReplyKeys } from '../reply-token.ts';

/** Stands where an account's id would, in the link of somebody who is invited among the provider's staff. */
export const staffPlace = 'staff';

/** What a mailed link is for: one membership of one login, by its invitation. */
export interface InvitationLink {
  userId: string;
  /** The account, or `staffPlace`. */
  accountId: string;
  invitation: string;
  /** Unix seconds. */
  expiresAtSeconds: number;
}

/** How long a mailed link works. */
export const linkSeconds = 7 * 24 * 60 * 60;

/** The link's token: it names its address in the signature alone, and works for that address alone. */
export function signInvitation(link: InvitationLink, email: string, keys: ReplyKeys): string {
  const { userId, accountId, invitation, expiresAtSeconds } = link;
  const fields = JSON.stringify([userId, accountId, invitation, expiresAtSeconds]);
  const payload = Buffer.from(fields).toString('base64url');
  return `${payload}.${keys.current}${macOf(keys.keys[keys.current]!, payload, email)}`;
}

export interface UncheckedInvitation extends InvitationLink {
  /** Whether it was signed for this address, by a key that is still known. */
  isFor(email: string, keys: ReplyKeys): boolean;
}

/** Reads a token; null where it is none. Nothing of it may be believed before `isFor` says so. */
export function readInvitation(token: string): UncheckedInvitation | null {
  const [payload, signature] = token.slice(0, 2000).split('.');
  if (!payload || !signature) return null;
  const fields = parsed(payload);
  if (fields === null) return null;
  const [userId, accountId, invitation, expiresAtSeconds] = fields;
  return {
    userId,
    accountId,
    invitation,
    expiresAtSeconds,
    isFor(email, { keys }) {
      const key = keys[signature.charAt(0)];
      if (!key) return false;
      const expected = Buffer.from(macOf(key, payload, email));
      const found = Buffer.from(signature.slice(1));
      return expected.length === found.length && timingSafeEqual(expected, found);
    },
  };
}

function parsed(payload: string): [string, string, string, number] | null {
  try {
    const fields: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (!Array.isArray(fields) || fields.length !== 4) return null;
    const texts = fields.slice(0, 3).every((field) => typeof field === 'string' && field !== '');
    return texts && typeof fields[3] === 'number' ? (fields as [string, string, string, number]) : null;
  } catch {
    return null;
  }
}

/** The purpose stands first, so that no other signature of the same key fits. */
function macOf(key: string, payload: string, email: string): string {
  return createHmac('sha256', key).update(`invitation:${payload}:${email}`).digest('base64url');
}
