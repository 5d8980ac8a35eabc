import type * as z from 'zod';
import { isExpired } from '../../../shared/access/caller.ts';
import type { Authority } from '../../../shared/access/decide.ts';
import type { Permission } from '../../../shared/access/permissions.ts';
import {
  type ContactFacts,
  noMailKind,
  requireDelegation,
  requireMailDelegation,
} from '../../../shared/accounts/contact.ts';
import { normalAddress } from '../../../shared/accounts/keys.ts';
import { type Contact, heldPermissions, type SubAccount } from '../../../shared/accounts/people.ts';
import { toInstant, toSeconds } from '../../../shared/core/clock.ts';
import { newId, newVersion } from '../../../shared/core/ids.ts';
import { conflict, invalid, Problem } from '../../../shared/core/problem.ts';
import type { Change } from '../../../shared/write/commit.ts';
import type { saveContact } from '../schemas.ts';

/** A contact as a request wants it. What is left out is kept, or is as in a new one; access that is null ends. */
export type ContactInput = z.output<typeof saveContact>;

export type AccessDetails = Pick<SubAccount, 'permissions' | 'expiresAtSeconds' | 'note'>;

/** What a request makes of a contact, before anything is looked up elsewhere. */
export interface ContactPlan {
  /** Null for a new contact. */
  before: Contact | null;
  /** The person as they will be, with the access that they have now, at a new version. */
  person: Contact;
  access:
    | { step: 'kept' }
    | { step: 'ended' }
    | { step: 'changed'; current: SubAccount; details: AccessDetails }
    | { step: 'given'; details: AccessDetails };
  /** The request says something of the access, be it what is so already. */
  namesAccess: boolean;
  password: string | null;
}

/** What a plan writes besides the entry on the person, and what the answer tells of the contact. */
export interface SavedContact extends Change {
  contact: Contact;
  facts: ContactFacts;
  /** Runs the write, then what follows it in the user pool. */
  complete(write: () => Promise<void>): Promise<void>;
}

/** @throws Problem `invalid-request` for an end in the past, or a new contact without name or address */
export function planContact(
  accountId: string,
  before: Contact | null,
  input: ContactInput,
  now: Date,
): ContactPlan {
  const access = planAccess(before, input.subAccount, now);
  return {
    before,
    person: personOf(accountId, before, input, now),
    access,
    namesAccess: input.subAccount !== undefined,
    password: input.subAccount?.password ?? null,
  };
}

/**
 * The limits of delegation on all that a plan changes.
 * @throws Problem `delegation-limit` naming the permissions that exceed them
 */
export function requireAllowed(authority: Authority, plan: ContactPlan, now: Date): void {
  const { before, person, access } = plan;
  // Nobody says anything of their own access, not even that it stays.
  const isOwn = authority.kind === 'member' && authority.grant.contactId === person.id;
  const changesAccess = access.step !== 'kept' || (plan.namesAccess && isOwn);
  // Somebody who can change an address can take over replies, so changing a contact counts as changing their access.
  const change = { ...accessAfter(plan, now), changesAccess };
  requireDelegation(authority, before ?? person, change, now);
  // A changed address gets what the old one got: each kind is switched on for it.
  const isSameAddress = before !== null && normalAddress(before.email) === person.email;
  requireMailDelegation(authority, isSameAddress ? before.emailPreferences : null, person.emailPreferences);
}

/** @throws Problem where the login that the contact has does not allow the plan */
export function requirePossible({ before, person, access, password }: ContactPlan): void {
  if (!before || !currentAccess(before) || access.step === 'ended') return;
  if (person.email !== normalAddress(before.email)) {
    throw conflict(
      'This address signs in. Deactivate the login first, then change the address and activate it anew.',
    );
  }
  if (password !== null) {
    throw new Problem('login-exists', 'This person signs in already; only they can change their password.');
  }
}

/** The permissions and their end that a plan leads to. */
export function accessAfter({ person, access }: ContactPlan, now: Date) {
  if (access.step === 'ended') return { wants: [] as Permission[], wantsUntilSeconds: null };
  if (access.step === 'kept') {
    const wantsUntilSeconds = currentAccess(person)?.expiresAtSeconds ?? null;
    return { wants: heldPermissions(person, now), wantsUntilSeconds };
  }
  return { wants: access.details.permissions, wantsUntilSeconds: access.details.expiresAtSeconds };
}

export function currentAccess(contact: Contact | null): SubAccount | null {
  const subAccount = contact?.subAccount ?? null;
  return subAccount?.ended ? null : subAccount;
}

function planAccess(
  before: Contact | null,
  wanted: ContactInput['subAccount'],
  now: Date,
): ContactPlan['access'] {
  const current = currentAccess(before);
  if (wanted === undefined) return { step: 'kept' };
  if (wanted === null) return current ? { step: 'ended' } : { step: 'kept' };
  const details: AccessDetails = {
    permissions: wanted.permissions,
    expiresAtSeconds: readExpiry(wanted.expiresAt, now) ?? current?.expiresAtSeconds ?? null,
    note: wanted.note === undefined ? (current?.note ?? null) : wanted.note,
  };
  if (wanted.expiresAt === null) details.expiresAtSeconds = null;
  if (!current) return { step: 'given', details };
  return isSameAccess(current, details) ? { step: 'kept' } : { step: 'changed', current, details };
}

function readExpiry(expiresAt: string | null | undefined, now: Date): number | null {
  if (!expiresAt) return null;
  const seconds = toSeconds(new Date(expiresAt));
  if (!isExpired(seconds, now)) return seconds;
  throw invalid([{ path: 'expiresAt', code: 'out-of-range', message: 'must lie in the future' }]);
}

function isSameAccess(current: AccessDetails, wanted: AccessDetails): boolean {
  const isSame = (one: readonly Permission[], other: readonly Permission[]) =>
    one.length === other.length && one.every((key) => other.includes(key));
  return (
    isSame(current.permissions, wanted.permissions) &&
    current.expiresAtSeconds === wanted.expiresAtSeconds &&
    current.note === wanted.note
  );
}

function personOf(accountId: string, before: Contact | null, input: ContactInput, now: Date): Contact {
  const { name = before?.name, email = before?.email, language = before?.language } = input;
  const missing = [...(name === undefined ? ['name'] : []), ...(email === undefined ? ['email'] : [])];
  if (name === undefined || email === undefined) {
    throw invalid(
      missing.map((path) => ({ path, code: 'required' as const, message: 'must be said of a new contact' })),
    );
  }
  const {
    language: _,
    // What was shown of the old address says nothing of another one.
    proven,
    ...kept
  }: Partial<Contact> & Pick<Contact, 'id' | 'accountId' | 'subAccount' | 'createdAt'> = before ?? {
    id: newId('contact', now),
    accountId,
    subAccount: null,
    createdAt: toInstant(now),
  };
  return {
    ...kept,
    name,
    email: normalAddress(email),
    ...(proven && normalAddress(email) === normalAddress(before!.email) ? { proven } : {}),
    phone: input.phone === undefined ? (before?.phone ?? null) : input.phone,
    ...(language ? { language } : {}),
    emailPreferences: { ...(before?.emailPreferences ?? noMailKind), ...input.emailPreferences },
    version: newVersion(),
  };
}
