import { delegationRefusal } from '../../shared/access/delegation.ts';
import { permissionKeys, toMask } from '../../shared/access/permissions.ts';
import { type LinkedAccountDependencies, openLinkedAccounts } from '../../shared/accounts/linked.ts';
import { type Contact, heldPermissions } from '../../shared/accounts/people.ts';
import { toInstant } from '../../shared/core/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Route } from '../../shared/http/route.ts';
import { type ContactDependencies, loadContact } from './contact-dependencies.ts';
import { effectiveAccess } from './effective-access.ts';
import {
  accessAfter,
  type ContactInput,
  type ContactPlan,
  planContact,
  requirePossible,
} from './saving/plan-contact.ts';

export interface EffectiveAccessDependencies extends Pick<ContactDependencies, 'people'> {
  settings: LinkedAccountDependencies['settings'];
  /** The whole API, from which a contact's effective access is computed. */
  everyRoute: readonly Route[];
}

/** What a contact could do, see and receive once it has accepted what it was given. */
export async function showEffectiveAccess(
  dependencies: EffectiveAccessDependencies,
  context: Pick<RequestContext, 'accountId' | 'now'>,
  contact: Contact,
) {
  const account = await dependencies.people.account(context.accountId);
  const permissions = toMask(heldPermissions(contact, context.now));
  const linked = account ? await openLinkedAccounts(dependencies, account, permissions) : [];
  return effectiveAccess(contact, dependencies.everyRoute, linked, context);
}

/**
 * What saving would lead to, and what the caller may give this contact. Nothing is written, counted or looked up of
 * the address.
 */
export async function previewContact(
  dependencies: EffectiveAccessDependencies,
  context: RequestContext,
  { contactId, ...input }: ContactInput & { contactId?: string | undefined },
) {
  const { accountId, now } = context;
  const before = contactId === undefined ? null : await loadContact(dependencies, context, contactId);
  const plan = planContact(accountId, before, input, now);
  requirePossible(plan);
  const effective = await showEffectiveAccess(dependencies, context, contactAfter(plan, now));
  return { ...effective, grantable: grantable(context, plan) };
}

function contactAfter({ person, access }: ContactPlan, now: Date): Contact {
  if (access.step === 'kept') return person;
  if (access.step === 'ended') return { ...person, subAccount: { ...person.subAccount!, ended: true } };
  const login = { userId: person.subAccount?.userId ?? '', ended: false, invited: false };
  return { ...person, subAccount: { ...login, grantedAt: toInstant(now), ...access.details } };
}

/** Each permission of the catalogue, and why the caller may not give it. */
function grantable({ authority, now }: RequestContext, plan: ContactPlan) {
  const { before, person } = plan;
  const { wantsUntilSeconds } = accessAfter(plan, now);
  return permissionKeys.map((permission) => {
    const refused = delegationRefusal(authority, {
      contactId: person.id,
      holds: toMask(before ? heldPermissions(before, now) : []),
      wants: toMask([permission]),
      wantsUntilSeconds,
      changesAccess: true,
    });
    return refused ? { permission, allowed: false, because: refused.because } : { permission, allowed: true };
  });
}
