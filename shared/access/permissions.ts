import type { Phrase } from '../language/phrase.ts';

/**
 * The permission catalogue. Keys are stable and stored; the order is the display order. `bit` is the key's place in an
 * encoded grant, so a bit is never reused for another key. `list` is the path of the area's list within an account.
 */
export const permissions = [
  { key: 'profile', bit: 0, label: 'Modify master account profile', list: '' },
  { key: 'contacts', bit: 1, label: 'View & manage contacts', list: '/contacts' },
  { key: 'products', bit: 2, label: 'View products & services', list: '/services' },
  { key: 'manage-products', bit: 3, label: 'Manage products & services', list: '/services' },
  { key: 'domains', bit: 4, label: 'View domains', list: '/domains' },
  { key: 'manage-domains', bit: 5, label: 'Manage domain settings', list: '/domains' },
  { key: 'invoices', bit: 6, label: 'View & pay invoices', list: '/invoices' },
  { key: 'quotes', bit: 7, label: 'View & accept quotes', list: '/quotes' },
  { key: 'tickets', bit: 8, label: 'View & open support tickets', list: '/tickets' },
  { key: 'emails', bit: 9, label: 'View emails', list: '/emails' },
  { key: 'orders', bit: 10, label: 'Place new orders, upgrades & cancellations', list: '/orders' },
  { key: 'documents', bit: 11, label: 'View documents', list: '/documents' },
  { key: 'statistics', bit: 12, label: 'View usage statistics', list: '/services' },
  { key: 'linked-accounts', bit: 13, label: 'View & manage linked accounts', list: '/linked-accounts' },
] as const;

export type Permission = (typeof permissions)[number]['key'];

export const permissionKeys: readonly Permission[] = permissions.map((entry) => entry.key);

/** The name of each area in a refusal's title: "You don't have access to invoices". */
export const areaNames: Record<Permission, string> = {
  profile: 'the account profile',
  contacts: 'contacts',
  products: 'services',
  'manage-products': 'managing services',
  domains: 'domains',
  'manage-domains': 'domain settings',
  invoices: 'invoices',
  quotes: 'quotes',
  tickets: 'support tickets',
  emails: 'emails',
  orders: 'orders',
  documents: 'documents',
  statistics: 'usage statistics',
  'linked-accounts': 'linked accounts',
};

/** Ready-made sets that a frontend offers as a starting point; grants always hold the plain keys. */
export const permissionSets: readonly { key: string; label: string; permissions: readonly Permission[] }[] = [
  { key: 'billing', label: 'Billing', permissions: ['invoices', 'quotes', 'emails', 'orders', 'documents'] },
  {
    key: 'technical',
    label: 'Technical',
    permissions: ['products', 'manage-products', 'domains', 'manage-domains', 'tickets', 'statistics'],
  },
  { key: 'everything', label: 'Everything', permissions: permissionKeys },
];

/** A set of permissions as the bits of an integer, as grants hold it. */
export type PermissionMask = number;

const bitOf = new Map<Permission, number>(permissions.map((entry) => [entry.key, 1 << entry.bit]));

export const everyPermission: PermissionMask = permissions.reduce(
  (mask, entry) => mask | (1 << entry.bit),
  0,
);

export function toMask(keys: Iterable<Permission>): PermissionMask {
  let mask = 0;
  for (const key of keys) mask |= bitOf.get(key) ?? 0;
  return mask;
}

/** The keys of a mask in the catalogue's order. */
export function fromMask(mask: PermissionMask): Permission[] {
  return permissionKeys.filter((key) => includes(mask, key));
}

export function includes(mask: PermissionMask, key: Permission): boolean {
  return (mask & (bitOf.get(key) ?? 0)) !== 0;
}

/** The display name of a key. */
export function labelOf(key: Permission): string {
  return permissions.find((entry) => entry.key === key)?.label ?? key;
}

/** The display name in the language of whoever reads it. */
export function labelPhrase(key: Permission): Phrase {
  return { key: `permission.${key}` };
}

/** The areas that a set of permissions opens in an account, in the catalogue's order, each with its list. */
export function openAreas(accountId: string, mask: number) {
  return permissions
    .filter((entry) => includes(mask, entry.key))
    .map((entry) => ({
      permission: entry.key,
      label: entry.label,
      href: `/v1/accounts/${accountId}${entry.list}`,
    }));
}
