import {
  AdminAddUserToGroupCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  ChangePasswordCommand,
  GlobalSignOutCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClientId, HOUR, INCORRECT, OTHER, PASSWORD, TestPool, UserPoolId } from './pool.ts';

const pool = new TestPool();
beforeAll(() => pool.start());
afterAll(() => pool.remove());
beforeEach(() => {
  pool.count += 1;
  pool.mails.length = 0;
});
afterEach(() => {
  pool.controls.setNow(null);
  vi.useRealTimers();
});

const refusal = (name: string, message: string): { name: string; message: string } => ({ name, message });
const claims = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

async function verifier(): Promise<{ verify: (token: string) => Promise<Record<string, unknown>> }> {
  const created = CognitoJwtVerifier.create({
    userPoolId: UserPoolId,
    clientId: ClientId,
    tokenUse: 'access',
  });
  const response = await fetch(`${pool.url}/${UserPoolId}/.well-known/jwks.json`);
  created.cacheJwks((await response.json()) as Parameters<typeof created.cacheJwks>[0]);
  return { verify: async (token) => ({ ...(await created.verify(token)) }) };
}

describe('tokens', () => {
  test('verify with aws-jwt-verify and carry the claims of real ones', async () => {
    const { Username, email } = await pool.createUser();
    await pool.client.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName: 'staff' }));
    const tokens = await pool.signIn(email);
    expect(tokens).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer' });

    const access = await (await verifier()).verify(tokens.AccessToken);
    expect(Object.keys(access).sort()).toEqual(
      'auth_time client_id cognito:groups event_id exp iat iss jti origin_jti scope sub token_use username'.split(
        ' ',
      ),
    );
    expect(access).toMatchObject({
      username: Username,
      client_id: ClientId,
      scope: 'aws.cognito.signin.user.admin',
      iss: `https://cognito-idp.eu-central-1.amazonaws.com/${UserPoolId}`,
      'cognito:groups': ['staff'],
    });
    expect(access.exp).toBe(Number(access.iat) + 3600);
    expect(claims(tokens.IdToken)).toMatchObject({
      sub: access.sub,
      aud: ClientId,
      email,
      email_verified: true,
      name: 'Test Person',
      'cognito:username': Username,
      'cognito:groups': ['staff'],
      token_use: 'id',
      origin_jti: access.origin_jti,
    });
  });

  test('the ID token is no access token, and one without groups has no such claim', async () => {
    const { email } = await pool.createUser();
    const tokens = await pool.signIn(email);
    await expect((await verifier()).verify(tokens.IdToken)).rejects.toThrow(/Token use not allowed: id/);
    await expect(pool.getUser(tokens.IdToken)).rejects.toMatchObject(
      refusal('NotAuthorizedException', 'Invalid Access Token'),
    );
    expect(claims(tokens.AccessToken)).not.toHaveProperty('cognito:groups');
  });

  test('expire after an hour of the moved clock', async () => {
    const { email } = await pool.createUser();
    const { AccessToken } = await pool.signIn(email);
    const { verify } = await verifier();
    pool.later(HOUR - 60_000);
    vi.useFakeTimers({ toFake: ['Date'], now: pool.controls.now() });
    await expect(verify(AccessToken)).resolves.toBeDefined();
    vi.useRealTimers();
    await expect(pool.getUser(AccessToken)).resolves.toBeDefined();
    pool.later(61_000);
    await expect(pool.getUser(AccessToken)).rejects.toMatchObject(
      refusal('NotAuthorizedException', 'Access Token has expired'),
    );
    vi.useFakeTimers({ toFake: ['Date'], now: pool.controls.now() });
    await expect(verify(AccessToken)).rejects.toThrow(/Token expired/);
  });

  test('a forged token is refused', async () => {
    const { email } = await pool.createUser();
    const { AccessToken } = await pool.signIn(email);
    const [head, , signature] = AccessToken.split('.');
    const body = Buffer.from(JSON.stringify({ ...claims(AccessToken), username: 'usr_1' })).toString(
      'base64url',
    );
    await expect(pool.getUser([head, body, signature].join('.'))).rejects.toMatchObject({
      message: 'Invalid Access Token',
    });
  });
});

