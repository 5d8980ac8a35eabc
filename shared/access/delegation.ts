import type { Authority } from './decide.ts';
import { fromMask, type Permission, type PermissionMask } from './permissions.ts';

/** The contact whose access is to be changed: its current and its requested permissions. */
export interface DelegationTarget {
  contactId: string;
  /** The permissions in force; none if the grant expired or ended. */
  holds: PermissionMask;
  wants: PermissionMask;
  wantsUntilSeconds: number | null;
  /** Whether the change concerns permissions; a new telephone number does not. */
  changesAccess: boolean;
}

export type DelegationRefusal = { exceeds: Permission[]; because: 'own-access' | 'not-held' | 'outlives' };

/**
 * The limit of delegation: somebody with `contacts` gives, changes and takes only permissions that they hold, never
 * changes their own access or a contact who holds a permission they lack, and never gives access for longer than they
 * have it themselves. The owner may do everything, staff what their roles open. Null means allowed.
 */
export function delegationRefusal(authority: Authority, target: DelegationTarget): DelegationRefusal | null {
  const affected = target.holds | target.wants;
  if (authority.kind === 'staff') {
    const notOpened = affected & ~authority.permissions;
    return notOpened === 0 ? null : { exceeds: fromMask(notOpened), because: 'not-held' };
  }
  if (authority.kind !== 'member' || authority.grant.role === 'owner') return null;
  const { grant } = authority;
  if (target.changesAccess && grant.contactId === target.contactId) {
    return { exceeds: fromMask(affected), because: 'own-access' };
  }
  const missing = affected & ~grant.permissions;
  if (missing !== 0) return { exceeds: fromMask(missing), because: 'not-held' };
  const outlives =
    grant.expiresAtSeconds !== null &&
    (target.wantsUntilSeconds === null || target.wantsUntilSeconds > grant.expiresAtSeconds);
  if (target.changesAccess && target.wants !== 0 && outlives) {
    return { exceeds: fromMask(target.wants), because: 'outlives' };
  }
  return null;
}
