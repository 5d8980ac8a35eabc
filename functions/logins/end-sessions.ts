import { toSeconds } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { notFound, Problem } from '../../shared/core/problem.ts';
import type { Caller } from '../../shared/access/caller.ts';
import { loginKey } from '../../shared/table/keys.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Login } from '../../shared/accounts/people.ts';
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
  await ownLogin(dependencies, context);
  await endSessions(dependencies, context);
}

/** @throws Problem `invalid-request` where the current password is wrong or the new one breaks the policy */
export async function changePassword(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  accessToken: string,
  input: { current: string; new: string },
): Promise<void> {
  await ownLogin(dependencies, context);
  await dependencies.directory.changePassword(accessToken, input.current, input.new);
  await endSessions(dependencies, context);
}

/** Written without any condition: the password is changed by now, and nothing else that happened may stop this. */
async function endSessions(dependencies: OwnLoginDependencies, context: RequestContext): Promise<void> {
  const { userId } = context.caller;
  const now = dependencies.clock();
  const change = { notBeforeSeconds: toSeconds(now), version: newVersion() };
  await commit(
    dependencies,
    { ...context, grantedBy: null },
    {
      actions: [{ update: loginKey(userId), set: change }],
      activity: [],
      outbox: [],
    },
  );
  await dependencies.directory.endSessions(userId);
  await dependencies.secondOver(now);
}
