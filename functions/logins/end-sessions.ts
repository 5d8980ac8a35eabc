import type { Caller } from '../../shared/access/caller.ts';
import {
  beginEnding,
  endStandingBy,
  finishEnding,
  standByToEnd,
  withdrawEnding,
} from '../../shared/accounts/logins/end-sessions.ts';
import type { Login } from '../../shared/accounts/people.ts';
import { notFound, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { commit } from '../../shared/write/commit.ts';
import type { OwnLoginDependencies } from './login-dependencies.ts';

/**
 * The gateway keeps an authoriser's answer for some seconds: what ended since then counts here.
 * @throws Problem where the caller's session was ended
 */
export function requireLiveSession(login: Login, { signedInAtSeconds = Infinity }: Caller): void {
  if (signedInAtSeconds > login.notBeforeSeconds) return;
  throw new Problem('access-changed', 'This session was ended. Please sign in again.');
}

/** The caller's own login. */
export async function ownLogin({ people }: OwnLoginDependencies, { caller }: RequestContext): Promise<Login> {
  const login = await people.login(caller.userId);
  if (!login) throw notFound();
  requireLiveSession(login, caller);
  return login;
}

/**
 * Ends every session and token of the caller's login. The portal refuses tokens of sign-ins up to this second first, so
 * that whatever fails afterwards leaves no token behind; a refresh keeps its sign-in's time and is refused as well.
 */
export async function signOutEverywhere(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  const now = dependencies.clock();
  const begun = beginEnding(login, now, false);
  await commit(dependencies, context, { actions: begun.actions, activity: [], outbox: [] });
  await finishEnding(dependencies, begun, now);
}

/**
 * The outbox stands by before the password is changed: whoever was signed in is out, also where this stops half way.
 * @throws Problem `invalid-request` where the current password is wrong or the new one breaks the policy
 */
export async function changePassword(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  accessToken: string,
  input: { current: string; new: string },
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  const standby = standByToEnd(login, context.now);
  await commit(dependencies, context, { actions: standby.actions, activity: [], outbox: [] });
  try {
    await dependencies.directory.changePassword(accessToken, input.current, input.new);
  } catch (error) {
    // It was refused: nothing is to be ended. Of anything else nobody knows what became.
    if (error instanceof Problem) await withdrawEnding(dependencies, standby);
    else await dependencies.nudgeOutbox([standby.taskId]).catch(() => undefined);
    throw error;
  }
  await endStandingBy(dependencies, standby);
}
