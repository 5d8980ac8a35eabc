import { beginEnding, finishEnding } from '../../shared/accounts/logins/end-sessions.ts';
import type { Login, MemberOfStaff } from '../../shared/accounts/people.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { loginMail } from '../../shared/mail/codes/login-mail.ts';
import { commit, portalContext, type WriteContext } from '../../shared/write/commit.ts';
import { loadMember } from './change-member.ts';
import { type StaffMemberDependencies, tellAdministrators } from './member.ts';

/**
 * Takes away a second factor that its person lost. Their sessions end with it; they and all administrators are told,
 * with the reason.
 * @throws Problem for oneself
 */
export async function resetSecondFactor(
  dependencies: StaffMemberDependencies,
  context: RequestContext,
  userId: string,
  reason: string,
): Promise<void> {
  const { member, login } = await loadMember(dependencies, context, userId);
  await reset(dependencies, { ...context, idempotent: null }, { member, login }, reason);
}

/**
 * The same by the operator of the stack, who has credentials for the table and the user pool: for the last administrator,
 * whom nobody in the portal can help.
 * @throws Problem where no member of staff has that address
 */
export async function resetByOperator(
  dependencies: StaffMemberDependencies,
  { email, reason }: { email: string; reason: string },
): Promise<void> {
  const { people, staff, clock } = dependencies;
  const { userId } = await people.byAddress(email);
  const [member, login] = await Promise.all([staff.member(userId ?? ''), people.login(userId ?? '')]);
  if (!member || !login) throw notFound();
  await reset(dependencies, portalContext(clock()), { member, login }, reason);
}

async function reset(
  dependencies: StaffMemberDependencies,
  context: WriteContext,
  { member: { roles }, login }: { member: MemberOfStaff; login: Login },
  reason: string,
): Promise<void> {
  const begun = beginEnding(login, context.now, true);
  await commit(dependencies, context, {
    actions: begun.actions,
    activity: [],
    outbox: [
      loginMail(login, 'second-factor-removed', { portalUrl: dependencies.portalUrl }),
      tellAdministrators(login, { before: roles, after: roles }, context.actor.name, reason),
    ],
  });
  await finishEnding(dependencies, begun, context.now);
}
