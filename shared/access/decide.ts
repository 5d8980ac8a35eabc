import { type Caller, type Grant, isExpired } from './caller.ts';
import { type Link, reachable } from './link.ts';
import { everyPermission, includes, type Permission, type PermissionMask } from './permissions.ts';

/** What a route asks of its caller: a permission, membership alone, a signed-in login, staff, or nothing. */
export type RoutePermission = Permission | 'member' | 'signed-in' | 'staff' | 'public';

/** In which linked accounts a main account's people reach a route: all that its permission opens, or fewer. */
export type FromMain = 'linked' | 'aggregated' | 'never';

/** In whose right a request acts, once it was allowed. */
export type Authority =
  | { kind: 'member'; grant: Grant }
  /** In a linked account, by the grant in its main account; `permissions` are those of both. */
  | { kind: 'main-account'; grant: Grant; link: Link; permissions: PermissionMask }
  | { kind: 'staff' }
  | { kind: 'signed-in' };

export type Decision =
  | { allowed: true; authority: Authority }
  /** No part in the account, nor in its main account: it must read as if it did not exist. */
  | { allowed: false; because: 'unknown' }
  /** A part in it, without the permission: this one is explained. */
  | { allowed: false; because: 'permission'; grant: Grant; open: PermissionMask; required: Permission }
  /** A part in the main account, and a setting or the kind of the linked account keeps it out: explained as well. */
  | {
      allowed: false;
      because: 'setting' | 'account-kind';
      open: PermissionMask;
      required: Permission | 'member';
    }
  /** A route for the provider's own people. */
  | { allowed: false; because: 'staff-only' };

/**
 * The one decision: may this caller do what needs `required`, in this account, at this time?
 * `accountId` is null for routes outside any account; `link` is the account's place beneath its main account, where
 * it has one and the caller has no right of its own.
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
  // Who has a part of their own in it is told what that one lacks, and what both of them open.
  const inLinkedAccount = 'open' in fromMainAccount ? fromMainAccount.open : 0;
  return 'open' in own ? { ...own, open: own.open | inLinkedAccount } : own;
}

/** The same for a linked account, by what the caller holds in its main account alone. */
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

/** By the kind of the account first, then by the settings, then by what the caller holds at home. */
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

/** What permissions in the main account open in an account that is linked so. */
export function permissionsInLinkedAccount(atHome: PermissionMask, { kind, isOpen }: Link): PermissionMask {
  if (!isOpen || !includes(atHome, 'linked-accounts')) return 0;
  return reachable[kind] & atHome;
}

/** What an authority opens in its account. */
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

/** A staff route below an account that the caller has no part in must not tell that the account exists. */
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
