import { type Caller, type Grant, isExpired } from './caller.ts';
import { includes, type Permission } from './permissions.ts';

/** What a route asks of its caller: a permission, membership alone, a signed-in login, staff, or nothing. */
export type RoutePermission = Permission | 'member' | 'signed-in' | 'staff' | 'public';

/** In whose right a request acts, once it was allowed. */
export type Authority = { kind: 'member'; grant: Grant } | { kind: 'staff' } | { kind: 'signed-in' };

export type Decision =
  | { allowed: true; authority: Authority }
  /** No part in the account: it must read as if it did not exist. */
  | { allowed: false; because: 'unknown' }
  /** A part in it, without the permission: this one is explained. */
  | { allowed: false; because: 'permission'; grant: Grant; required: Permission }
  /** A route for the provider's own people. */
  | { allowed: false; because: 'staff-only' };

/**
 * The one decision: may this caller do what needs `required`, in this account, at this time?
 * `accountId` is null for routes outside any account.
 */
export function decide(
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
  return { allowed: false, because: 'permission', grant, required };
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
