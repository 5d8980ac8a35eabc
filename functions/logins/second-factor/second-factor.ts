import { beginEnding, finishEnding } from '../../../shared/accounts/logins/end-sessions.ts';
import { type Login, provenUnnamed, usedSecondFactor } from '../../../shared/accounts/people.ts';
import { loginRow } from '../../../shared/accounts/people-store.ts';
import { toSeconds } from '../../../shared/core/clock.ts';
import { Problem } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { usedCode } from '../../../shared/mail/codes/code.ts';
import { loginMail } from '../../../shared/mail/codes/login-mail.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { newMailedCode } from '../codes/mail-code.ts';
import { takeCode } from '../codes/take-code.ts';
import { ownLogin } from '../end-sessions.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/**
 * Begins to set up a second factor, or another one in its place: the user pool makes the authenticator's secret, and a
 * code is mailed. Nothing counts until both codes are typed in.
 */
export async function beginSecondFactor(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  accessToken: string,
): Promise<Reply> {
  const login = await ownLogin(dependencies, context);
  requireFactor(login, context);
  const { actions, outbox } = await newMailedCode(dependencies, context, login, 'second-factor');
  const secret = await dependencies.directory.beginSecondFactor(accessToken);
  // A repeat of the request reads no secret.
  const answer = { body: { secret: null, otpauthUri: null } };
  await commit(dependencies, context, { actions, activity: [], outbox, answer });
  const otpauthUri = otpauthUriOf(context.providerName || 'Client portal', login.email, secret);
  return { body: { secret, otpauthUri } };
}

/**
 * Sets the second factor up with the mailed code and one of the authenticator. The user pool asks for it before the
 * portal counts on it, and every sign-in until then ends.
 */
export async function confirmSecondFactor(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  accessToken: string,
  { code: typed, totp }: { code: string; totp: string },
): Promise<void> {
  const { directory, clock, portalUrl } = dependencies;
  const login = await ownLogin(dependencies, context);
  requireFactor(login, context);
  const { userId, email } = login;
  const code = await takeCode(dependencies, context, { purpose: 'second-factor', typed, email });
  await directory.verifySecondFactor(accessToken, totp);
  await directory.requireSecondFactor(userId);
  const setUpAt = clock();
  // A mailed code that was typed into its own session proves the login as well.
  const withFactor = { ...provenUnnamed(login), secondFactor: { sinceSeconds: toSeconds(setUpAt) } };
  const begun = beginEnding(withFactor, setUpAt, false);
  await commit(dependencies, context, {
    actions: [usedCode(code), ...begun.actions],
    activity: [],
    outbox: [loginMail(login, 'second-factor-set-up', { portalUrl })],
    answer: {},
  });
  await finishEnding(dependencies, begun, setUpAt);
}

/**
 * Removes the second factor, in a session that used it. What stopped half way is done by asking again: the user pool
 * then still asks for a factor that counts for nothing.
 */
export async function removeSecondFactor(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
): Promise<void> {
  const { directory, portalUrl } = dependencies;
  const login = await ownLogin(dependencies, context);
  requireFactor(login, context);
  if (login.secondFactor) {
    const { secondFactor: _, ...without } = login;
    await commit(dependencies, context, {
      actions: [loginRow(without, { version: login.version })],
      activity: [],
      outbox: [loginMail(login, 'second-factor-removed', { portalUrl })],
    });
  }
  await directory.dropSecondFactor(login.userId);
}

/** @throws Problem `second-factor-required` where the login has one and this sign-in did not use it */
function requireFactor(login: Login, { caller }: RequestContext): void {
  if (!login.secondFactor || usedSecondFactor(login, caller.signedInAtSeconds ?? 0)) return;
  throw new Problem('second-factor-required', 'Sign in with your second factor first.');
}

/** What authenticators read from a QR code. */
function otpauthUriOf(issuer: string, email: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(email)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`;
}
