import type { Phrase } from '../language/phrase.ts';
import { everyPermission, type PermissionMask, toMask } from './permissions.ts';

/** What a member of staff may be: the key, what a person reads, and the permissions it opens in every account. */
export const staffRoles = {
  support: { label: 'Support', opens: toMask(['tickets', 'emails', 'documents', 'statistics']) },
  billing: { label: 'Billing', opens: toMask(['invoices', 'quotes', 'statistics']) },
  sales: {
    label: 'Sales',
    opens: toMask(['products', 'manage-products', 'domains', 'manage-domains', 'orders']),
  },
  accounts: { label: 'Accounts', opens: toMask(['profile', 'contacts', 'linked-accounts']) },
  settings: { label: 'Settings', opens: 0 },
  administrator: { label: 'Administrator', opens: everyPermission },
} as const satisfies Record<string, { label: string; opens: PermissionMask }>;

export type StaffRole = keyof typeof staffRoles;

export const staffRoleKeys = Object.keys(staffRoles) as [StaffRole, ...StaffRole[]];

/** A member of staff, as their own row says. */
export interface Staff {
  roles: readonly StaffRole[];
  /** Changes with every change of the roles; a write names the version it was authorised under. */
  version: string;
}

/** The display name in the language of whoever reads it. */
export function rolePhrase(key: StaffRole): Phrase {
  return { key: `role.${key}` };
}

/** An administrator holds every role. */
export function hasRole({ roles }: Pick<Staff, 'roles'>, role: StaffRole): boolean {
  return roles.includes(role) || roles.includes('administrator');
}

/** What roles open in every account. */
export function permissionsOfRoles(roles: readonly StaffRole[]): PermissionMask {
  return roles.reduce((mask, role) => mask | staffRoles[role].opens, 0);
}

/** As the authoriser's context holds it: `version.role.role`; empty for nobody of staff. */
export function encodeStaff(staff: Staff | null): string {
  return staff === null ? '' : [staff.version, ...staff.roles].join('.');
}

/**
 * Reads what `encodeStaff` wrote.
 * @throws Error on anything else: the context comes from our own authoriser alone
 */
export function decodeStaff(encoded: string): Staff | null {
  if (encoded === '') return null;
  const [version, ...roles] = encoded.split('.');
  if (!version || roles.length === 0 || !roles.every(isStaffRole))
    throw new Error(`Malformed staff: ${encoded}`);
  return { version, roles };
}

export function isStaffRole(key: string): key is StaffRole {
  return Object.hasOwn(staffRoles, key);
}
