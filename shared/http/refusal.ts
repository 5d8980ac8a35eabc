import type { Caller } from '../access/caller.ts';
import type { Decision } from '../access/decide.ts';
import { areaNames, includes, labelOf, permissions } from '../access/permissions.ts';
import { notFound, Problem } from '../domain/problem.ts';
import type { Account } from '../people/people.ts';

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

/**
 * The refusal is an explanation: what is missing, what is open instead, whom to ask and how.
 * Somebody without a part in the account learns nothing.
 */
export function refusal(
  decision: Extract<Decision, { allowed: false }>,
  caller: Caller,
  account: Account | undefined,
): Problem {
  if (decision.because === 'staff-only') {
    return new Problem('staff-only', `This is for the provider’s staff; ${caller.name} is not among them.`);
  }
  if (decision.because === 'unknown' || !account) return notFound();
  const { required, grant } = decision;
  return new Problem(
    'permission-required',
    `Your sub-account for ${account.name} does not include “${labelOf(required)}”.`,
    {
      title: `You don't have access to ${areaNames[required]}`,
      requiredPermission: required,
      areas: openAreas(account.id, grant.permissions),
      whatToDo: `If you think this is wrong, ask ${account.owner.name}, the owner of this account, or request access.`,
      requestAccess: { method: 'POST', href: `/v1/accounts/${account.id}/access-requests` },
    },
  );
}
