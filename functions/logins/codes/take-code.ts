import { normalAddress } from '../../../shared/accounts/keys.ts';
import { invalid, type Problem } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import {
  type CodePurpose,
  isCode,
  type MailedCode,
  openCode,
  triedCode,
} from '../../../shared/mail/codes/code.ts';
import { commit, portalContext, StaleRead } from '../../../shared/write/commit.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';
import { sessionOf } from './mail-code.ts';

/**
 * The session's code for this purpose, where its digits were typed in. What follows from it is written together with
 * `usedCode`. Every try counts before it is answered.
 * @throws Problem `invalid-request` for whatever is not the code: wrong, over, used, tried too often, of another session,
 * address or purpose
 */
export async function takeCode(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  { purpose, typed, email }: { purpose: CodePurpose; typed: string; email: string },
): Promise<MailedCode> {
  const { table, clock, linkKeys } = dependencies;
  const place = { userId: context.caller.userId, purpose, session: sessionOf(context) };
  const code = await openCode(table, place, clock());
  if (code?.email !== normalAddress(email)) throw noCode();
  try {
    await commit(dependencies, portalContext(clock()), {
      actions: [triedCode(code)],
      activity: [],
      outbox: [],
    });
  } catch (error) {
    if (error instanceof StaleRead) throw noCode();
    throw error;
  }
  if (!isCode(code, typed, await linkKeys())) throw noCode();
  return code;
}

/** All that is said of a code that is none. */
export function noCode(): Problem {
  return invalid([
    { path: 'code', code: 'not-allowed', message: 'is not the code, or is over: ask for a new one' },
  ]);
}
