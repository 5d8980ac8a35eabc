import {
  addressWaitSeconds,
  isFree,
  newAddressChange,
} from '../../../shared/accounts/new-address/address-change.ts';
import { loginRow } from '../../../shared/accounts/people-store.ts';
import { normalAddress } from '../../../shared/accounts/keys.ts';
import { toSeconds } from '../../../shared/core/clock.ts';
import { conflict, invalid, Problem } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { usedCode } from '../../../shared/mail/codes/code.ts';
import { addressChangeNotice } from '../../../shared/mail/codes/login-mail.ts';
import { commit } from '../../../shared/write/commit.ts';
import { newMailedCode } from '../codes/mail-code.ts';
import { noCode, takeCode } from '../codes/take-code.ts';
import { ownLogin } from '../end-sessions.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/**
 * Asks for a new address: mails a code to it, and a notice to the old one with a link that stops the change. The answer
 * is the same whoever has that address. A login has to be proven: what waits for the holder of its address must not
 * move to somebody else's.
 */
export async function askForNewAddress(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  email: string,
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  if (!login.proven) throw conflict('Prove the address that you have first, by a code that is mailed to it.');
  const addressChange = newAddressChange(email);
  if (addressChange.email === normalAddress(login.email)) {
    throw invalid([{ path: 'email', code: 'not-allowed', message: 'must be another one than you have' }]);
  }
  const asked = await newMailedCode(dependencies, context, login, 'new-address', addressChange.email);
  await commit(dependencies, context, {
    actions: [...asked.actions, loginRow({ ...login, addressChange }, { version: login.version })],
    activity: [],
    outbox: [...asked.outbox, addressChangeNotice(login, addressChange)],
    answer: {},
  });
}

/**
 * Confirms the new address by its code. The change takes effect 72 hours later: for so long the link in the notice stops
 * it, so that a stolen session is not enough to take a login from its person.
 * @throws Problem `email-taken`, which only the holder of the address reads
 */
export async function confirmNewAddress(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  typed: string,
): Promise<void> {
  const login = await ownLogin(dependencies, context);
  const { addressChange } = login;
  if (!login.proven || !addressChange) throw noCode();
  const { email } = addressChange;
  const code = await takeCode(dependencies, context, { purpose: 'new-address', typed, email });
  if (!(await isFree(dependencies, login, email))) {
    throw new Problem(
      'email-taken',
      'This address is in use already, by a login or in one of your accounts.',
    );
  }
  const effectiveAtSeconds = toSeconds(dependencies.clock()) + addressWaitSeconds;
  const confirmed = { ...login, addressChange: { ...addressChange, effectiveAtSeconds } };
  await commit(dependencies, context, {
    actions: [usedCode(code), loginRow(confirmed, { version: login.version })],
    activity: [],
    outbox: [{ kind: 'change-address', userId: login.userId }],
    answer: {},
  });
}
