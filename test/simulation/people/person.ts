import type { CallerContext } from '../../../shared/http/authorise.ts';

/** What the authoriser said, and when. */
export interface Heard {
  context: CallerContext;
  at: Date;
}

/** A sign-in, with what the gateway heard of it: last, and before. */
export interface Token {
  by: Person;
  userId: string;
  signedInAt: Date;
  session: string;
  kept: Heard | null;
  /** With when it was heard, the newest last. */
  before: readonly Heard[];
}

/** A mailed link, with what it was for when it came. */
export interface MailedLink {
  token: string;
  userId: string;
  /** The account, or `staff`; null for a link that stops the change of an address. */
  accountId: string | null;
  /** The admission that it invites to; for a change of an address 0. */
  admission: number;
  /** The change that it stops. */
  change: string | null;
  address: string;
  expiresAtSeconds: number;
}

/** Somebody with mailboxes that they alone read, and what they know. */
export interface Person {
  called: string;
  addresses: readonly string[];
  /** The passwords that they know, by address: their own, and those that they chose for others. */
  passwords: Map<string, string[]>;
  tokens: Token[];
  links: MailedLink[];
  /** The digits of codes in their mail, the newest last, with the address. */
  codes: { address: string; digits: string }[];
}

export function person(called: string, ...addresses: string[]): Person {
  return { called, addresses, passwords: new Map(), tokens: [], links: [], codes: [] };
}

export function learn(who: Person, address: string, password: string): void {
  const known = who.passwords.get(address) ?? [];
  who.passwords.set(address, [...known, password].slice(-4));
}
