import { beginEnding, finishEnding } from '../../shared/accounts/logins/end-sessions.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { loginMail } from '../../shared/mail/codes/login-mail.ts';
import { commit } from '../../shared/write/commit.ts';
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
  const { roles } = member;
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
