import { createHash, randomBytes } from 'node:crypto';
import type { Context, Operations } from './context.ts';
import { checkPolicy, hashSecret, randomCode, secretMatches } from './passwords.ts';
import {
  type Attribute,
  CognitoError,
  type Input,
  invalidParameter,
  notAuthorized,
  text,
  textMap,
} from './protocol.ts';
import type { Session, User } from './state.ts';
import { TOKEN_SECONDS } from './tokens.ts';
import { report } from '../report.ts';

const CHALLENGE_MS = 3 * 60_000;
const CODE_MS = 3_600_000;
const CODE_TRIES = 5;

/** Compared with the password of an unknown name, so that it takes as long as a wrong password. */
const dummyHash = hashSecret(randomBytes(32).toString('base64'));

export function checkClient(context: Context, input: Input): void {
  const id = text(input, 'ClientId');
  if (id !== context.clientId) {
    throw new CognitoError('ResourceNotFoundException', `User pool client ${id} does not exist.`);
  }
}

const result = (tokens: object, more: object = {}): object => ({
  AuthenticationResult: { ...tokens, ...more, ExpiresIn: TOKEN_SECONDS, TokenType: 'Bearer' },
  ChallengeParameters: {},
});

async function signedIn(context: Context, user: User): Promise<object> {
  const { session, refreshToken } = context.state.openSession(user, context.controls.now());
  return result(await context.tokens.make(user, session), { RefreshToken: refreshToken });
}

function challenge(context: Context, user: User): object {
  const token = randomBytes(48).toString('base64url');
  const now = context.controls.now().getTime();
  for (const [old, { expiresAt }] of context.challenges) {
    if (expiresAt <= now) context.challenges.delete(old);
  }
  context.challenges.set(token, { sub: user.sub, expiresAt: now + CHALLENGE_MS });
  return {
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: token,
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: '[]',
      userAttributes: JSON.stringify(user.attributes),
    },
  };
}

/**
 * Checks a password, with the lockout in front of it. Only a caller with the right password learns that a user is
 * disabled; anyone else gets the answer for an unknown name.
 */
async function passwordUser(context: Context, username: string, password: string): Promise<User> {
  const user = context.state.find(username);
  const name = user?.sub ?? `unknown:${username.toLowerCase()}`;
  const now = context.controls.now().getTime();
  context.attempts.check(name, now);
  const matches = await secretMatches(password, user?.passwordHash ?? (await dummyHash));
  if (!user || !matches) {
    context.attempts.failed(name, now);
    throw notAuthorized('Incorrect username or password.');
  }
  context.attempts.succeeded(name);
  if (!user.enabled) throw notAuthorized('User is disabled.');
  if (user.passwordExpiresAt !== null && user.passwordExpiresAt <= now) {
    throw notAuthorized('Temporary password has expired and must be reset by an administrator.');
  }
  return user;
}

async function refresh(context: Context, token: string): Promise<object> {
  const found = context.state.sessionOf(token);
  if (!found) throw notAuthorized('Invalid Refresh Token');
  const { user, session } = found;
  if (!session.refreshable) throw notAuthorized('Refresh Token has been revoked');
  if (session.expiresAt <= context.controls.now().getTime()) throw notAuthorized('Refresh Token has expired');
  if (!user.enabled) throw notAuthorized('User is disabled.');
  return result(await context.tokens.make(user, session));
}

async function authenticate(context: Context, input: Input, passwordFlow: string): Promise<object> {
  checkClient(context, input);
  const flow = text(input, 'AuthFlow');
  const parameters = textMap(input, 'AuthParameters');
  const required = (name: string): string => {
    const value = parameters[name];
    if (!value) throw invalidParameter(`Missing required parameter ${name}`);
    return value;
  };
  if (flow === 'REFRESH_TOKEN_AUTH' || flow === 'REFRESH_TOKEN') {
    return refresh(context, required('REFRESH_TOKEN'));
  }
  if (flow !== passwordFlow) throw invalidParameter('Initiate Auth method not supported.');
  const user = await passwordUser(context, required('USERNAME'), required('PASSWORD'));
  return user.status === 'CONFIRMED' ? signedIn(context, user) : challenge(context, user);
}

function initiateAuth(context: Context, input: Input): Promise<object> {
  return authenticate(context, input, 'USER_PASSWORD_AUTH');
}

function adminInitiateAuth(context: Context, input: Input): Promise<object> {
  const id = text(input, 'UserPoolId');
  if (id !== context.userPoolId) {
    throw new CognitoError('ResourceNotFoundException', `User pool ${id} does not exist.`);
  }
  return authenticate(context, input, 'ADMIN_USER_PASSWORD_AUTH');
}

/** The user that a challenge was given to. The session works once, and for that user only. */
function challenged(context: Context, token: string, username: string): User {
  const open = context.challenges.get(token);
  const now = context.controls.now().getTime();
  if (!open) throw notAuthorized('Invalid session for the user.');
  if (open.expiresAt <= now) throw notAuthorized('Invalid session for the user, session is expired.');
  const user = context.state.findBySub(open.sub);
  if (!user || context.state.find(username) !== user || user.status !== 'FORCE_CHANGE_PASSWORD') {
    throw notAuthorized('Invalid session for the user.');
  }
  if (!user.enabled) throw notAuthorized('User is disabled.');
  return user;
}

