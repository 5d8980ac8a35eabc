import type { Permission } from '../access/permissions.ts';
import { includes, toMask } from '../access/permissions.ts';
import { isExpired } from '../access/caller.ts';

/** The kinds of mail a contact, or the owner, can switch on and off. */
export const mailKinds = ['general', 'invoice', 'support', 'product', 'domain'] as const;
export type MailKind = (typeof mailKinds)[number];
export type EmailPreferences = Record<MailKind, boolean>;

/** The lists of an account's contacts that mail is sent to: the kinds, and those who decide over access. */
export type MailList = MailKind | 'managers';

export interface Address {
  line1?: string | undefined;
  line2?: string | undefined;
  city?: string | undefined;
  region?: string | undefined;
  postcode?: string | undefined;
  /** ISO 3166-1 alpha-2. */
  country?: string | undefined;
}

export interface Account {
  id: string;
  name: string;
  address: Address;
  taxId: string | null;
  /** ISO 4217. */
  currency: string;
  owner: { userId: string; name: string; email: string; emailPreferences: EmailPreferences };
  /** Renewals are paid from the account's credit as far as it goes. */
  autoPayFromCredit?: boolean;
  version: string;
  createdAt: string;
}

/** A contact's login in this account; `ended` once it was deactivated. */
export interface SubAccount {
  userId: string;
  ended: boolean;
  /** The login was made for this access and its owner was asked by mail to choose a password. */
  invited: boolean;
  permissions: Permission[];
  expiresAtSeconds: number | null;
  note: string | null;
  grantedAt: string;
}

export interface Contact {
  id: string;
  accountId: string;
  name: string;
  email: string;
  phone: string | null;
  emailPreferences: EmailPreferences;
  subAccount: SubAccount | null;
  /** Covers the sub-account too. */
  version: string;
  createdAt: string;
}

/** One person's login, whatever accounts it opens. */
export interface Login {
  userId: string;
  name: string;
  email: string;
  staff: boolean;
  /** How many accounts the login has a part in; at none, a login that is not staff's is disabled. */
  accounts: number;
  lastSignInAt: string | null;
  /** Whether it was made with a password; otherwise its owner is asked to choose one. */
  madeWithPassword: boolean;
  /** Tokens issued before this (Unix seconds) are refused: set when the login was disabled. */
  notBeforeSeconds: number;
  version: string;
}

/** What an address leads to: an account that knows it, as its owner or a contact. */
export interface KnownAddress {
  accountId: string;
  contactId: string | null;
  knownSince: string;
}

/** What a contact holds now; a grant that ended or expired holds nothing. */
export function heldPermissions(contact: Contact, now: Date): Permission[] {
  const { subAccount } = contact;
  if (!subAccount || subAccount.ended || isExpired(subAccount.expiresAtSeconds, now)) return [];
  return subAccount.permissions;
}

/** The lists a contact stands on, by its preferences and its permissions. */
export function mailListsOf(contact: Contact): MailList[] {
  const lists: MailList[] = mailKinds.filter((kind) => contact.emailPreferences[kind]);
  const { subAccount } = contact;
  const manages = subAccount && !subAccount.ended && includes(toMask(subAccount.permissions), 'contacts');
  return manages ? [...lists, 'managers'] : lists;
}

export function isDisabled(login: Login): boolean {
  return login.accounts === 0 && !login.staff;
}
