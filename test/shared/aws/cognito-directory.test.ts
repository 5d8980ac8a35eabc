import {
  AdminGetUserCommand,
  AssociateSoftwareTokenCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LoginDirectory } from '../../../shared/accounts/logins/directory.ts';
import type { Login } from '../../../shared/accounts/people.ts';
import { cognitoDirectory } from '../../../shared/aws/cognito-directory.ts';
import { ClientId, OTHER, PASSWORD, TestPool, UserPoolId } from '../../infra/local/cognito/pool.ts';

const pool = new TestPool({ mfa: 'OPTIONAL' });
let directory: LoginDirectory;
let login: Login;

beforeAll(async () => {
  await pool.start();
  directory = cognitoDirectory(UserPoolId, pool.client);
});
afterAll(() => pool.remove());
beforeEach(async () => {
  pool.count += 1;
  const { Username: userId, email } = await pool.createUser();
  login = {
    userId,
    email,
    name: 'Jane Owner',
    staff: false,
    accounts: 1,
    lastSignInAt: null,
    notBeforeSeconds: 0,
    version: 'v1',
  };
});

/** Somebody signs in, sets up an authenticator at the pool, and keeps a sign-in that waits for its code. */
async function holdHalfway() {
  const { AccessToken } = await pool.signIn(login.email);
  const { SecretCode = '' } = await pool.client.send(new AssociateSoftwareTokenCommand({ AccessToken }));
  const UserCode = pool.totp(SecretCode);
  await pool.client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }));
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true };
  await pool.client.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }));
  const { ChallengeName, Session } = await pool.auth(login.email);
  return () => {
    const ChallengeResponses = { USERNAME: login.email, SOFTWARE_TOKEN_MFA_CODE: pool.totp(SecretCode) };
    return pool.client.send(
      new RespondToAuthChallengeCommand({ ClientId, ChallengeName, Session, ChallengeResponses }),
    );
  };
}

const user = () => pool.client.send(new AdminGetUserCommand({ UserPoolId, Username: login.userId }));
const attribute = async (name: string) =>
  (await user()).UserAttributes?.find(({ Name }) => Name === name)?.Value;

describe.each<[string, () => Promise<void>]>([
  ['a password that its holder chose', () => directory.choosePassword(login, OTHER)],
  ['forgetting', () => directory.forget(login)],
])('%s', (_, end) => {
  test('leaves nobody half way in, with no factor of before, whatever the pool keeps of a user', async () => {
    const finish = await holdHalfway();
    const sub = await attribute('sub');
    pool.later(30_000);
    await end();
    await expect(finish()).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    expect(await attribute('sub')).not.toBe(sub);
    // The secret that was verified is gone, not only switched off.
    await expect(directory.requireSecondFactor(login.userId)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    pool.controls.setNow(null);
  });

  test('leaves the login with its address, under its name', async () => {
    await end();
    expect(await directory.describe(login.email)).toEqual({
      userId: login.userId,
      name: 'Jane Owner',
      email: login.email,
    });
    expect(await attribute('email_verified')).toBe('true');
    expect((await user()).Enabled).toBe(true);
    await expect(pool.signIn(login.email)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  });

  test('makes a user who is missing, as after a stop half way', async () => {
    await directory.discard(login.userId);
    await end();
    expect((await user()).UserStatus).toBe('CONFIRMED');
  });
});

test('a chosen password signs in, and one that the pool refuses leaves all as it was', async () => {
  await expect(directory.choosePassword(login, 'short')).rejects.toMatchObject({ kind: 'invalid-request' });
  await expect(pool.signIn(login.email, PASSWORD)).resolves.toHaveProperty('AccessToken');
  await directory.choosePassword(login, OTHER);
  await expect(pool.signIn(login.email, OTHER)).resolves.toHaveProperty('AccessToken');
});

test('a disabled login stays so when it is forgotten', async () => {
  login = { ...login, accounts: 0 };
  await directory.sync(login);
  await directory.forget(login);
  expect((await user()).Enabled).toBe(false);
});
