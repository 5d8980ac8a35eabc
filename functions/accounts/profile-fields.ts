import type * as z from 'zod';
import { type Authority, decide } from '../../shared/access/decide.ts';
import type { Permission } from '../../shared/access/permissions.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { Problem } from '../../shared/core/problem.ts';
import { refusal } from '../../shared/http/refusal.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { changeProfile } from './schemas.ts';

export type ProfileChange = z.output<typeof changeProfile>;
type Field = keyof ProfileChange;

/** Who may change each field of an account's profile; the owner's mail switches are the owner's, and staff's. */
const changedBy: Record<Field, Permission | 'owner'> = {
  name: 'profile',
  address: 'profile',
  taxId: 'profile',
  language: 'profile',
  autoPayFromCredit: 'invoices',
  emailPreferences: 'owner',
};

/** What the fields are called in the mail about their change. */
export const fieldNames: Record<Field, string> = {
  name: 'the name',
  address: 'the address',
  taxId: 'the tax number',
  language: 'the language',
  autoPayFromCredit: 'automatic payment from credit',
  emailPreferences: 'which mail you receive',
};

export const profileFields = Object.keys(changedBy) as Field[];

/**
 * Refuses a change whole, with the first permission that its fields lack. One that names no field needs `profile`.
 * @throws Problem `permission-required`
 */
export function requireFields(context: RequestContext, account: Account, change: ProfileChange): void {
  const named = profileFields.filter((field) => change[field] !== undefined);
  const needed = named.length === 0 ? (['profile'] as const) : named.map((field) => changedBy[field]);
  for (const required of needed) {
    if (required === 'owner') requireOwner(context.authority, account);
    else requirePermission(context, account, required);
  }
}

function requirePermission(context: RequestContext, account: Account, required: Permission): void {
  const decision = decide(context.caller, account.id, required, context.now);
  if (!decision.allowed) throw refusal(decision, context, account);
}

/** Whether the owner itself is acting. */
export function isOwner(authority: Authority): boolean {
  return authority.kind === 'member' && authority.grant.role === 'owner';
}

function requireOwner(authority: Authority, { owner }: Account): void {
  if (authority.kind === 'staff' || isOwner(authority)) return;
  throw new Problem('permission-required', 'Which mail the owner receives is for the owner alone to say.', {
    title: 'These switches are the owner’s',
    reason: 'owner',
    areas: [],
    whatToDo: `Ask ${owner.name}, the owner of this account, to change them. Your own are under your own profile.`,
  });
}
