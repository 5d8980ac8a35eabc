import { createHmac, timingSafeEqual } from 'node:crypto';
import { type MailKind, mailKinds } from '../../accounts/people.ts';
import type { ReplyKeys } from '../reply-token.ts';

/** Stands where an account's id would, in the link of somebody who is invited among the provider's staff. */
export const staffPlace = 'staff';

/** Stands there in the link of somebody who is to own an account. */
export const ownerPlace = (accountId: string): string => `owner:${accountId}`;

/** The account that somebody is to own, by the place of their link; null for any other. */
export function ownedBy(place: string): string | null {
  return place.startsWith('owner:') ? place.slice('owner:'.length) : null;
}

/** A mailed link to one membership of one login, by its invitation. */
export interface InvitationLink {
  userId: string;
  /** The account, `staffPlace` or `ownerPlace`. */
  accountId: string;
  invitation: string;
  /** Unix seconds. */
  expiresAtSeconds: number;
}

/** A mailed link that stops one change of a login's address. */
export interface AddressStopLink {
  userId: string;
  change: string;
  /** Unix seconds. */
  expiresAtSeconds: number;
}

/** A mailed link to the question whether a message is from its reader. */
export interface QuestionLink {
  question: string;
  /** Unix seconds. */
  expiresAtSeconds: number;
}

/** A mailed link that switches a kind of mail of one account, for the owner (`contactId` null) or a contact. */
export interface SwitchLink {
  accountId: string;
  contactId: string | null;
  kind: MailKind;
  /** On again, or off. */
  on: boolean;
  /** Unix seconds. */
  expiresAtSeconds: number;
}

/** Mail is looked at again after years. */
export const switchLinkSeconds = 2 * 365 * 24 * 60 * 60;

/** How long a mailed link works. */
export const linkSeconds = 7 * 24 * 60 * 60;

/** A link as its token says. Nothing of it may be believed before `isFor` says so. */
export type Unchecked<Link> = Link & {
  /** Whether it was signed for this address, by a key that is still known. */
  isFor(email: string, keys: ReplyKeys): boolean;
};

type Purpose = 'invitation' | 'address-change' | 'question' | 'mail-switch';

/** The link's token: it names its address in the signature alone, and works for that address alone. */
export function signInvitation(link: InvitationLink, email: string, keys: ReplyKeys): string {
  const { userId, accountId, invitation, expiresAtSeconds } = link;
  return signed('invitation', [userId, accountId, invitation, expiresAtSeconds], email, keys);
}

/** The token of a link that stops a change, signed for the address that the login has until then. */
export function signAddressStop(link: AddressStopLink, email: string, keys: ReplyKeys): string {
  const { userId, change, expiresAtSeconds } = link;
  return signed('address-change', [userId, change, expiresAtSeconds], email, keys);
}

/** Reads the token of an invitation; null where it is none. */
export function readInvitation(token: string): Unchecked<InvitationLink> | null {
  const found = read('invitation', token, 3);
  if (!found) return null;
  const [userId, accountId, invitation] = found.texts as [string, string, string];
  return { userId, accountId, invitation, expiresAtSeconds: found.expiresAtSeconds, isFor: found.isFor };
}

/** Reads the token of a link that stops a change; null where it is none. */
export function readAddressStop(token: string): Unchecked<AddressStopLink> | null {
  const found = read('address-change', token, 2);
  if (!found) return null;
  const [userId, change] = found.texts as [string, string];
  return { userId, change, expiresAtSeconds: found.expiresAtSeconds, isFor: found.isFor };
}

export function signQuestion(
  { question, expiresAtSeconds }: QuestionLink,
  email: string,
  keys: ReplyKeys,
): string {
  return signed('question', [question, expiresAtSeconds], email, keys);
}

/** Reads the token of a question; null where it is none. */
export function readQuestion(token: string): Unchecked<QuestionLink> | null {
  const found = read('question', token, 1);
  if (!found) return null;
  return { question: found.texts[0]!, expiresAtSeconds: found.expiresAtSeconds, isFor: found.isFor };
}

export function signSwitch(link: SwitchLink, email: string, keys: ReplyKeys): string {
  const { accountId, contactId, kind, on, expiresAtSeconds } = link;
  const fields = [accountId, contactId ?? 'owner', kind, on ? 'on' : 'off', expiresAtSeconds];
  return signed('mail-switch', fields, email, keys);
}

/** Reads the token of a switch of mail; null where it is none. */
export function readSwitch(token: string): Unchecked<SwitchLink> | null {
  const found = read('mail-switch', token, 4);
  if (!found) return null;
  const [accountId, who, name, way] = found.texts as [string, string, string, string];
  const kind = mailKinds.find((each) => each === name);
  if (!kind) return null;
  const { expiresAtSeconds, isFor } = found;
  return {
    accountId,
    contactId: who === 'owner' ? null : who,
    kind,
    on: way === 'on',
    expiresAtSeconds,
    isFor,
  };
}

function signed(purpose: Purpose, fields: (string | number)[], email: string, keys: ReplyKeys): string {
  const payload = Buffer.from(JSON.stringify(fields)).toString('base64url');
  return `${payload}.${keys.current}${macOf(keys.keys[keys.current]!, purpose, payload, email)}`;
}

/** The fields of a token: so many texts, then when it ends. */
function read(purpose: Purpose, token: string, texts: number) {
  const [payload, signature] = token.slice(0, 2000).split('.');
  if (!payload || !signature) return null;
  const fields = parsed(payload, texts);
  if (!fields) return null;
  return {
    ...fields,
    isFor(email: string, { keys }: ReplyKeys): boolean {
      const key = keys[signature.charAt(0)];
      if (!key) return false;
      const expected = Buffer.from(macOf(key, purpose, payload, email));
      const found = Buffer.from(signature.slice(1));
      return expected.length === found.length && timingSafeEqual(expected, found);
    },
  };
}

function parsed(payload: string, count: number): { texts: string[]; expiresAtSeconds: number } | null {
  try {
    const fields: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (!Array.isArray(fields) || fields.length !== count + 1) return null;
    const texts: unknown[] = fields.slice(0, count);
    const expiresAtSeconds: unknown = fields[count];
    if (typeof expiresAtSeconds !== 'number') return null;
    if (!texts.every((field): field is string => typeof field === 'string' && field !== '')) return null;
    return { texts, expiresAtSeconds };
  } catch {
    return null;
  }
}

/** The purpose stands first, so that no other signature of the same key fits. */
function macOf(key: string, purpose: Purpose, payload: string, email: string): string {
  return createHmac('sha256', key).update(`${purpose}:${payload}:${email}`).digest('base64url');
}
