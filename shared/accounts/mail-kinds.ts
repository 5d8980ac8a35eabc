import { fromMask, type Permission, type PermissionMask, toMask } from '../access/permissions.ts';
import { type EmailPreferences, type MailKind, mailKinds } from './people.ts';

/** The owner receives every kind of mail until it is switched off. */
export const everyMailKind = Object.fromEntries(mailKinds.map((kind) => [kind, true])) as EmailPreferences;

/** The permission of the area that a kind of mail tells of; null: of none. */
export const permissionOfMailKind: Record<MailKind, Permission | null> = {
  general: null,
  invoice: 'invoices',
  support: 'tickets',
  product: 'products',
  domain: 'domains',
};

/** Whether somebody with these permissions may read mail of this kind. */
export function opensMailKind(held: PermissionMask, kind: MailKind): boolean {
  return missingForKinds(held, [kind]).length === 0;
}

/** The permissions, in the catalogue's order, that somebody lacks to switch these kinds of mail on. */
export function missingForKinds(held: PermissionMask, kinds: readonly MailKind[]): Permission[] {
  const needed = toMask(kinds.flatMap((kind) => permissionOfMailKind[kind] ?? []));
  return fromMask(needed & ~held);
}

/** The kinds that are on after a change and were off before it; `before` null: all were off. */
export function switchedOn(before: EmailPreferences | null, after: EmailPreferences): MailKind[] {
  return mailKinds.filter((kind) => after[kind] && !before?.[kind]);
}
