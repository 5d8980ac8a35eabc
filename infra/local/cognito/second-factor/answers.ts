import type { Context } from '../context.ts';
import { CognitoError, invalidParameter, notAuthorized } from '../protocol.ts';
import { challengedUser } from '../sign-in/challenged-user.ts';
import type { User } from '../state.ts';
import { stepOfCode } from './totp.ts';

/** Takes the answer to SOFTWARE_TOKEN_MFA. After a wrong code the session still works, so that a slip is no end. */
export function takeCode(context: Context, session: string, responses: Record<string, string>): User {
  const { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code } = responses;
  if (!username) throw invalidParameter('Missing required parameter USERNAME');
  if (!code) throw invalidParameter('Missing required parameter SOFTWARE_TOKEN_MFA_CODE');
  const token = Buffer.from(session, 'base64url');
  const { user } = challengedUser(context, 'SOFTWARE_TOKEN_MFA', token, username);
  const { totp } = user;
  if (!totp) throw notAuthorized('Invalid session for the user.');
  const now = context.controls.now();
  const counted = `totp:${user.sub}`;
  context.attempts.check(counted, now.getTime());
  const step = stepOfCode(totp.secret, code, now);
  if (step === null) {
    context.attempts.failed(counted, now.getTime());
    throw new CognitoError('CodeMismatchException', 'Invalid code received for user');
  }
  if (step <= totp.lastStep) {
    throw new CognitoError('ExpiredCodeException', 'Your software token has already been used once.');
  }
  context.attempts.succeeded(counted);
  totp.lastStep = step;
  context.state.changed();
  context.challenges.close(token);
  return user;
}

/** Takes the answer to MFA_SETUP, which is the session of a verified token. */
export function takeSetup(context: Context, session: string, responses: Record<string, string>): User {
  const { USERNAME: username } = responses;
  if (!username) throw invalidParameter('Missing required parameter USERNAME');
  const token = Buffer.from(session, 'base64url');
  const { user, challenge } = challengedUser(context, 'MFA_SETUP', token, username);
  if (!challenge.verified) throw notAuthorized('Invalid session for the user.');
  context.challenges.close(token);
  return user;
}
