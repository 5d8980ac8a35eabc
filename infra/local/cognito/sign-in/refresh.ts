import type { Context, Operations } from '../context.ts';
import { CognitoError, type Input, notAuthorized, text, textMap } from '../protocol.ts';
import type { Session, User } from '../state.ts';
import type { Metadata } from '../triggers/triggers.ts';
import { result } from './complete.ts';
import { checkClient } from './password.ts';

export async function refresh(context: Context, token: string, metadata: Metadata): Promise<object> {
  const { user } = refreshable(context, token);
  const changes = await context.triggers.preTokenGeneration(user, 'RefreshTokens', metadata);
  // While the function ran, the session may have been ended.
  const { session } = refreshable(context, token);
  return result(context, await context.tokens.make(user, session, changes));
}

/** The session of a refresh token that still works. */
function refreshable(context: Context, token: string): { user: User; session: Session } {
  const found = context.state.sessionOf(token);
  if (!found) throw notAuthorized('Invalid Refresh Token');
  const { user, session } = found;
  if (!session.refreshable) throw notAuthorized('Refresh Token has been revoked');
  if (session.expiresAt <= context.controls.now().getTime()) throw notAuthorized('Refresh Token has expired');
  if (!user.enabled) throw notAuthorized('User is disabled.');
  return found;
}

async function getTokensFromRefreshToken(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  return refresh(context, text(input, 'RefreshToken'), textMap(input, 'ClientMetadata'));
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
