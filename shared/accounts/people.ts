import type { Permission } from '../access/permissions.ts';
import { includes, toMask } from '../access/permissions.ts';
import { isExpired } from '../access/caller.ts';
import type { StaffRole } from '../access/staff.ts';
import { isOpen, type Link, type LinkKind, type LinkSettings } from '../access/link.ts';

/** The kinds of mail a contact, or the owner, can switch on and off. */
export const mailKinds = ['general', 'invoice', 'support', 'product', 'domain'] as const;
export type MailKind = (typeof mailKinds)[number];
export type EmailPreferences = Record<MailKind, boolean>;

/** The mail lists of an account: one for each kind of mail, and one of those who decide on access. */
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

export const taxIdStates = ['valid', 'invalid', 'unknown'] as const;
export type TaxIdState = (typeof taxIdStates)[number];

/** What was found of a tax id, by its form and, where there is one, by the registry. */
export interface TaxIdCheck {
  /** The tax id that was looked at, as the account had it. */
  taxId: string;
  state: TaxIdState;
  at: string;
  /** What the registry said, word for word; missing where none was asked or it did not answer. */
  answer?: Record<string, string>;
}

/** Splynx's terms: not yet served, served, barred from ordering, no longer a client. */
export const accountStatuses = ['new', 'active', 'blocked', 'inactive'] as const;
export type AccountStatus = (typeof accountStatuses)[number];

export const billingModes = ['recurring', 'prepaid'] as const;
export type BillingMode = (typeof billingModes)[number];

export interface Account {
  id: string;
  name: string;
  address: Address;
  taxId: string | null;
  /** What was found of its tax id; missing while nobody has looked. */
  taxIdCheck?: TaxIdCheck | null;
  /** ISO 4217. */
  currency: string;
  /** BCP 47; its documents and the mail to those who have no language of their own. */
  language?: string;
  owner: { userId: string; name: string; email: string; emailPreferences: EmailPreferences };
  /** The login that becomes its owner once it has waited and accepted; null or missing if there is none. */
  nextOwner?: string | null;
  /** Renewals are paid from the account's credit as far as it suffices. */
  autoPayFromCredit?: boolean;
  /** Set by staff; an account without one is active. */
  status?: AccountStatus;
  /** How the account is billed for its services, set by staff; recurring by default. */
  billingMode?: BillingMode;
  /** The main account, the kind of the link and its start; missing or null if the account is not linked. */
  mainAccountId?: string | null;
  linkKind?: LinkKind | null;
  linkedAt?: string | null;
  /** The number of accounts linked to this one. */
  linkedAccounts?: number;
  version: string;
  createdAt: string;
}

/** A contact's access to this account; `ended` once it was deactivated. */
export interface SubAccount {
  userId: string;
  ended: boolean;
  /** The login was created for this access, and a mail asked its owner to choose a password. */
  invited: boolean;
  /** The invitation that waits to be accepted; until then the access opens nothing. */
  invitation?: string;
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
  /** BCP 47; the account's where it is missing. */
  language?: string;
  /** Its address was proven in this account: by its holder's press, or by mail of theirs that was believed. */
  proven?: boolean;
  emailPreferences: EmailPreferences;
  subAccount: SubAccount | null;
  /** Covers the sub-account too. */
  version: string;
  createdAt: string;
}

/** A new address that a person asked for. */
export interface AddressChange {
  id: string;
  email: string;
  /** When it takes effect, in Unix seconds; null until its code was typed in. */
  effectiveAtSeconds: number | null;
}

/** One person's login for all their accounts. */
export interface Login {
  userId: string;
  name: string;
  email: string;
  /** Belongs to a member of staff, invited or not: their roles stand in a row of their own. */
  staff: boolean;
  /** The number of accounts the login has access to; at zero it is disabled unless it is a staff login. */
  accounts: number;
  lastSignInAt: string | null;
  /** Its address was proven by a code or link that was mailed to it. */
  proven?: boolean;
  /** Its person said the name. Missing in rows of before, where a proven login was mostly named by its person. */
  namedBySelf?: boolean;
  /** Since when, in Unix seconds, the portal knows that signing in takes a second factor. */
  secondFactor?: { sinceSeconds: number };
  /** The change of its address that waits; until it takes effect nothing else knows of it. */
  addressChange?: AddressChange;
  /** BCP 47. */
  language?: string;
  /** IANA. */
  timeZone?: string;
  /** Tokens of sign-ins up to and in this Unix second are refused; set when its sessions were ended. */
  notBeforeSeconds: number;
  /**
   * The one session that went on when all others were ended at this second; any later ending ends it too.
   */
  kept?: { session: string; atSeconds: number };
  /** Set while its sessions are being ended; a sign-in has to wait until it is gone, or it would be ended as well. */
  endingSessions?: string;
  version: string;
}

