import type { Authority } from './decide.ts';
import { fromMask, type Permission, type PermissionMask } from './permissions.ts';

/** The contact whose access is to be touched: who, what it holds now, and what it would hold. */
export interface DelegationTarget {
  contactId: string;
  /** What counts now: an expired or ended grant holds nothing. */
  holds: PermissionMask;
  wants: PermissionMask;
  wantsUntilSeconds: number | null;
  /** Whether the change is of permissions at all; a new telephone number is not. */
  changesAccess: boolean;
}

export type DelegationRefusal = { exceeds: Permission[]; because: 'own-access' | 'not-held' | 'outlives' };

/**
 * The limit of delegation: someone with `contacts` gives, changes and takes only what they hold, never their own
 * access, never a contact who holds something they lack, and never for longer than they hold it themselves.
 * The owner and staff may do everything. Null means allowed.
 */
export function delegationRefusal(authority: Authority, target: DelegationTarget): DelegationRefusal | null {
  if (authority.kind !== 'member' || authority.grant.role === 'owner') return null;
  const { grant } = authority;
  const touched = target.holds | target.wants;
  if (target.changesAccess && grant.contactId === target.contactId) {
    return { exceeds: fromMask(touched), because: 'own-access' };
  }
  const lacking = touched & ~grant.permissions;
  if (lacking !== 0) return { exceeds: fromMask(lacking), because: 'not-held' };
  const outlives =
    grant.expiresAtSeconds !== null &&
    (target.wantsUntilSeconds === null || target.wantsUntilSeconds > grant.expiresAtSeconds);
  if (target.changesAccess && target.wants !== 0 && outlives) {
    return { exceeds: fromMask(target.wants), because: 'outlives' };
  }
  return null;
}
