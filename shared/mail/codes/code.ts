import { createHmac, timingSafeEqual } from 'node:crypto';
import { normalAddress } from '../../accounts/keys.ts';
import { toInstant, toSeconds } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import { stripped } from '../../table/page.ts';
import { type Action, all, equals, free, type Key, type Table } from '../../table/table.ts';
import type { ReplyKeys } from '../reply-token.ts';

/** What a mailed code can be for. */
export type CodePurpose = 'prove-address' | 'second-factor' | 'new-address';

/** Where the row of a code is: a session has one code for each purpose, and asking again replaces it. */
export interface CodePlace {
  userId: string;
  purpose: CodePurpose;
  /** The session that asked: the code is good for nothing in another one. */
  session: string;
}

/**
 * A code that was asked for. Its digits are in no row: they are computed from this and a secret key when the mail is
 * sent, and once more when they are typed in.
 */
export interface MailedCode extends CodePlace {
  id: string;
  /** The address that it is mailed to. */
  email: string;
  /** The letter of the key that it is made with. */
  key: string;
  /** Unix seconds. */
  expiresAt: number;
}

const codeSeconds = 15 * 60;
/** How often a code may be typed in, the right time included. */
const mostTries = 5;
/** Codes to one address for one purpose on one day. */
export const mostCodesInADay = 10;

const codeKey = ({ userId, purpose, session }: CodePlace): Key => ({
  pk: `CODE#${userId}`,
  sk: `${purpose}#${session}`,
});

/** Counts what one day's mail of codes may be: those of an address, or those of a login. */
export const codeCountKey = (purpose: CodePurpose, whose: string, now: Date): Key => ({
  pk: `CODES#${purpose}#${whose}`,
  sk: toInstant(now).slice(0, 10),
});

/** A new code in the place of the session's last one for this purpose. */
export function newCode(
  place: CodePlace,
  email: string,
  keys: ReplyKeys,
  now: Date,
): { code: MailedCode; action: Action } {
  const expiresAt = toSeconds(now) + codeSeconds;
  const code = { ...place, id: newVersion(), email: normalAddress(email), key: keys.current, expiresAt };
  return { code, action: { put: { ...code, tries: 0, ...codeKey(code) } } };
}

/** Counts one more code of the day; fails where `most` were mailed. */
export function countedCode(key: Key, most: number, now: Date): Action {
  return {
    update: key,
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * 24 * 60 * 60 },
    when: free('count', most),
  };
}

/** The session's code for this purpose; undefined where there is none or its time is over. */
export async function openCode(table: Table, place: CodePlace, now: Date): Promise<MailedCode | undefined> {
  const code = stripped<MailedCode>(await table.get(codeKey(place)));
  return code && code.expiresAt > toSeconds(now) ? code : undefined;
}

/** Counts a try before anything is said about it, so that many at once are no more than one after the other. */
export function triedCode(code: MailedCode): Action {
  return {
    update: codeKey(code),
    add: { tries: 1 },
    when: all(equals({ id: code.id }), free('tries', mostTries)),
  };
}

/** Uses the code up; fails where another request has. */
export function usedCode(code: MailedCode): Action {
  return { delete: codeKey(code), when: equals({ id: code.id }) };
}

/** The eight digits of a code. */
export function digitsOf(code: MailedCode, { keys }: ReplyKeys): string {
  const { id, purpose, userId, session, email } = code;
  const key = keys[code.key];
  if (!key) throw new Error(`No key ${code.key} for the code ${id}`);
  // The purpose stands first, so that no other signature of the same key fits.
  const fields = JSON.stringify(['code', purpose, userId, session, email, id]);
  const digest = createHmac('sha256', key).update(fields).digest();
  return String(digest.readUIntBE(0, 6) % 100_000_000).padStart(8, '0');
}

/** Whether these are the digits of the code. */
export function isCode(code: MailedCode, typed: string, keys: ReplyKeys): boolean {
  const [expected, found] = [Buffer.from(digitsOf(code, keys)), Buffer.from(typed)];
  return expected.length === found.length && timingSafeEqual(expected, found);
}
