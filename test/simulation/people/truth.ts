import type { RoutePermission } from '../../../shared/access/decide.ts';
import { type LinkKind, reachable } from '../../../shared/access/link.ts';
import { includes, type Permission, permissionKeys, toMask } from '../../../shared/access/permissions.ts';
import { permissionsOfRoles, type StaffRole } from '../../../shared/access/staff.ts';
import { ownedBy } from '../../../shared/mail/invitations/signed-link.ts';
import type { Person } from './person.ts';

/** What an account gave somebody. */
export interface Part {
  role: 'owner' | 'sub-account';
  contactId: string | null;
  permissions: readonly Permission[];
  untilSeconds: number | null;
  /** Which admission it stems from: a link works for its own alone. */
  admission: number;
  /** Since when it counts, in Unix seconds; null while it waits for its person. */
  sinceSeconds: number | null;
}

export interface Place {
  roles: readonly StaffRole[];
  admission: number;
  /** Since when it counts, in Unix seconds; null while it waits for its person. */
  sinceSeconds: number | null;
}

/** An account that somebody was asked to own. */
export interface ToOwn {
  admission: number;
  /** Theirs at that Unix second, or when they accept it, where that is later. */
  effectiveSeconds: number;
  /** When they accepted, in Unix seconds; null while it waits for its person. */
  sinceSeconds: number | null;
}

/** A login as it really is. */
export interface TrueLogin {
  userId: string;
  address: string;
  /** Who reads the mail of its address. */
  holder: Person;
  proven: boolean;
  /** Who chose the first password, until the login is proven or ends. */
  chosenBy: Person | null;
  /** The first password was not used yet: whoever signs in with it first has to choose another. */
  isFirst: boolean;
  /** What its person called themselves; null while they never did. */
  name: string | null;
  parts: Map<string, Part>;
  toOwn: Map<string, ToOwn>;
  place: Place | null;
  /** Sign-ins up to and in this Unix second are out. */
  endedSeconds: number;
  /** The session that went on when all others ended then. */
  kept?: { session: string; atSeconds: number };
  change: { email: string; id: string | null; effectiveSeconds: number | null } | null;
}

interface TrueAccount {
  ownerId: string;
  /** Who is to own it next. */
  nextId: string | null;
  isClosed: boolean;
  /** Each contact, with the address that it was given, and the login that has a part by it, if one has. */
  contacts: Map<string, { address: string; userId: string | null }>;
}

/** Who was really admitted where, by which rules: what the portal's rows and answers are compared with. */
export class Truth {
  readonly logins = new Map<string, TrueLogin>();
  readonly accounts = new Map<string, TrueAccount>();
  readonly links = new Map<string, { main: string; kind: LinkKind }>();
  isManaging = false;
  isIndependentOpen = false;
  #admissions = 0;

