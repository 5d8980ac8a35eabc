import type { Context } from '../context.ts';
import { notAuthorized } from '../protocol.ts';
import { epochOf, type User } from '../state.ts';
import type { Challenge, Named } from './challenges.ts';

/** A challenge that came after the password, and the user it was given to. Nobody else can answer it. */
export function challengedUser<Name extends Exclude<Challenge['name'], 'PASSWORD_VERIFIER'>>(
  context: Context,
  name: Name,
  token: Buffer,
  username?: string,
): { user: User; challenge: Named<Name> } {
  const challenge = context.challenges.find(name, token, context.controls.now().getTime());
  if (challenge === 'unknown') throw notAuthorized('Invalid session for the user.');
  if (challenge === 'expired') throw notAuthorized('Invalid session for the user, session is expired.');
  const { sub, epoch } = challenge as { sub: string; epoch: number };
  const user = context.state.findBySub(sub);
  if (!user || (username !== undefined && context.state.find(username) !== user)) {
    throw notAuthorized('Invalid session for the user.');
  }
  if (!user.enabled) throw notAuthorized('User is disabled.');
  // A password that was set, a sign-out or another second factor since then makes what was shown before it worthless.
  if (epochOf(user) !== epoch) throw notAuthorized('Invalid session for the user.');
  return { user, challenge };
}
