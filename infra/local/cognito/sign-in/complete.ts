import type { Context } from '../context.ts';
import { notAuthorized } from '../protocol.ts';
import type { Metadata } from '../triggers/triggers.ts';
import type { Challenge } from './challenges.ts';
import { epochOf, type User } from '../state.ts';

export const result = ({ tokens: { life } }: Context, tokens: object, more: object = {}): object => ({
  AuthenticationResult: { ...tokens, ...more, ExpiresIn: life.access, TokenType: 'Bearer' },
  ChallengeParameters: {},
});

/** Tokens for a user who met every challenge. */
export async function signedIn(
  context: Context,
  user: User,
  metadata: Metadata,
  source: 'Authentication' | 'NewPasswordChallenge' = 'Authentication',
): Promise<object> {
  const epoch = epochOf(user);
  await context.triggers.postAuthentication(user, metadata);
  const changes = await context.triggers.preTokenGeneration(user, source, metadata);
  // While functions ran, others had their turn.
  if (context.state.findBySub(user.sub) !== user || epochOf(user) !== epoch) {
    throw notAuthorized('Incorrect username or password.');
  }
  if (!user.enabled) throw notAuthorized('User is disabled.');
  const { session, refreshToken } = context.state.openSession(user, context.controls.now());
  return result(context, await context.tokens.make(user, session, changes), { RefreshToken: refreshToken });
}

function ask(context: Context, user: User, challenge: Challenge, parameters: object): object {
  const token = context.challenges.open(challenge, context.controls.now().getTime());
  return {
    ChallengeName: challenge.name,
    Session: token.toString('base64url'),
    ChallengeParameters: { USER_ID_FOR_SRP: user.username, ...parameters },
  };
}

/** The challenge that has to be met before tokens, or null. */
function nextChallenge(context: Context, user: User): object | null {
  const { mfa = 'OFF' } = context;
  const { sub, totp } = user;
  const after = { sub, epoch: epochOf(user) };
  if (user.status !== 'CONFIRMED') {
    const userAttributes = JSON.stringify(user.attributes);
    return ask(
      context,
      user,
      { name: 'NEW_PASSWORD_REQUIRED', ...after },
      { requiredAttributes: '[]', userAttributes },
    );
  }
  if (mfa !== 'OFF' && totp && (totp.enabled || mfa === 'ON')) {
    const named = totp.name === undefined ? {} : { FRIENDLY_DEVICE_NAME: totp.name };
    return ask(context, user, { name: 'SOFTWARE_TOKEN_MFA', ...after }, named);
  }
  if (mfa !== 'ON') return null;
  const possible = { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' };
  return ask(context, user, { name: 'MFA_SETUP', ...after, verified: false }, possible);
}

/** What follows a proven password: the next challenge, or tokens. */
export async function afterPassword(
  context: Context,
  user: User,
  metadata: Metadata,
  source: 'Authentication' | 'NewPasswordChallenge' = 'Authentication',
): Promise<object> {
  return nextChallenge(context, user) ?? signedIn(context, user, metadata, source);
}
