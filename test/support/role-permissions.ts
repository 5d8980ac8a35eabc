import { type Permission, permissionKeys } from '../../shared/access/permissions.ts';
import type { StaffRole } from '../../shared/access/staff.ts';

/** What each role of staff opens in accounts, written down once more, so that tests do not ask the code under test. */
export const rolePermissions: Record<StaffRole, readonly Permission[]> = {
  support: ['tickets', 'emails', 'documents', 'statistics'],
  billing: ['invoices', 'quotes', 'statistics'],
  sales: ['products', 'manage-products', 'domains', 'manage-domains', 'orders'],
  accounts: ['profile', 'contacts', 'linked-accounts'],
  settings: [],
  administrator: permissionKeys,
};