test('tokens are good for as long as the client’s template says', async () => {
  const brief = new TestPool({ tokenLife: { access: 900, id: 600 } });
  await brief.start();
  const { email } = await brief.createUser();
  const tokens = await brief.signIn(email);
  const life = (token: string): number => Number(claims(token).exp) - Number(claims(token).iat);
  expect([tokens.ExpiresIn, life(tokens.AccessToken), life(tokens.IdToken)]).toEqual([900, 900, 600]);
  brief.later(900_000);
  await expect(brief.getUser(tokens.AccessToken)).rejects.toThrow('Access Token has expired');
  const { AuthenticationResult } = await brief.refresh(tokens.RefreshToken);
  expect(AuthenticationResult?.ExpiresIn).toBe(900);
  await expect(brief.getUser(AuthenticationResult?.AccessToken ?? '')).resolves.toBeDefined();
  await brief.remove();
});

describe('refresh tokens', () => {
  test('give new tokens with the old auth_time, for 30 days', async () => {
    const { email } = await pool.createUser();
    const tokens = await pool.signIn(email);
    pool.later(2 * HOUR);
    const { AuthenticationResult } = await pool.refresh(tokens.RefreshToken);
    expect(AuthenticationResult?.RefreshToken).toBeUndefined();
    const [before, after] = [claims(tokens.AccessToken), claims(AuthenticationResult?.AccessToken ?? '')];
    expect(after.auth_time).toBe(before.auth_time);
    expect(after.origin_jti).toBe(before.origin_jti);
    expect(after.jti).not.toBe(before.jti);
    expect(Number(after.iat)).toBeGreaterThanOrEqual(Number(before.iat) + 7200);
    pool.later(30 * 24 * HOUR);
    await expect(pool.refresh(tokens.RefreshToken)).rejects.toMatchObject({
      message: 'Refresh Token has expired',
    });
    await expect(pool.refresh('made-up')).rejects.toMatchObject({ message: 'Invalid Refresh Token' });
  });

  test.each([
    ['GlobalSignOut', (AccessToken: string) => pool.client.send(new GlobalSignOutCommand({ AccessToken }))],
    [
      'AdminUserGlobalSignOut',
      (_token: string, Username: string) =>
        pool.client.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username })),
    ],
    [
      'AdminDisableUser and AdminEnableUser',
      async (_token: string, Username: string) => {
        await pool.client.send(new AdminDisableUserCommand({ UserPoolId, Username }));
        await pool.client.send(new AdminEnableUserCommand({ UserPoolId, Username }));
      },
    ],
  ])('and access tokens die with %s', async (_name, end) => {
    const { Username, email } = await pool.createUser();
    const tokens = await pool.signIn(email);
    await end(tokens.AccessToken, Username);
    await expect(pool.refresh(tokens.RefreshToken)).rejects.toMatchObject(
      refusal('NotAuthorizedException', 'Refresh Token has been revoked'),
    );
    await expect(pool.getUser(tokens.AccessToken)).rejects.toMatchObject({
      message: 'Access Token has been revoked',
    });
    await expect(pool.signIn(email)).resolves.toBeDefined();
  });

  test.each([
    [
      'ChangePassword',
      (AccessToken: string) =>
        pool.client.send(
          new ChangePasswordCommand({ AccessToken, PreviousPassword: PASSWORD, ProposedPassword: OTHER }),
        ),
    ],
    [
      'AdminSetUserPassword',
      (_token: string, Username: string) =>
        pool.client.send(
          new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: OTHER, Permanent: true }),
        ),
    ],
  ])('die with %s', async (_name, change) => {
    const { Username, email } = await pool.createUser();
    const tokens = await pool.signIn(email);
    await change(tokens.AccessToken, Username);
    await expect(pool.refresh(tokens.RefreshToken)).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    });
    await expect(pool.auth(email)).rejects.toMatchObject(INCORRECT);
    await expect(pool.signIn(email, OTHER)).resolves.toBeDefined();
  });

  test('RevokeToken ends one session and leaves the others', async () => {
    const { email } = await pool.createUser();
    const [one, two] = [await pool.signIn(email), await pool.signIn(email)];
    await pool.client.send(new RevokeTokenCommand({ ClientId, Token: one.RefreshToken }));
    await expect(pool.refresh(one.RefreshToken)).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    });
    await expect(pool.getUser(one.AccessToken)).rejects.toMatchObject({
      message: 'Access Token has been revoked',
    });
    await expect(pool.refresh(two.RefreshToken)).resolves.toBeDefined();
    await expect(
      pool.client.send(new RevokeTokenCommand({ ClientId, Token: two.AccessToken })),
    ).rejects.toMatchObject({ name: 'UnsupportedTokenTypeException' });
  });
});

