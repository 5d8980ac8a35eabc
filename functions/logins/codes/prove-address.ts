import { loginKey } from '../../../shared/table/keys.ts';
import type { Login } from '../../../shared/accounts/people.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { usedCode } from '../../../shared/mail/codes/code.ts';
import { type Condition, equals } from '../../../shared/table/table.ts';
import { commit } from '../../../shared/write/commit.ts';
import { ownLogin } from '../end-sessions.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';
import { newMailedCode } from './mail-code.ts';
import { takeCode } from './take-code.ts';

/** Mails a code to the login's own address. */
export async function askForProof(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  const { actions, outbox } = await newMailedCode(dependencies, context, login, 'prove-address');
  await commit(dependencies, context, { actions, activity: [], outbox, answer: {} });
}

/**
 * Proves the login by the code that was mailed to its address and typed into its own session. What waits for its
 * person is shown to them from then on, and is theirs to accept.
 */
export async function proveAddress(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  typed: string,
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  const code = await takeCode(dependencies, context, {
    purpose: 'prove-address',
    typed,
    email: login.email,
  });
  await commit(dependencies, context, {
    actions: [
      usedCode(code),
      {
        update: loginKey(login.userId),
        set: { proven: true, version: newVersion() },
        when: unchanged(login),
      },
    ],
    activity: [],
    outbox: [],
    answer: {},
  });
}

/** The login has the address that the code went to, and nothing ended its sessions meanwhile. */
export function unchanged({ email, notBeforeSeconds }: Login): Condition {
  return equals({ email, notBeforeSeconds });
}
