import type * as z from 'zod';
import { type Authority, decide, permissionsOf } from '../../shared/access/decide.ts';
import { openAreas } from '../../shared/access/permissions.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { Problem } from '../../shared/core/problem.ts';
import { providerRefusal, refusal } from '../../shared/http/refusal.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { changeProfile } from './schemas.ts';

export type ProfileChange = z.output<typeof changeProfile>;

/** What the fields are called in the mail about their change, in English. */
export const fieldNames: Record<keyof ProfileChange, string> = {
  name: 'the name',
  address: 'the address',
  taxId: 'the tax number',
  language: 'the language',
  currency: 'the currency',
  autoPayFromCredit: 'automatic payment from credit',
  emailPreferences: 'which mail you receive',
};

export const profileFields = Object.keys(fieldNames) as (keyof ProfileChange)[];

/**
 * What the route's declaration cannot say of its fields: the owner's mail switches are the owner's, and staff's; the
 * currency is staff's; a change of nothing is one of the profile.
 * @throws Problem `permission-required`
 */
export function requireFields(context: RequestContext, account: Account, change: ProfileChange): void {
  if (change.emailPreferences !== undefined) requireOwner(context.authority, account);
  if (change.currency !== undefined) requireStaff(context, account);
  if (profileFields.some((field) => change[field] !== undefined)) return;
  const decision = decide(context.caller, account.id, 'profile', context.now);
  if (!decision.allowed) throw refusal(decision, context, account);
}

/** Whether the owner itself is acting. */
export function isOwner(authority: Authority): boolean {
  return authority.kind === 'member' && authority.grant.role === 'owner';
}

function requireOwner(authority: Authority, { id, owner }: Account): void {
  if (authority.kind === 'staff' || isOwner(authority)) return;
  throw new Problem('permission-required', 'Which mail the owner receives is for the owner alone to say.', {
    title: 'These switches are the owner’s',
    reason: 'owner',
    areas: openAreas(id, permissionsOf(authority)),
    whatToDo: `Ask ${owner.name}, the owner of this account, to change them. Your own are under your own profile.`,
  });
}

/** In which currency somebody is billed is agreed with the provider. */
function requireStaff({ authority, providerName }: RequestContext, { id, name, currency }: Account): void {
  if (authority.kind === 'staff') return;
  throw providerRefusal(
    providerName,
    'setting',
    `${name} is billed in ${currency}. The provider alone can change that.`,
    { title: 'The currency is the provider’s to change', areas: openAreas(id, permissionsOf(authority)) },
  );
}
