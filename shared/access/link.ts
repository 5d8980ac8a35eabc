import { type PermissionMask, toMask } from './permissions.ts';

/** `aggregated` accounts are billed to and managed by their main account; `independent` ones pay for themselves. */
export const linkKinds = ['aggregated', 'independent'] as const;
export type LinkKind = (typeof linkKinds)[number];

/** The settings that decide what a main account may do in its linked accounts. */
export interface LinkSettings {
  'linkedAccounts.management': boolean;
  'linkedAccounts.independentAccess': boolean;
  'linkedAccounts.subAccountsMayOrder': boolean;
}

/** The link of an account to its main account, and whether the provider's settings open it to that account. */
export interface Link {
  /** The linked account. */
  accountId: string;
  mainAccountId: string;
  kind: LinkKind;
  isOpen: boolean;
}

/** The permissions that people of a main account can have in a linked account, by the kind of its link. */
export const reachable: Record<LinkKind, PermissionMask> = {
  aggregated: toMask(['products', 'manage-products', 'orders', 'statistics', 'documents', 'tickets']),
  independent: toMask(['products', 'manage-products', 'statistics', 'documents', 'tickets']),
};

/** Whether the settings open linked accounts of this kind to their main account. */
export function isOpen(kind: LinkKind, settings: LinkSettings): boolean {
  if (!settings['linkedAccounts.management']) return false;
  return kind === 'aggregated' || settings['linkedAccounts.independentAccess'];
}

/** Whether an account's own people may order for it; accounts that pay for themselves always may. */
export function mayOrderItself(kind: LinkKind | null, settings: LinkSettings): boolean {
  if (kind !== 'aggregated') return true;
  return settings['linkedAccounts.management'] && settings['linkedAccounts.subAccountsMayOrder'];
}
