import { attributesOf, mfaOf } from './admin.ts';
import { checkWritable } from './attributes.ts';
import type { Context, Operations } from './context.ts';
import { checkPolicy, secretMatches } from './passwords.ts';
import { attributeList, CognitoError, type Input, notAuthorized, text } from './protocol.ts';
import { setOwnPassword } from './sign-in/password.ts';
import type { User } from './state.ts';

/** The user of an access token. Unlike a verifier elsewhere, Cognito knows of sign-out and disabling at once. */
export async function caller(context: Context, input: Input): Promise<User> {
  const { sub, originJti } = await context.tokens.readAccess(text(input, 'AccessToken'));
  const user = context.state.findBySub(sub);
  if (!user) throw new CognitoError('UserNotFoundException', 'User does not exist.');
  if (!user.enabled) throw notAuthorized('User is disabled.');
  const session = user.sessions.find((one) => one.originJti === originJti);
  if (!session || session.revoked) throw notAuthorized('Access Token has been revoked');
  return user;
}

async function getUser(context: Context, input: Input): Promise<object> {
  const user = await caller(context, input);
  return { Username: user.username, UserAttributes: attributesOf(user), ...mfaOf(user) };
}

/** A changed address is unverified until an administrator verifies it: no code is mailed for it here. */
async function updateUserAttributes(context: Context, input: Input): Promise<object> {
  const user = await caller(context, input);
  const attributes = attributeList(input, 'UserAttributes');
  checkWritable(attributes, context.writeAttributes);
  context.state.setAttributes(user, attributes, context.controls.now());
  return { CodeDeliveryDetailsList: [] };
}

async function globalSignOut(context: Context, input: Input): Promise<object> {
  context.state.endSessions(await caller(context, input), 'revoke');
  return {};
}

async function changePassword(context: Context, input: Input): Promise<object> {
  const user = await caller(context, input);
  const proposed = text(input, 'ProposedPassword');
  const now = context.controls.now().getTime();
  try {
    context.attempts.check(user.sub, now);
  } catch {
    throw new CognitoError('LimitExceededException', 'Attempt limit exceeded, please try after some time.');
  }
  if (!(await secretMatches(text(input, 'PreviousPassword'), user.passwordHash))) {
    context.attempts.failed(user.sub, now);
    throw notAuthorized('Incorrect username or password.');
  }
  checkPolicy(proposed, context.passwordPolicy);
  await setOwnPassword(context, user, proposed);
  return {};
}

/** The operations of a signed-in user, with the user's own access token. */
export const selfOperations: Operations = {
  GetUser: getUser,
  UpdateUserAttributes: updateUserAttributes,
  GlobalSignOut: globalSignOut,
  ChangePassword: changePassword,
};