async function respondToAuthChallenge(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  if (text(input, 'ChallengeName') !== 'NEW_PASSWORD_REQUIRED') {
    throw invalidParameter('Challenge is not supported.');
  }
  const responses = textMap(input, 'ChallengeResponses');
  const { USERNAME: username, NEW_PASSWORD: password } = responses;
  if (!username) throw invalidParameter('Missing required parameter USERNAME');
  if (!password) throw invalidParameter('Missing required parameter NEW_PASSWORD');
  const token = text(input, 'Session');
  const user = challenged(context, token, username);
  checkPolicy(password, context.passwordPolicy);
  const attributes: Attribute[] = Object.entries(responses)
    .filter(([key]) => key.startsWith('userAttributes.'))
    .map(([key, Value]) => ({ Name: key.slice('userAttributes.'.length), Value }));
  // The answer to a challenge may set profile attributes, but never verify an address.
  if (attributes.some(({ Name }) => Name.endsWith('_verified'))) {
    throw notAuthorized('A client attempted to write unauthorized attribute');
  }
  context.state.setAttributes(user, attributes, context.controls.now());
  context.challenges.delete(token);
  await setOwnPassword(context, user, password);
  return signedIn(context, user);
}

/** Sets a password that the user chose. It is permanent, and ends every earlier refresh token. */
export async function setOwnPassword(context: Context, user: User, password: string): Promise<void> {
  user.passwordHash = await hashSecret(password);
  user.passwordExpiresAt = null;
  user.status = 'CONFIRMED';
  user.code = null;
  context.state.endSessions(user, 'stopRefreshing');
  context.state.touch(user, context.controls.now());
  context.attempts.succeeded(user.sub);
}

const masked = (email: string): string => `${email.charAt(0)}***@${email.split('@')[1]?.charAt(0) ?? ''}***`;

/** A made-up destination for a name without a mailable user. The same name always gets the same one. */
function simulated(username: string): string {
  if (username.includes('@')) return masked(username.toLowerCase());
  const bytes = createHash('sha256').update(username.toLowerCase()).digest();
  const letter = (byte = 0): string => String.fromCharCode(97 + (byte % 26));
  return masked(`${letter(bytes[0])}@${letter(bytes[1])}`);
}

async function forgotPassword(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  const username = text(input, 'Username');
  const user = context.state.find(username);
  const delivery = (Destination: string): object => ({
    CodeDeliveryDetails: { Destination, DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  });
  const code = randomCode();
  const hash = await hashSecret(code);
  const email = user?.attributes.email;
  if (!user?.enabled || email === undefined || user.attributes.email_verified !== 'true') {
    return delivery(simulated(username));
  }
  if (user.status !== 'CONFIRMED') throw notAuthorized('User password cannot be reset in the current state.');
  const expiresAt = context.controls.now().getTime() + CODE_MS;
  user.code = { hash, expiresAt, triesLeft: CODE_TRIES };
  context.state.changed();
  try {
    await context.sendMail(email, 'Your verification code', `Your confirmation code is ${code}`);
  } catch (error) {
    report('cognito', error);
    throw new CognitoError('CodeDeliveryFailureException', 'Failed to deliver the code.');
  }
  return delivery(masked(email));
}

async function confirmForgotPassword(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  const user = context.state.find(text(input, 'Username'));
  const given = text(input, 'ConfirmationCode');
  const password = text(input, 'Password');
  checkPolicy(password, context.passwordPolicy);
  const mismatch = new CognitoError(
    'CodeMismatchException',
    'Invalid verification code provided, please try again.',
  );
  if (!user?.enabled) {
    await secretMatches(given, await dummyHash);
    throw mismatch;
  }
  const { code } = user;
  if (!code || code.expiresAt <= context.controls.now().getTime()) {
    throw new CognitoError('ExpiredCodeException', 'Invalid code provided, please request a code again.');
  }
  if (code.triesLeft <= 0) {
    throw new CognitoError('LimitExceededException', 'Attempt limit exceeded, please try after some time.');
  }
  // Counted before the comparison, so that a try counts even if it is never answered.
  code.triesLeft -= 1;
  context.state.changed();
  if (!(await secretMatches(given, code.hash))) throw mismatch;
  await setOwnPassword(context, user, password);
  return {};
}

/** Ends the session of a refresh token. An unknown token is no error, because it no longer works anyway. */
async function revokeToken(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  const token = text(input, 'Token');
  if (token.split('.').length === 3) {
    throw new CognitoError(
      'UnsupportedTokenTypeException',
      'The token type is not supported for revocation.',
    );
  }
  const session: Session | undefined = context.state.sessionOf(token)?.session;
  if (session) {
    session.refreshable = false;
    session.revoked = true;
    context.state.changed();
  }
  return {};
}

export const signInOperations: Operations = {
  InitiateAuth: initiateAuth,
  AdminInitiateAuth: adminInitiateAuth,
  RespondToAuthChallenge: respondToAuthChallenge,
  ForgotPassword: forgotPassword,
  ConfirmForgotPassword: confirmForgotPassword,
  RevokeToken: revokeToken,
};