/** A member of the provider's staff; until the invitation is accepted the roles open nothing. */
export interface MemberOfStaff {
  userId: string;
  email: string;
  roles: readonly StaffRole[];
  invitation?: string;
  version: string;
  addedAt: string;
}

/** An account in which an address is that of the owner (`contactId` null) or of a contact. */
export interface KnownAddress {
  accountId: string;
  contactId: string | null;
  knownSince: string;
}

/** What became of an account's claim that an address is one of its contacts'; its holder was asked by mail. */
export interface Claim {
  accountId: string;
  state: 'asked' | 'shown' | 'declined';
  questionId: string;
  /** The fingerprints of the messages that wait for the answer. */
  waiting: string[];
  version: string;
}

/** The permissions a contact has now; none if the access ended or expired. */
export function heldPermissions(contact: Contact, now: Date): Permission[] {
  const { subAccount } = contact;
  if (!subAccount || subAccount.ended || isExpired(subAccount.expiresAtSeconds, now)) return [];
  return subAccount.permissions;
}

/** Whether a contact's access waits to be accepted. */
export function isInvited({ subAccount }: Contact): boolean {
  return subAccount?.invitation !== undefined && !subAccount.ended;
}

/** Whether a contact of a main account may manage tickets of its linked accounts now. */
export function managesTickets(contact: Contact, now: Date): boolean {
  const held = isInvited(contact) ? [] : heldPermissions(contact, now);
  return held.includes('tickets') && held.includes('linked-accounts');
}

/** The mail lists a contact is on, by its preferences and its permissions. */
export function mailListsOf(contact: Contact): MailList[] {
  const lists: MailList[] = mailKinds.filter((kind) => contact.emailPreferences[kind]);
  const { subAccount } = contact;
  const isIn = subAccount && !subAccount.ended && !isInvited(contact);
  const manages = isIn && includes(toMask(subAccount.permissions), 'contacts');
  return manages ? [...lists, 'managers'] : lists;
}

export function isDisabled(login: Login): boolean {
  return login.accounts === 0 && !login.staff;
}

/**
 * Whether a sign-in at this time used the second factor: the user pool asks for it since the portal knows it. One that
 * somebody set there without the portal counts for nothing.
 */
export function usedSecondFactor({ secondFactor }: Login, signedInAtSeconds: number): boolean {
  return secondFactor !== undefined && signedInAtSeconds > secondFactor.sinceSeconds;
}

/** The second that a session counts from: that of its sign-in, or, where it alone was kept, the end of all others. */
export function countsFrom(
  { kept, notBeforeSeconds }: Login,
  signedInAtSeconds: number,
  session: string | undefined,
): number {
  const isKept = kept !== undefined && kept.session === session && kept.atSeconds === notBeforeSeconds;
  return isKept ? notBeforeSeconds + 1 : signedInAtSeconds;
}

/** What a person calls themselves; null where others alone have said a name: theirs goes nowhere else. */
export function ownName({ proven, name, namedBySelf = true }: Login): string | null {
  return proven && namedBySelf ? name : null;
}

/** What others read of a login: an unproven one is known where it was named, a proven one by its person's own word. */
export function calledName(login: Login): string {
  return ownName(login) ?? (login.proven ? login.email : login.name);
}

/** The login, proven by what says no name. */
export function provenUnnamed(login: Login): Login {
  return { ...login, proven: true, namedBySelf: ownName(login) !== null };
}

/** The login without what was set up with its password until now: the second factor, a change of its address. */
export function forgotten(login: Login): Login {
  const { secondFactor: _, addressChange: __, ...without } = login;
  return without;
}

/** The account's link to its main account under these settings; null if it is not linked. */
export function linkOf({ id, mainAccountId, linkKind }: Account, settings: LinkSettings): Link | null {
  if (!mainAccountId || !linkKind) return null;
  return { accountId: id, mainAccountId, kind: linkKind, isOpen: isOpen(linkKind, settings) };
}

/** Who is billed for an account: its main account if it is aggregated, otherwise the account itself. */
export function payerId({ id, mainAccountId, linkKind }: Account): string {
  return linkKind === 'aggregated' && mainAccountId ? mainAccountId : id;
}

/** The account that holds the tickets of guests. */
export const guestsAccountId = 'acct_guests';
