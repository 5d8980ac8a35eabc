import { checkWritable } from '../attributes.ts';
import type { Context } from '../context.ts';
import { checkPolicy } from '../passwords.ts';
import { type Attribute, invalidParameter, notAuthorized } from '../protocol.ts';
import type { User } from '../state.ts';
import { challengedUser } from './challenged-user.ts';
import { setOwnPassword } from './password.ts';

const PREFIX = 'userAttributes.';

/** Takes the answer to NEW_PASSWORD_REQUIRED. The session works once, and for its user only. */
export async function takeNewPassword(
  context: Context,
  session: string,
  responses: Record<string, string>,
): Promise<User> {
  const { USERNAME: username, NEW_PASSWORD: password } = responses;
  if (!username) throw invalidParameter('Missing required parameter USERNAME');
  if (!password) throw invalidParameter('Missing required parameter NEW_PASSWORD');
  const token = Buffer.from(session, 'base64url');
  const { user } = challengedUser(context, 'NEW_PASSWORD_REQUIRED', token, username);
  if (user.status !== 'FORCE_CHANGE_PASSWORD') throw notAuthorized('Invalid session for the user.');
  checkPolicy(password, context.passwordPolicy);
  const attributes: Attribute[] = Object.entries(responses)
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, Value]) => ({ Name: key.slice(PREFIX.length), Value }));
  checkWritable(attributes, context.writeAttributes);
  context.state.setAttributes(user, attributes, context.controls.now());
  context.challenges.close(token);
  await setOwnPassword(context, user, password);
  return user;
}
