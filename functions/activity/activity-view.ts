import { type Authority, permissionsOf } from '../../shared/access/decide.ts';
import { includes, type Permission } from '../../shared/access/permissions.ts';
import type { Activity } from '../../shared/write/activity.ts';
import type { Actor } from '../../shared/write/actor.ts';

/** An entry of the activity log as it is stored. */
export interface ActivityEntry extends Omit<Activity, 'accountId'> {
  id: string;
  at: string;
  actor: Actor;
}

/** The area that an action is of, by its noun: reading it takes that permission. */
const areaOfNoun = new Map<string, Permission>([
  ['account', 'profile'],
  ['profile', 'profile'],
  ['tax-id', 'profile'],
  ['contact', 'contacts'],
  ['address', 'contacts'],
  ['owner', 'profile'],
  ['sub-account', 'contacts'],
  ['membership', 'contacts'],
  ['access-request', 'contacts'],
  ['invoice', 'invoices'],
  ['payment', 'invoices'],
  ['credit', 'invoices'],
  ['quote', 'quotes'],
  ['ticket', 'tickets'],
  ['domain', 'domains'],
  ['service', 'products'],
  ['order', 'orders'],
  ['document', 'documents'],
]);

/** Actions that are not of their noun's area; null: of staff alone, as what it tells is not shown to clients. */
const areaOfAction = new Map<string, Permission | null>([
  ['account.linked', 'linked-accounts'],
  ['account.unlinked', 'linked-accounts'],
  ['ticket.assigned', null],
]);

/** The permission that reading an action takes; null: staff alone; undefined: nobody has said, the owner reads it. */
export function areaOf(action: string): Permission | null | undefined {
  const own = areaOfAction.get(action);
  return own === undefined ? areaOfNoun.get(action.split('.')[0]!) : own;
}

/** Whether somebody may read an entry. */
export function isShown({ action }: Pick<ActivityEntry, 'action'>, authority: Authority): boolean {
  if (authority.kind === 'staff') return true;
  const area = areaOf(action);
  if (area === undefined) return authority.kind === 'member' && authority.grant.role === 'owner';
  return area !== null && includes(permissionsOf(authority), area);
}

/** The entry as somebody reads it: clients learn of staff what they are called, and nothing that leads to them. */
export function activityView(entry: ActivityEntry, authority: Authority): ActivityEntry {
  const { actor } = entry;
  if (authority.kind === 'staff' || actor.kind !== 'staff') return entry;
  // A login that the operator made by hand may be called by its address.
  const hidden = (text: string, otherwise: string) => (text.includes('@') ? otherwise : text);
  return {
    ...entry,
    actor: { kind: 'staff', id: hidden(actor.id, 'staff'), name: hidden(actor.name, 'Staff') },
  };
}