  /** The login behind an address, as the portal named it: a new one, one that comes back, or one that goes on. */
  #admitted(userId: string, address: string, holder: Person, chosenBy: Person | null, now: number) {
    const login = this.logins.get(userId);
    if (login) {
      if (isDisabled(login)) login.endedSeconds = now;
      return { login, isNew: false };
    }
    const made: TrueLogin = {
      userId,
      address,
      holder,
      proven: false,
      chosenBy,
      isFirst: chosenBy !== null,
      name: null,
      parts: new Map(),
      toOwn: new Map(),
      place: null,
      endedSeconds: 0,
      change: null,
    };
    this.logins.set(userId, made);
    return { login: made, isNew: true };
  }

  /** An account admits whoever has this address. It counts at once for a new login with a password of somebody's choice. */
  admit(
    accountId: string,
    person: { userId: string; address: string; holder: Person; chosenBy: Person | null },
    given: Omit<Part, 'admission' | 'sinceSeconds'>,
    now: number,
  ): void {
    const { userId, address, holder, chosenBy } = person;
    const { login, isNew } = this.#admitted(userId, address, holder, chosenBy, now);
    this.#admissions += 1;
    const sinceSeconds = isNew && chosenBy ? now : null;
    login.parts.set(accountId, { ...given, admission: this.#admissions, sinceSeconds });
    const { role, contactId } = given;
    if (role === 'owner')
      this.accounts.set(accountId, { ownerId: userId, nextId: null, isClosed: false, contacts: new Map() });
    else this.accounts.get(accountId)!.contacts.set(contactId!, { address, userId });
  }

  admitToStaff(
    { userId, address, holder }: { userId: string; address: string; holder: Person },
    roles: readonly StaffRole[],
    now: number,
  ): void {
    const { login } = this.#admitted(userId, address, holder, null, now);
    this.#admissions += 1;
    login.place = { roles, admission: this.#admissions, sinceSeconds: null };
  }

  /** Staff ask somebody to own an account a day from now, in the place of whoever was asked before. */
  askToOwn(
    accountId: string,
    { userId, address, holder }: { userId: string; address: string; holder: Person },
    now: number,
  ): void {
    const { login } = this.#admitted(userId, address, holder, null, now);
    const account = this.accounts.get(accountId)!;
    if (account.nextId !== userId) this.withdrawOwner(accountId, now);
    this.#admissions += 1;
    const effectiveSeconds = now + 24 * 3600;
    login.toOwn.set(accountId, { admission: this.#admissions, effectiveSeconds, sinceSeconds: null });
    account.nextId = userId;
  }

  withdrawOwner(accountId: string, now: number): void {
    const account = this.accounts.get(accountId)!;
    const login = this.logins.get(account.nextId ?? '');
    account.nextId = null;
    login?.toOwn.delete(accountId);
    if (login) this.#endIfNothingIsLeft(login, now);
  }

  /** Whether an account is somebody's from now on: they accepted, as a proven login, and its day is over. */
  isDue(accountId: string, now: number): boolean {
    const { nextId, isClosed } = this.accounts.get(accountId)!;
    const login = this.logins.get(nextId ?? '');
    const asked = login?.toOwn.get(accountId);
    const isAccepted = login?.proven === true && asked?.sinceSeconds != null;
    return !isClosed && isAccepted && asked.effectiveSeconds <= now;
  }

  /** Its next owner has all of it, and is no contact any more; the owner before, whose login comes back, has nothing. */
  changeHands(accountId: string, now: number): TrueLogin {
    const account = this.accounts.get(accountId)!;
    const [former, login] = [this.logins.get(account.ownerId)!, this.logins.get(account.nextId!)!];
    const { admission } = login.toOwn.get(accountId)!;
    login.toOwn.delete(accountId);
    for (const [id, { address, userId }] of account.contacts) {
      if (userId !== login.userId && address !== login.address) continue;
      account.contacts.delete(id);
      // What waits there for somebody who had the address before was given to the address.
      if (userId !== null && userId !== login.userId) this.dismiss(this.logins.get(userId)!, accountId, now);
    }
    const all = { role: 'owner' as const, contactId: null, permissions: permissionKeys, untilSeconds: null };
    login.parts.set(accountId, { ...all, admission, sinceSeconds: now });
    Object.assign(account, { ownerId: login.userId, nextId: null });
    this.dismiss(former, accountId, now);
    return former;
  }

  /** A part ends, and the login with its last one. */
  dismiss(login: TrueLogin, accountId: string, now: number): void {
    const part = login.parts.get(accountId);
    login.parts.delete(accountId);
    const contact = this.accounts.get(accountId)?.contacts.get(part?.contactId ?? '');
    if (contact) contact.userId = null;
    this.#endIfNothingIsLeft(login, now);
  }

  dismissFromStaff(login: TrueLogin, now: number): void {
    login.place = null;
    this.#endIfNothingIsLeft(login, now);
  }

  #endIfNothingIsLeft(login: TrueLogin, now: number): void {
    if (!isDisabled(login)) return;
    Object.assign(login, { proven: false, chosenBy: null, isFirst: false, endedSeconds: now, change: null });
  }

  /** What waits for a login at the place that an invitation names: an account, one to own, or staff. */
  waiting(login: TrueLogin, accountId: string, now: number): { admission: number } | null {
    const asked = login.toOwn.get(ownedBy(accountId) ?? '');
    if (ownedBy(accountId) !== null) return asked?.sinceSeconds === null ? asked : null;
    if (accountId === 'staff') return login.place?.sinceSeconds === null ? login.place : null;
    const part = login.parts.get(accountId);
    return part?.sinceSeconds === null && !isOver(part, now) ? part : null;
  }

  accept(login: TrueLogin, accountId: string, now: number): void {
    const asked = login.toOwn.get(ownedBy(accountId) ?? '');
    const accepted = asked ?? (accountId === 'staff' ? login.place! : login.parts.get(accountId)!);
    accepted.sinceSeconds = now;
    this.followAddress(login);
  }

  /** The accounts that somebody is in know them by the address of their login. */
  followAddress({ parts, address }: TrueLogin): void {
    for (const [accountId, { contactId, sinceSeconds }] of parts) {
      const contact = this.accounts.get(accountId)!.contacts.get(contactId ?? '');
      if (contact && sinceSeconds !== null) contact.address = address;
    }
  }

  /** The part of a login that counts in an account now. */
  part(login: TrueLogin, accountId: string, now: number): Part | null {
    const part = login.parts.get(accountId);
    return part && part.sinceSeconds !== null && !isOver(part, now) ? part : null;
  }

  /** Whether a login may do what needs this in an account; null for no account. */
  allows(login: TrueLogin, accountId: string | null, needed: RoutePermission, now: number): boolean {
    if (needed === 'public' || needed === 'signed-in') return true;
    const part = accountId === null ? null : this.part(login, accountId, now);
    const roles = rolesOf(login);
    if (needed === 'staff' || needed.startsWith('staff:')) {
      const role = needed.slice('staff:'.length) as StaffRole;
      const has = needed === 'staff' ? roles.length > 0 : roles.includes(role);
      return !part && (has || roles.includes('administrator'));
    }
    const permission = needed as Permission | 'member';
    if (accountId === null) return true;
    if (part && holds(part.permissions, permission)) return true;
    if (!part && roles.length > 0) {
      return permission === 'member' || includes(permissionsOfRoles(roles), permission);
    }
    return this.#allowsFromMain(login, accountId, permission, now);
  }

  #allowsFromMain(login: TrueLogin, accountId: string, needed: Permission | 'member', now: number): boolean {
    const link = this.links.get(accountId);
    const isOpen = this.isManaging && (link?.kind === 'aggregated' || this.isIndependentOpen);
    const part = link && isOpen ? this.part(login, link.main, now) : null;
    if (!link || !part || !part.permissions.includes('linked-accounts')) return false;
    return (
      needed === 'member' || (includes(reachable[link.kind], needed) && part.permissions.includes(needed))
    );
  }

  /** The limits of delegation: what somebody may make of a contact's access. Null: no limit was broken. */
  exceeds(
    by: TrueLogin,
    accountId: string,
    contact: { id: string | null; holds: readonly Permission[] },
    wants: { permissions: readonly Permission[]; untilSeconds: number | null },
    now: number,
  ): string | null {
    const part = this.part(by, accountId, now);
    if (part?.role === 'owner') return null;
    const held = part ? part.permissions : rolesOpen(by);
    const beyond = [...contact.holds, ...wants.permissions].filter((key) => !held.includes(key));
    if (beyond.length > 0) return `touches ${beyond.join()}, which they lack`;
    if (part && part.contactId === contact.id) return 'changes their own access';
    const end = part?.untilSeconds ?? null;
    const outlives = end !== null && (wants.untilSeconds ?? Infinity) > end;
    return outlives && wants.permissions.length > 0 ? 'gives a longer time than they have' : null;
  }
}

/** The roles of somebody who accepted a place among staff. */
export function rolesOf({ place }: TrueLogin): readonly StaffRole[] {
  return place && place.sinceSeconds !== null ? place.roles : [];
}

/** A login as the gateway may have heard of it at this second: without a part, or the place, that it gained since. */
export function asHeard(login: TrueLogin, seconds: number): TrueLogin[] {
  const isHeard = ({ sinceSeconds }: Part | Place) => sinceSeconds !== null && sinceSeconds < seconds;
  const parts = new Map([...login.parts].filter(([, part]) => isHeard(part)));
  const place = login.place && isHeard(login.place) ? login.place : null;
  return [login, { ...login, parts }, { ...login, place }, { ...login, parts, place }];
}

function rolesOpen(login: TrueLogin): Permission[] {
  const mask = permissionsOfRoles(rolesOf(login));
  return permissionKeys.filter((key) => includes(mask, key));
}

function holds(permissions: readonly Permission[], needed: Permission | 'member'): boolean {
  return needed === 'member' || includes(toMask(permissions), needed);
}

export function isOver({ untilSeconds }: Pick<Part, 'untilSeconds'>, now: number): boolean {
  return untilSeconds !== null && untilSeconds <= now;
}

/** A login is disabled exactly when it has no account, is to own none, and has no place among staff. */
export function isDisabled({ parts, toOwn, place }: TrueLogin): boolean {
  return parts.size === 0 && toOwn.size === 0 && place === null;
}
