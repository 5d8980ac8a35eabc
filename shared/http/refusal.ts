import type { Caller } from '../access/caller.ts';
import type { Decision } from '../access/decide.ts';
import { areaNames, includes, labelOf, openAreas, type Permission } from '../access/permissions.ts';
import { type StaffRole, staffRoleKeys, staffRoles } from '../access/staff.ts';
import { notFound, Problem } from '../core/problem.ts';
import type { Account } from '../accounts/people.ts';

/** The refused caller, and the provider of the portal. */
type RefusalContext = { caller: Caller; providerName: string };

/**
 * Explains a refusal: which permission is missing, which areas are open, whom to ask and how. `main` is the account's
 * main account if the caller has a grant there. A caller without a grant in either account gets `not-found`.
 */
export function refusal(
  decision: Extract<Decision, { allowed: false }>,
  { caller, providerName }: RefusalContext,
  account: Account | undefined,
  main?: Account,
): Problem {
  if (decision.because === 'staff-only') {
    return new Problem('staff-only', `This is for the provider’s staff; ${caller.name} is not among them.`);
  }
  if (decision.because === 'role') return roleRefusal(decision);
  if (decision.because === 'unknown' || !account) return notFound();
  const areas = openAreas(account.id, decision.open);
  const { required } = decision;
  const title = `You don't have access to ${required === 'member' ? 'this account' : areaNames[required]}`;
  if (decision.because !== 'permission') {
    const { because } = decision;
    return providerRefusal(providerName, because, linkText(because, account, main), { title, areas });
  }
  // In a linked account the grant in the main account counts.
  const grantAccount = main && decision.grant.accountId === main.id ? main : account;
  return new Problem(
    'permission-required',
    `Your sub-account for ${grantAccount.name} does not include “${labelOf(decision.required)}”.`,
    {
      title,
      requiredPermission: required,
      areas,
      whatToDo: `If you think this is wrong, ask ${grantAccount.owner.name}, the owner of ${grantAccount === account ? 'this account' : grantAccount.name}, or request access.`,
      requestAccess: { method: 'POST', href: `/v1/accounts/${grantAccount.id}/access-requests` },
    },
  );
}

/** What a member of staff lacks: any one of the roles named would do. */
export function roleRefusal({
  role,
  required,
}: {
  role: StaffRole | null;
  required: Permission | null;
}): Problem {
  const enough = staffRoleKeys.filter(
    (key) => key === role || (required !== null && includes(staffRoles[key].opens, required)),
  );
  const requiredRoles = enough.filter((key) => key !== 'administrator' || role === 'administrator');
  const labels = requiredRoles.map((key) => `“${staffRoles[key].label}”`).join(' or ');
  return new Problem('role-required', `This needs the role ${labels}, which an administrator gives.`, {
    requiredRoles,
  });
}

function linkText(because: 'setting' | 'account-kind', account: Account, main: Account | undefined): string {
  const linkedTo = `${account.name} is linked to ${main?.name ?? 'its main account'}`;
  return because === 'setting'
    ? `${linkedTo}, and the provider’s settings do not open it to people of that account.`
    : `${linkedTo} as an ${account.linkKind} account, which keeps this to its own people.`;
}

/** A refusal by a setting or by the kind of the link: nobody of the account could give access. */
export function providerRefusal(
  providerName: string,
  reason: 'setting' | 'account-kind',
  detail: string,
  { title, areas }: { title: string; areas: ReturnType<typeof openAreas> },
): Problem {
  const provider =
    providerName === '' ? 'the provider of this portal' : `${providerName}, the provider of this portal`;
  const whatToDo = `If you think this is wrong, ask ${provider}: what main accounts may do is decided there.`;
  return new Problem('permission-required', detail, { title, reason, areas, whatToDo });
}
