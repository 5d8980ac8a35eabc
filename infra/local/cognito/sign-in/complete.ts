import type { Context } from '../context.ts';
import type { User } from '../state.ts';
import { TOKEN_SECONDS } from '../tokens.ts';

export const result = (tokens: object, more: object = {}): object => ({
  AuthenticationResult: { ...tokens, ...more, ExpiresIn: TOKEN_SECONDS, TokenType: 'Bearer' },
  ChallengeParameters: {},
});

async function signedIn(context: Context, user: User): Promise<object> {
  const { session, refreshToken } = context.state.openSession(user, context.controls.now());
  return result(await context.tokens.make(user, session), { RefreshToken: refreshToken });
}

function newPasswordRequired(context: Context, user: User): object {
  const now = context.controls.now().getTime();
  const token = context.challenges.open({ name: 'NEW_PASSWORD_REQUIRED', sub: user.sub }, now);
  return {
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: token.toString('base64url'),
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: '[]',
      userAttributes: JSON.stringify(user.attributes),
    },
  };
}

/** What follows a proven password: the next challenge, or tokens. */
export async function afterPassword(context: Context, user: User): Promise<object> {
  return user.status === 'CONFIRMED' ? signedIn(context, user) : newPasswordRequired(context, user);
}
