import type * as z from 'zod';
import type { RequestContext } from '../../shared/http/request.ts';
import { loginRow } from '../../shared/accounts/people-store.ts';
import { loginView } from '../../shared/accounts/logins/login-view.ts';
import type { Login } from '../../shared/accounts/people.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { ownLogin } from './end-sessions.ts';
import { ownSwitches } from './membership/own-switches.ts';
import type { OwnLoginDependencies } from './login-dependencies.ts';
import type { changeMe as schema } from './schemas.ts';

/**
 * Changes what a person says of themselves, and their mail switches in their accounts, all or nothing. What an account's
 * contact is called stays the account's matter.
 */
export async function changeMe(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  { memberships, ...change }: z.output<typeof schema>,
): Promise<Reply> {
  const before = await ownLogin(dependencies, context);
  // Whoever prepared an unproven login may be signed in with it: they say nobody's name.
  const named = change.name === undefined ? {} : { namedBySelf: before.proven === true };
  const login: Login = { ...before, ...change, ...named };
  const switches = memberships && (await ownSwitches(dependencies, context, memberships));
  const reply = { body: { ...loginView(login), memberships: switches?.memberships } };
  await commit(dependencies, context, {
    actions: [loginRow(login, { version: before.version }), ...(switches?.actions ?? [])],
    activity: switches?.activity ?? [],
    outbox: [],
    answer: reply,
  });
  return reply;
}
