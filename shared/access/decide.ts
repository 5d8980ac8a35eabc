import { type Caller, type Grant, isExpired } from './caller.ts';
import { type Link, reachable } from './link.ts';
import { includes, type Permission, type PermissionMask } from './permissions.ts';
import { hasRole, permissionsOfRoles, type Staff, type StaffRole } from './staff.ts';

/** For the provider's staff: with this role, or with any. */
export type StaffPermission = 'staff' | `staff:${StaffRole}`;

/** What a route requires of its caller: a permission, membership, a signed-in login, a role of staff, or nothing. */
export type RoutePermission = Permission | 'member' | 'signed-in' | StaffPermission | 'public';

export function isForStaff(permission: RoutePermission): permission is StaffPermission {
  return permission === 'staff' || permission.startsWith('staff:');
}

/** The role that a route for staff names; null where any will do. */
export function neededRole(permission: StaffPermission): StaffRole | null {
  return permission === 'staff' ? null : (permission.slice('staff:'.length) as StaffRole);
}

/** In which linked accounts people of a main account reach a route: all that its permission opens, or fewer. */
export type FromMain = 'linked' | 'aggregated' | 'never';

/** The right by which an allowed request acts. */
export type Authority =
  | { kind: 'member'; grant: Grant }
  /** In a linked account, by the grant in its main account; `permissions` are those that both allow. */
  | { kind: 'main-account'; grant: Grant; link: Link; permissions: PermissionMask }
  /** In any account, by roles; `permissions` are those that they open. */
  | { kind: 'staff'; staff: Staff; permissions: PermissionMask }
  | { kind: 'signed-in' };

export type Decision =
  | { allowed: true; authority: Authority }
  /** No grant in the account or its main account: the answer must not reveal that the account exists. */
  | { allowed: false; because: 'unknown' }
  /** A grant in the account that lacks the permission: the refusal is explained. */
  | { allowed: false; because: 'permission'; grant: Grant; open: PermissionMask; required: Permission }
  /** A grant in the main account, but a setting or the kind of the link excludes it: explained as well. */
  | {
      allowed: false;
      because: 'setting' | 'account-kind';
      open: PermissionMask;
      required: Permission | 'member';
    }
  /** The route is for the provider's staff, and the caller is not among them, or acts as a client here. */
  | { allowed: false; because: 'staff-only' }
  /** A member of staff whose roles do not open this; `role` is the one that the route names, if it names one. */
  | { allowed: false; because: 'role'; role: StaffRole | null; required: Permission | null };

/**
 * Decides whether a caller may do what needs `required` in an account. Every access check goes through it.
 * `accountId` is null for routes outside any account. `link` is the account's link to its main account, if it has one;
 * it counts only where the caller's own grant does not suffice.
 */
export function decide(
  caller: Caller,
  accountId: string | null,
  required: Exclude<RoutePermission, 'public'>,
  now: Date,
  link: Link | null = null,
  fromMain: FromMain = 'linked',
): Decision {
  const ownDecision = decideByOwnGrant(caller, accountId, required, now);
  if (ownDecision.allowed || link === null) return ownDecision;
  if (isForStaff(required) || required === 'signed-in') {
    return grantIn(caller, link.mainAccountId, now) ? { allowed: false, because: 'staff-only' } : ownDecision;
  }
  const linkedDecision = decideInLinkedAccount(caller, link, required, now, fromMain);
  if (linkedDecision.allowed || ownDecision.because === 'unknown') return linkedDecision;
  // A caller with a grant in the account itself reads what that grant lacks, and what both grants open.
  const openInLinkedAccount = 'open' in linkedDecision ? linkedDecision.open : 0;
  return 'open' in ownDecision
    ? { ...ownDecision, open: ownDecision.open | openInLinkedAccount }
    : ownDecision;
}

/** Decides for a linked account by the caller's grant in its main account alone. */
export function decideInLinkedAccount(
  caller: Caller,
  link: Link,
  required: Permission | 'member',
  now: Date,
  fromMain: FromMain = 'linked',
): Decision {
  if (actsAsStaff(caller, link.accountId, now)) return decideAsStaff(caller.staff, null, required);
  const mainGrant = grantIn(caller, link.mainAccountId, now);
  return mainGrant
    ? decideByMainGrant(mainGrant, link, required, fromMain)
    : { allowed: false, because: 'unknown' };
}

