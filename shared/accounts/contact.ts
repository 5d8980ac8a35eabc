import type { Authority } from '../access/decide.ts';
import { delegationRefusal, type DelegationRefusal } from '../access/delegation.ts';
import { type Permission, toMask } from '../access/permissions.ts';
import { isExpired } from '../access/caller.ts';
import { missingForKinds, switchedOn } from './mail-kinds.ts';
import { secondsToInstant } from '../core/clock.ts';
import { Problem } from '../core/problem.ts';
import {
  type Contact,
  type EmailPreferences,
  heldPermissions,
  isInvited,
  type Login,
  mailKinds,
} from './people.ts';
import type { Activity } from '../write/activity.ts';

/** A new contact receives nothing until a kind of mail is switched on. */
export const noMailKind = Object.fromEntries(mailKinds.map((kind) => [kind, false])) as EmailPreferences;

export type SubAccountStatus = 'invited' | 'active' | 'expired' | 'inactive';

/** Invited until it is accepted, or until the first sign-in if the login was created for it. Expiry follows the clock; no job is needed. */
export function subAccountStatus(
  subAccount: NonNullable<Contact['subAccount']>,
  lastSignInAt: string | null,
  now: Date,
): SubAccountStatus {
  if (subAccount.ended) return 'inactive';
  if (isExpired(subAccount.expiresAtSeconds, now)) return 'expired';
  if (subAccount.invitation !== undefined) return 'invited';
  return subAccount.invited && lastSignInAt === null ? 'invited' : 'active';
}

/** Whether something of its own has shown the contact's address: a proven login with an accepted part, or a mailed link. */
export function isShown(contact: Contact, login: Login | undefined): boolean {
  return contact.proven === true || hasProvenLogin(contact, login);
}

export function hasProvenLogin(contact: Contact, login: Login | undefined): boolean {
  const { subAccount } = contact;
  const isTheirs = subAccount !== null && !subAccount.ended && subAccount.userId === login?.userId;
  return isTheirs && login?.proven === true && !isInvited(contact);
}

/** What is known of a contact besides its row: what happened in its account alone. */
export interface ContactFacts {
  lastSignInAt?: string | null;
  /** Of an invitation that waits: when it was mailed last, and when it may be mailed again. */
  invitation?: { sentAt: string | null; nextAt: string | null };
  /** Mail to them came back for good. */
  emailBounced?: { at: string; reason: string };
}

/** The contact as the API returns it. */
export function contactView(contact: Contact, facts: ContactFacts, now: Date) {
  const { subAccount } = contact;
  const { lastSignInAt = null, invitation, emailBounced } = facts;
  const person = { ...contact, ...(emailBounced ? { emailBounced } : {}) };
  if (!subAccount) return person;
  return {
    ...person,
    ...(invitation ? { invitation } : {}),
    subAccount: {
      status: subAccountStatus(subAccount, lastSignInAt, now),
      permissions: subAccount.ended ? [] : subAccount.permissions,
      expiresAt: subAccount.ended ? null : secondsToInstant(subAccount.expiresAtSeconds),
      note: subAccount.note,
      lastSignInAt,
    },
  };
}

/**
 * Enforces the limit of delegation on a change of a contact.
 * @throws Problem `delegation-limit` naming the permissions that exceed it
 */
export function requireDelegation(
  authority: Authority,
  contact: Contact,
  change: { wants: readonly Permission[]; wantsUntilSeconds: number | null; changesAccess: boolean },
  now: Date,
): void {
  const refused = delegationRefusal(authority, {
    contactId: contact.id,
    holds: toMask(heldPermissions(contact, now)),
    wants: toMask(change.wants),
    wantsUntilSeconds: change.wantsUntilSeconds,
    changesAccess: change.changesAccess,
  });
  if (refused)
    throw new Problem('delegation-limit', refusalText[refused.because], { exceeds: refused.exceeds });
}

/**
 * Enforces that mail is no way around permissions: somebody switches on only kinds of mail whose permission they hold,
 * for others as for themselves. Switching off is free.
 * @throws Problem `delegation-limit` naming the permissions that exceed it
 */
export function requireMailDelegation(
  authority: Authority,
  before: EmailPreferences | null,
  after: EmailPreferences,
): void {
  if (authority.kind !== 'member' || authority.grant.role === 'owner') return;
  const exceeds = missingForKinds(authority.grant.permissions, switchedOn(before, after));
  if (exceeds.length === 0) return;
  const text =
    'You can only switch on mail about what you may see; the permissions named here you do not hold.';
  throw new Problem('delegation-limit', text, { exceeds });
}

const refusalText: Record<DelegationRefusal['because'], string> = {
  'own-access': 'Nobody changes their own access. Ask the owner, or somebody else who manages contacts.',
  'not-held': 'You can only touch what you hold yourself; the permissions named here you do not hold.',
  outlives: 'Your own access ends before this one would. Give an end that is no later than yours.',
};

/** The activity entry for a contact's change; `details.access` selects access or personal data as the values. */
export function contactActivity(
  action: string,
  before: Contact | null,
  after: Contact | null,
  details: { access: boolean },
): Activity {
  const contact = after ?? before!;
  const detailsOf = details.access ? accessOf : personOf;
  return {
    accountId: contact.accountId,
    action,
    subject: { kind: 'contact', id: contact.id, name: contact.name },
    before: before && detailsOf(before),
    after: after && detailsOf(after),
  };
}

function personOf({ name, email, phone, language, emailPreferences }: Contact) {
  return { name, email, phone, ...(language ? { language } : {}), emailPreferences };
}

function accessOf({ subAccount }: Contact) {
  if (!subAccount || subAccount.ended) return { permissions: [], expiresAt: null, note: null };
  const { permissions, expiresAtSeconds, note } = subAccount;
  return { permissions, expiresAt: secondsToInstant(expiresAtSeconds), note };
}
