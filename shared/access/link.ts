import { type PermissionMask, toMask } from './permissions.ts';

/** How a linked account stands to its main account: billed to it and managed by it, or paying for itself. */
export const linkKinds = ['aggregated', 'independent'] as const;
export type LinkKind = (typeof linkKinds)[number];

/** The settings that decide what a main account may do beneath it. */
export interface LinkSettings {
  'linkedAccounts.management': boolean;
  'linkedAccounts.independentAccess': boolean;
  'linkedAccounts.subAccountsMayOrder': boolean;
}

/** An account's place beneath its main account, and whether the provider's settings open it to that one. */
export interface Link {
  /** The linked account. */
  accountId: string;
  mainAccountId: string;
  kind: LinkKind;
  isOpen: boolean;
}

/** What a main account's people can be let into, by the kind of the linked account. */
export const reachable: Record<LinkKind, PermissionMask> = {
  aggregated: toMask(['products', 'manage-products', 'orders', 'statistics', 'documents', 'tickets']),
  independent: toMask(['products', 'manage-products', 'statistics', 'documents', 'tickets']),
};

/** Whether the settings open a linked account of this kind at all. */
export function isOpen(kind: LinkKind, settings: LinkSettings): boolean {
  if (!settings['linkedAccounts.management']) return false;
  return kind === 'aggregated' || settings['linkedAccounts.independentAccess'];
}

/** Whether people of an account that is linked so may order for it themselves: what pays for itself always may. */
export function mayOrderItself(kind: LinkKind | null, settings: LinkSettings): boolean {
  if (kind !== 'aggregated') return true;
  return settings['linkedAccounts.management'] && settings['linkedAccounts.subAccountsMayOrder'];
}
