import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { hashSecret, secretMatches } from '../passwords.ts';
import { CognitoError, type Input, notAuthorized, text } from '../protocol.ts';
import type { User } from '../state.ts';
import { makeSrpSecret } from './srp.ts';

/** Compared with the password of an unknown name, so that it takes as long as a wrong password. */
export const dummyHash = hashSecret(randomBytes(32).toString('base64'));

export function checkClient(context: Context, input: Input): void {
  const id = text(input, 'ClientId');
  if (id !== context.clientId) {
    throw new CognitoError('ResourceNotFoundException', `User pool client ${id} does not exist.`);
  }
}

/** What both sides of SRP sign: the pool's name without its region, and the username. */
export function identityOf(context: Context, username: string): string {
  return `${context.userPoolId.slice(context.userPoolId.indexOf('_') + 1)}${username}`;
}

/** What is kept of a password: a hash for flows that send it, and a verifier for SRP, which does not. */
export async function secretOf(
  context: Context,
  username: string,
  password: string,
): Promise<Pick<User, 'passwordHash' | 'srp'>> {
  const srp = makeSrpSecret(identityOf(context, username), password);
  return { passwordHash: await hashSecret(password), srp };
}

/** The name under which failures count. Unknown names have one too, so that a lock does not reveal a user. */
export const countedName = (user: User | undefined, username: string): string =>
  user?.sub ?? `unknown:${username.toLowerCase()}`;

/** Refuses a user who proved the password but may not sign in. Nobody else learns why. */
export function checkUsable(context: Context, user: User): void {
  if (!user.enabled) throw notAuthorized('User is disabled.');
  if (user.passwordExpiresAt !== null && user.passwordExpiresAt <= context.controls.now().getTime()) {
    throw notAuthorized('Temporary password has expired and must be reset by an administrator.');
  }
}

/** Checks a password that was sent, with the lockout in front of it. */
export async function passwordUser(context: Context, username: string, password: string): Promise<User> {
  const user = context.state.find(username);
  const name = countedName(user, username);
  const now = context.controls.now().getTime();
  context.attempts.check(name, now);
  const matches = await secretMatches(password, user?.passwordHash ?? (await dummyHash));
  if (!user || !matches) {
    context.attempts.failed(name, now);
    throw notAuthorized('Incorrect username or password.');
  }
  context.attempts.succeeded(name);
  if (!user.srp) {
    user.srp = makeSrpSecret(identityOf(context, user.username), password);
    context.state.changed();
  }
  checkUsable(context, user);
  return user;
}

/** Sets a password that the user chose. It is permanent, and ends every earlier refresh token. */
export async function setOwnPassword(context: Context, user: User, password: string): Promise<void> {
  Object.assign(user, await secretOf(context, user.username, password));
  user.passwordExpiresAt = null;
  user.status = 'CONFIRMED';
  user.code = null;
  context.state.endSessions(user, 'stopRefreshing');
  context.state.touch(user, context.controls.now());
  context.attempts.succeeded(user.sub);
}