describe('sign-in', () => {
  test('unknown users and wrong passwords look the same', async () => {
    const { email } = await pool.createUser();
    await expect(pool.auth(email, 'Wrong-Password-1')).rejects.toMatchObject(INCORRECT);
    await expect(pool.auth('nobody@example.com', 'Wrong-Password-1')).rejects.toMatchObject(INCORRECT);
  });

  test('a disabled user is told so only with the right password', async () => {
    const { Username, email } = await pool.createUser();
    await pool.client.send(new AdminDisableUserCommand({ UserPoolId, Username }));
    await expect(pool.auth(email)).rejects.toMatchObject(
      refusal('NotAuthorizedException', 'User is disabled.'),
    );
    await expect(pool.auth(email, 'Wrong-Password-1')).rejects.toMatchObject(INCORRECT);
    await pool.client.send(new AdminEnableUserCommand({ UserPoolId, Username }));
    await expect(pool.signIn(email)).resolves.toBeDefined();
  });

  test.each(['a user', 'a made-up name'])('%s is locked out for longer and longer', async (kind) => {
    const { email } = await pool.createUser();
    const name = kind === 'a user' ? email : `nobody${pool.count}@example.com`;
    const exceeded = refusal('NotAuthorizedException', 'Password attempts exceeded');
    for (let failure = 1; failure <= 4; failure += 1) {
      await expect(pool.auth(name, 'Wrong-Password-1')).rejects.toMatchObject(INCORRECT);
    }
    // The fifth to eighth failure lock for 1, 2, 4 and 8 seconds.
    for (const seconds of [1, 2, 4, 8]) {
      await expect(pool.auth(name, 'Wrong-Password-1')).rejects.toMatchObject(INCORRECT);
      if (seconds < 8) pool.later(seconds * 1000);
    }
    await expect(pool.auth(name)).rejects.toMatchObject(exceeded);
    pool.later(5000);
    await expect(pool.auth(name)).rejects.toMatchObject(exceeded);
    pool.later(3000);
    if (kind === 'a user') await expect(pool.signIn(name)).resolves.toBeDefined();
    else await expect(pool.auth(name)).rejects.toMatchObject(INCORRECT);
  });

  test('many at once with the right password all get in', async () => {
    const { email } = await pool.createUser();
    const all = await Promise.all(Array.from({ length: 20 }, () => pool.signIn(email)));
    expect(new Set(all.map(({ RefreshToken }) => RefreshToken)).size).toBe(20);
  });

  test('AdminInitiateAuth has its own flow and needs the pool', async () => {
    const { email } = await pool.createUser();
    const AuthParameters = { USERNAME: email, PASSWORD };
    const send = (
      id: string,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' | 'USER_PASSWORD_AUTH',
    ): Promise<unknown> =>
      pool.client.send(new AdminInitiateAuthCommand({ UserPoolId: id, ClientId, AuthFlow, AuthParameters }));
    await expect(send(UserPoolId, 'ADMIN_USER_PASSWORD_AUTH')).resolves.toHaveProperty(
      'AuthenticationResult',
    );
    await expect(send(UserPoolId, 'USER_PASSWORD_AUTH')).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(send('eu-central-1_Other', 'ADMIN_USER_PASSWORD_AUTH')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('a temporary password leads to NEW_PASSWORD_REQUIRED, once, and lasts a week', async () => {
    const { Username, email } = await pool.createUser({ password: null });
    await pool.client.send(
      new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: PASSWORD, Permanent: false }),
    );
    const challenge = await pool.auth(email);
    expect(challenge).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' });
    expect(challenge.AuthenticationResult).toBeUndefined();
    expect(JSON.parse(challenge.ChallengeParameters?.userAttributes ?? '')).toMatchObject({ email });
    const answer = (NEW_PASSWORD: string): Promise<unknown> =>
      pool.client.send(
        new RespondToAuthChallengeCommand({
          ClientId,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session: challenge.Session,
          ChallengeResponses: { USERNAME: email, NEW_PASSWORD },
        }),
      );
    await expect(answer('short')).rejects.toMatchObject({ name: 'InvalidPasswordException' });
    await expect(answer(OTHER)).resolves.toHaveProperty('AuthenticationResult.AccessToken');
    await expect(answer(OTHER)).rejects.toMatchObject({ message: 'Invalid session for the user.' });
    await expect(pool.signIn(email, OTHER)).resolves.toHaveProperty('AccessToken');

    await pool.client.send(
      new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: PASSWORD, Permanent: false }),
    );
    pool.later(7 * 24 * HOUR + 1);
    await expect(pool.auth(email)).rejects.toMatchObject({
      message: 'Temporary password has expired and must be reset by an administrator.',
    });
  });
});
