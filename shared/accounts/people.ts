import type { Permission } from '../access/permissions.ts';
import { includes, toMask } from '../access/permissions.ts';
import { isExpired } from '../access/caller.ts';
import { isOpen, type Link, type LinkKind, type LinkSettings } from '../access/link.ts';

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

/** Splynx's words: not yet served, served, kept from ordering, gone. */
export const accountStatuses = ['new', 'active', 'blocked', 'inactive'] as const;
export type AccountStatus = (typeof accountStatuses)[number];

export const billingModes = ['recurring', 'prepaid'] as const;
export type BillingMode = (typeof billingModes)[number];

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
  /** Staff's; an account without one is active. */
  status?: AccountStatus;
  /** How it is billed for its services, as staff note it; recurring unless they say so. */
  billingMode?: BillingMode;
  /** Its main account, how it is linked to that one and since when; missing or null where it stands alone. */
  mainAccountId?: string | null;
  linkKind?: LinkKind | null;
  linkedAt?: string | null;
  /** How many accounts are linked beneath it. */
  linkedAccounts?: number;
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

/** Whether a contact of a main account may look after tickets beneath it now. */
export function managesTickets(contact: Contact, now: Date): boolean {
  const held = heldPermissions(contact, now);
  return held.includes('tickets') && held.includes('linked-accounts');
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

/** The account's place beneath its main account, under these settings; null where it stands alone. */
export function linkOf({ id, mainAccountId, linkKind }: Account, settings: LinkSettings): Link | null {
  if (!mainAccountId || !linkKind) return null;
  return { accountId: id, mainAccountId, kind: linkKind, isOpen: isOpen(linkKind, settings) };
}

/** Who is billed for what an account owes: the main account of an aggregated one, else the account itself. */
export function payerId({ id, mainAccountId, linkKind }: Account): string {
  return linkKind === 'aggregated' && mainAccountId ? mainAccountId : id;
}

/** Where the tickets of guests lie. */
export const guestsAccountId = 'acct_guests';