function decideByOwnGrant(
  caller: Caller,
  accountId: string | null,
  required: Exclude<RoutePermission, 'public'>,
  now: Date,
): Decision {
  const isStaff = actsAsStaff(caller, accountId, now);
  if (isForStaff(required)) {
    return isStaff
      ? decideAsStaff(caller.staff, neededRole(required), null)
      : decideStaffOnly(caller, accountId, now);
  }
  if (accountId === null || required === 'signed-in') {
    return { allowed: true, authority: { kind: 'signed-in' } };
  }
  if (isStaff) return decideAsStaff(caller.staff, null, required);
  const grant = grantIn(caller, accountId, now);
  if (!grant) return { allowed: false, because: 'unknown' };
  if (required === 'member' || includes(grant.permissions, required)) {
    return { allowed: true, authority: { kind: 'member', grant } };
  }
  return { allowed: false, because: 'permission', grant, open: grant.permissions, required };
}

/** A member of staff; in an account in which they have a part of their own they are its client and nothing else. */
export function actsAsStaff(
  caller: Caller,
  accountId: string | null,
  now: Date,
): caller is Caller & { staff: Staff } {
  return caller.staff !== null && (accountId === null || !grantIn(caller, accountId, now));
}

/** By the role that the route names, or else by the permissions that the roles open. */
function decideAsStaff(
  staff: Staff,
  role: StaffRole | null,
  required: Permission | 'member' | null,
): Decision {
  const permissions = permissionsOfRoles(staff.roles);
  const permission = required === 'member' ? null : required;
  const isOpen =
    (role === null || hasRole(staff, role)) && (permission === null || includes(permissions, permission));
  return isOpen
    ? { allowed: true, authority: { kind: 'staff', staff, permissions } }
    : { allowed: false, because: 'role', role, required: permission };
}

/** Checks the kind of the link, then the settings, then the caller's grant in the main account. */
function decideByMainGrant(
  mainGrant: Grant,
  link: Link,
  required: Permission | 'member',
  fromMain: FromMain,
): Decision {
  const permissions = permissionsInLinkedAccount(mainGrant.permissions, link);
  const kindAllows = fromMain === 'linked' || (fromMain === 'aggregated' && link.kind === 'aggregated');
  if (!kindAllows || (required !== 'member' && !includes(reachable[link.kind], required))) {
    return { allowed: false, because: 'account-kind', open: permissions, required };
  }
  if (!link.isOpen) return { allowed: false, because: 'setting', open: permissions, required };
  const needed: Permission[] = ['linked-accounts', ...(required === 'member' ? [] : [required])];
  const missing = needed.find((key) => !includes(mainGrant.permissions, key));
  if (missing)
    return { allowed: false, because: 'permission', grant: mainGrant, open: permissions, required: missing };
  return { allowed: true, authority: { kind: 'main-account', grant: mainGrant, link, permissions } };
}

/** The permissions that those held in the main account open in a linked account. */
export function permissionsInLinkedAccount(
  mainPermissions: PermissionMask,
  { kind, isOpen }: Link,
): PermissionMask {
  if (!isOpen || !includes(mainPermissions, 'linked-accounts')) return 0;
  return reachable[kind] & mainPermissions;
}

/** The permissions of an authority in its account. */
export function permissionsOf(authority: Authority): PermissionMask {
  switch (authority.kind) {
    case 'member':
      return authority.grant.permissions;
    case 'main-account':
    case 'staff':
      return authority.permissions;
    case 'signed-in':
      return 0;
  }
}

/** A staff route of an account in which the caller has no grant must not reveal that the account exists. */
function decideStaffOnly(caller: Caller, accountId: string | null, now: Date): Decision {
  if (accountId !== null && !grantIn(caller, accountId, now)) return { allowed: false, because: 'unknown' };
  return { allowed: false, because: 'staff-only' };
}

/** The caller's grant in an account, unless it has ended. */
export function grantIn(caller: Caller, accountId: string, now: Date): Grant | undefined {
  return caller.grants.find(
    (grant) => grant.accountId === accountId && !isExpired(grant.expiresAtSeconds, now),
  );
}
