import type { Context, Operations } from '../context.ts';
import { CognitoError, type Input, notAuthorized, text } from '../protocol.ts';
import type { Session } from '../state.ts';
import { result } from './complete.ts';
import { checkClient } from './password.ts';

export async function refresh(context: Context, token: string): Promise<object> {
  const found = context.state.sessionOf(token);
  if (!found) throw notAuthorized('Invalid Refresh Token');
  const { user, session } = found;
  if (!session.refreshable) throw notAuthorized('Refresh Token has been revoked');
  if (session.expiresAt <= context.controls.now().getTime()) throw notAuthorized('Refresh Token has expired');
  if (!user.enabled) throw notAuthorized('User is disabled.');
  return result(await context.tokens.make(user, session));
}

async function getTokensFromRefreshToken(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  return refresh(context, text(input, 'RefreshToken'));
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

export const refreshOperations: Operations = {
  GetTokensFromRefreshToken: getTokensFromRefreshToken,
  RevokeToken: revokeToken,
};
