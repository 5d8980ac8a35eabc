import { type Caller, type Grant, isExpired } from './caller.ts';
import { type Link, reachable } from './link.ts';
import { everyPermission, includes, type Permission, type PermissionMask } from './permissions.ts';

/** What a route requires of its caller: a permission, membership, a signed-in login, staff, or nothing. */
export type RoutePermission = Permission | 'member' | 'signed-in' | 'staff' | 'public';

/** In which linked accounts people of a main account reach a route: all that its permission opens, or fewer. */
export type FromMain = 'linked' | 'aggregated' | 'never';

/** The right by which an allowed request acts. */
export type Authority =
  | { kind: 'member'; grant: Grant }
  /** In a linked account, by the grant in its main account; `permissions` are those that both allow. */
  | { kind: 'main-account'; grant: Grant; link: Link; permissions: PermissionMask }
  | { kind: 'staff' }
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
  /** The route is for the provider's staff. */
  | { allowed: false; because: 'staff-only' };

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
  const own = decideDirectly(caller, accountId, required, now);
  if (own.allowed || link === null) return own;
  if (required === 'staff' || required === 'signed-in') {
    return grantIn(caller, link.mainAccountId, now) ? { allowed: false, because: 'staff-only' } : own;
  }
  const fromMainAccount = decideInLinkedAccount(caller, link, required, now, fromMain);
  if (fromMainAccount.allowed || own.because === 'unknown') return fromMainAccount;
  // A caller with a grant in the account itself reads what that grant lacks, and what both grants open.
  const inLinkedAccount = 'open' in fromMainAccount ? fromMainAccount.open : 0;
  return 'open' in own ? { ...own, open: own.open | inLinkedAccount } : own;
}

/** Decides for a linked account by the caller's grant in its main account alone. */
export function decideInLinkedAccount(
  caller: Caller,
  link: Link,
  required: Permission | 'member',
  now: Date,
  fromMain: FromMain = 'linked',
): Decision {
  if (caller.staff) return { allowed: true, authority: { kind: 'staff' } };
  const home = grantIn(caller, link.mainAccountId, now);
  return home ? decideFromMain(home, link, required, fromMain) : { allowed: false, because: 'unknown' };
}

function decideDirectly(
  caller: Caller,
  accountId: string | null,
  required: Exclude<RoutePermission, 'public'>,
  now: Date,
): Decision {
  if (required === 'staff') {
    if (caller.staff) return { allowed: true, authority: { kind: 'staff' } };
    return decideStaffOnly(caller, accountId, now);
  }
  if (caller.staff && accountId !== null) return { allowed: true, authority: { kind: 'staff' } };
  if (accountId === null || required === 'signed-in')
    return { allowed: true, authority: { kind: 'signed-in' } };
  const grant = grantIn(caller, accountId, now);
  if (!grant) return { allowed: false, because: 'unknown' };
  if (required === 'member' || includes(grant.permissions, required)) {
    return { allowed: true, authority: { kind: 'member', grant } };
  }
  return { allowed: false, because: 'permission', grant, open: grant.permissions, required };
}

/** Checks the kind of the link, then the settings, then the caller's grant in the main account. */
function decideFromMain(
  home: Grant,
  link: Link,
  required: Permission | 'member',
  fromMain: FromMain,
): Decision {
  const permissions = permissionsInLinkedAccount(home.permissions, link);
  const reached = fromMain === 'linked' || (fromMain === 'aggregated' && link.kind === 'aggregated');
  if (!reached || (required !== 'member' && !includes(reachable[link.kind], required))) {
    return { allowed: false, because: 'account-kind', open: permissions, required };
  }
  if (!link.isOpen) return { allowed: false, because: 'setting', open: permissions, required };
  const needed: Permission[] = ['linked-accounts', ...(required === 'member' ? [] : [required])];
  const lacking = needed.find((key) => !includes(home.permissions, key));
  if (lacking)
    return { allowed: false, because: 'permission', grant: home, open: permissions, required: lacking };
  return { allowed: true, authority: { kind: 'main-account', grant: home, link, permissions } };
}

/** The permissions that those held in the main account open in a linked account. */
export function permissionsInLinkedAccount(atHome: PermissionMask, { kind, isOpen }: Link): PermissionMask {
  if (!isOpen || !includes(atHome, 'linked-accounts')) return 0;
  return reachable[kind] & atHome;
}

/** The permissions of an authority in its account. */
export function permissionsOf(authority: Authority): PermissionMask {
  switch (authority.kind) {
    case 'member':
      return authority.grant.permissions;
    case 'main-account':
      return authority.permissions;
    case 'staff':
      return everyPermission;
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
