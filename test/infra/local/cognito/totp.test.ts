import {
  AdminGetUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  AssociateSoftwareTokenCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  newTotpSecret,
  stepOfCode,
  totpCode,
  totpStep,
} from '../../../../infra/local/cognito/second-factor/totp.ts';
import { ClientId, OTHER, TestPool, UserPoolId } from './pool.ts';

describe('the codes of an authenticator', () => {
  // The secret of RFC 6238 in Base32. Its vectors have eight digits, of which six digits are the last.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

  test.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('at %i seconds are those of RFC 6238', (seconds, code) => {
    expect(totpCode(secret, totpStep(new Date(seconds * 1000)))).toBe(code.slice(2));
  });

  test('are taken one step early or late, and no more', () => {
    const now = new Date(1_234_567_890_000);
    const present = totpStep(now);
    for (const by of [-1, 0, 1]) {
      expect(stepOfCode(secret, totpCode(secret, present + by), now)).toBe(present + by);
    }
    for (const by of [-2, 2]) expect(stepOfCode(secret, totpCode(secret, present + by), now)).toBeNull();
  });

  test('come from secrets that differ', () => {
    const made = newTotpSecret();
    expect(made).toMatch(/^[A-Z2-7]{52}$/);
    expect(newTotpSecret()).not.toBe(made);
  });
});

describe('a second factor', () => {
  const pool = new TestPool({ mfa: 'OPTIONAL' });
  beforeAll(() => pool.start());
  afterAll(() => pool.remove());
  beforeEach(() => {
    pool.count += 1;
  });
  afterEach(() => pool.controls.setNow(null));

  const on = { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } };
  const setUp = async (AccessToken: string): Promise<string> => {
    const { SecretCode = '' } = await pool.client.send(new AssociateSoftwareTokenCommand({ AccessToken }));
    const UserCode = pool.totp(SecretCode);
    await pool.client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }));
    return SecretCode;
  };
  const answer = (Session: string | undefined, USERNAME: string, code: string): Promise<unknown> =>
    pool.client.send(
      new RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session,
        ChallengeResponses: { USERNAME, SOFTWARE_TOKEN_MFA_CODE: code },
      }),
    );

  test('is asked for only once it is preferred, and an administrator turns it on and off', async () => {
    const { Username, email } = await pool.createUser();
    const { AccessToken } = await pool.signIn(email);
    await expect(
      pool.client.send(new SetUserMFAPreferenceCommand({ AccessToken, ...on })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await setUp(AccessToken);
    await expect(pool.signIn(email)).resolves.toHaveProperty('AccessToken');
    await pool.client.send(new AdminSetUserMFAPreferenceCommand({ UserPoolId, Username, ...on }));
    expect(await pool.auth(email)).toMatchObject({ ChallengeName: 'SOFTWARE_TOKEN_MFA' });
    expect(await pool.client.send(new AdminGetUserCommand({ UserPoolId, Username }))).toMatchObject({
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
      PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
    });
    const off = { SoftwareTokenMfaSettings: { Enabled: false } };
    await pool.client.send(new AdminSetUserMFAPreferenceCommand({ UserPoolId, Username, ...off }));
    await expect(pool.signIn(email)).resolves.toHaveProperty('AccessToken');
  });

  test('cannot be guessed, and a new phone replaces the old one only when it shows a code', async () => {
    const { email } = await pool.createUser();
    const { AccessToken } = await pool.signIn(email);
    const old = await setUp(AccessToken);
    await pool.client.send(new SetUserMFAPreferenceCommand({ AccessToken, ...on }));
    await pool.client.send(new AssociateSoftwareTokenCommand({ AccessToken }));
    pool.later(30_000);
    const { Session } = await pool.auth(email);
    await expect(answer(Session, email, pool.totp(old))).resolves.toHaveProperty('AuthenticationResult');
    await expect(answer(Session, email, pool.totp(old))).rejects.toMatchObject({
      message: 'Invalid session for the user.',
    });
    const next = await setUp(AccessToken);
    pool.later(60_000);
    const again = await pool.auth(email);
    for (let guess = 1; guess <= 5; guess += 1) {
      await expect(answer(again.Session, email, 'wrong!')).rejects.toMatchObject({
        name: 'CodeMismatchException',
      });
    }
    await expect(answer(again.Session, email, pool.totp(next))).rejects.toMatchObject({
      message: 'Password attempts exceeded',
    });
    pool.later(1000);
    await expect(answer(again.Session, email, pool.totp(old))).rejects.toMatchObject({
      name: 'CodeMismatchException',
    });
    pool.later(2000);
    await expect(answer(again.Session, email, pool.totp(next))).resolves.toBeDefined();
  });

  const user = (Username: string) => ({ UserPoolId, Username });
  const off = { SoftwareTokenMfaSettings: { Enabled: false } };
  test.each<[string, (Username: string) => Promise<unknown>]>([
    [
      'another password',
      (Username) =>
        pool.client.send(
          new AdminSetUserPasswordCommand({ ...user(Username), Password: OTHER, Permanent: true }),
        ),
    ],
    [
      'a sign-out everywhere',
      (Username) => pool.client.send(new AdminUserGlobalSignOutCommand(user(Username))),
    ],
    [
      'the end of the factor',
      (Username) => pool.client.send(new AdminSetUserMFAPreferenceCommand({ ...user(Username), ...off })),
    ],
  ])('that a sign-in waits for opens nothing after %s', async (_, happen) => {
    const { Username, email } = await pool.createUser();
    const { AccessToken } = await pool.signIn(email);
    const secret = await setUp(AccessToken);
    await pool.client.send(new SetUserMFAPreferenceCommand({ AccessToken, ...on }));
    pool.later(30_000);
    const { Session } = await pool.auth(email);
    await happen(Username);
    await expect(answer(Session, email, pool.totp(secret))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user.',
    });
  });

  test('outlives a restart', async () => {
    const { email } = await pool.createUser();
    const { AccessToken } = await pool.signIn(email);
    await setUp(AccessToken);
    await pool.client.send(new SetUserMFAPreferenceCommand({ AccessToken, ...on }));
    await pool.stop();
    await pool.start();
    expect(await pool.auth(email)).toMatchObject({ ChallengeName: 'SOFTWARE_TOKEN_MFA' });
  });
});
