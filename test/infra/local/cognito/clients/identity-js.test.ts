import {
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { CognitoUserSession } from 'amazon-cognito-identity-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OTHER, PASSWORD, TestPool, UserPoolId } from '../pool.ts';
import { called, clientUser, sendPassword, sessionOf, signIn, step } from './identity-js-client.ts';

const pool = new TestPool({ mfa: 'OPTIONAL' });
beforeAll(() => pool.start());
afterAll(() => pool.remove());
beforeEach(() => {
  pool.count += 1;
  pool.mails.length = 0;
});
afterEach(() => pool.controls.setNow(null));

const incorrect = { code: 'NotAuthorizedException', message: 'Incorrect username or password.' };
const STEP_MS = 30_000;
const page = (name: string) => clientUser(pool.url, name);

describe('with amazon-cognito-identity-js', () => {
  test('a user signs in by SRP, by name and by e-mail, and the password is never sent', async () => {
    const { Username, email } = await pool.createUser();
    for (const name of [Username, email.toUpperCase()]) {
      const session = await sessionOf(signIn(page(name)));
      expect(session.getAccessToken().payload).toMatchObject({ username: Username, token_use: 'access' });
      expect(session.getIdToken().payload).toMatchObject({ email, 'cognito:username': Username });
    }
  });

  test('a wrong password, an unknown name and a disabled user are refused as with a sent password', async () => {
    const { Username, email } = await pool.createUser();
    await expect(signIn(page(email), OTHER)).rejects.toMatchObject(incorrect);
    await expect(signIn(page('nobody@example.com'))).rejects.toMatchObject(incorrect);
    await pool.client.send(new AdminDisableUserCommand({ UserPoolId, Username }));
    await expect(signIn(page(email))).rejects.toMatchObject({ message: 'User is disabled.' });
  });

  test('a session is refreshed', async () => {
    const { email } = await pool.createUser();
    const user = page(email);
    const before = await sendPassword(user);
    const after = await called<CognitoUserSession>((done) =>
      user.refreshSession(before.getRefreshToken(), done),
    );
    expect(after.getAccessToken().payload['jti']).not.toBe(before.getAccessToken().payload['jti']);
    expect(after.getRefreshToken().getToken()).toBe(before.getRefreshToken().getToken());
  });

  test('a temporary password is replaced after SRP', async () => {
    const { Username, email } = await pool.createUser({ password: null });
    await pool.setPassword(Username, PASSWORD, false);
    const user = page(email);
    expect(await signIn(user)).toMatchObject({ challenge: 'NEW_PASSWORD_REQUIRED', parameters: { email } });
    await expect(
      step((callbacks) => user.completeNewPasswordChallenge('weak', {}, callbacks)),
    ).rejects.toMatchObject({ code: 'InvalidPasswordException' });
    const given = { name: 'Chosen Name' };
    const session = await sessionOf(
      step((callbacks) => user.completeNewPasswordChallenge(OTHER, given, callbacks)),
    );
    expect(session.getIdToken().payload).toMatchObject({ name: 'Chosen Name' });
    await sendPassword(page(email), OTHER);
  });

  test('a forgotten password is recovered with the mailed code', async () => {
    const { email } = await pool.createUser();
    const user = page(email);
    await new Promise((onSuccess, onFailure) => user.forgotPassword({ onSuccess, onFailure }));
    await expect(
      new Promise((onSuccess, onFailure) => user.confirmPassword('wrong!', OTHER, { onSuccess, onFailure })),
    ).rejects.toMatchObject({ code: 'CodeMismatchException' });
    await new Promise((onSuccess, onFailure) =>
      user.confirmPassword(pool.code(), OTHER, { onSuccess, onFailure }),
    );
    await expect(sendPassword(page(email))).rejects.toMatchObject(incorrect);
    await sendPassword(page(email), OTHER);
  });

  test('a signed-in user changes the password and the profile', async () => {
    const { email } = await pool.createUser();
    const user = page(email);
    await sendPassword(user);
    await called((done) => user.updateAttributes([{ Name: 'name', Value: 'New Name' }], done));
    const data = await called<{ UserAttributes: unknown[] }>((done) => user.getUserData(done));
    expect(data.UserAttributes).toContainEqual({ Name: 'name', Value: 'New Name' });
    await expect(
      called((done) => user.updateAttributes([{ Name: 'email_verified', Value: 'true' }], done)),
    ).rejects.toMatchObject({ code: 'NotAuthorizedException' });
    await called((done) => user.changePassword(PASSWORD, OTHER, done));
    await sendPassword(page(email), OTHER);
  });

  test('signing out everywhere ends the sessions of every page', async () => {
    const { Username, email } = await pool.createUser();
    const [one, two] = [page(email), page(email)];
    await sendPassword(one);
    const other = await sendPassword(two);
    await new Promise((onSuccess, onFailure) => one.globalSignOut({ onSuccess, onFailure }));
    await expect(pool.refresh(other.getRefreshToken().getToken())).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    });
    await expect(called((done) => two.getUserData(done))).rejects.toMatchObject({
      message: 'Access Token has been revoked',
    });
    const third = await sendPassword(page(email));
    await pool.client.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username }));
    await expect(pool.refresh(third.getRefreshToken().getToken())).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    });
  });

  test('signing out of one page revokes its session alone', async () => {
    const { email } = await pool.createUser();
    const [one, two] = [page(email), page(email)];
    const ended = await sendPassword(one);
    const kept = await sendPassword(two);
    await called((done) => one.signOut(done as () => void));
    await expect(pool.refresh(ended.getRefreshToken().getToken())).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
    await expect(pool.refresh(kept.getRefreshToken().getToken())).resolves.toBeDefined();
  });

  test('a token is set up, asked for after SRP and of use once', async () => {
    const { email } = await pool.createUser();
    const user = page(email);
    await sendPassword(user);
    const secret = await new Promise<string>((associateSecretCode, onFailure) =>
      user.associateSoftwareToken({ associateSecretCode, onFailure }),
    );
    await step((callbacks) => user.verifySoftwareToken(pool.totp(secret), 'phone', callbacks));
    const choice = { Enabled: true, PreferredMfa: true };
    await called((done) => user.setUserMfaPreference(null, choice, done));

    pool.later(STEP_MS);
    const again = page(email);
    expect(await signIn(again)).toMatchObject({
      challenge: 'SOFTWARE_TOKEN_MFA',
      parameters: { FRIENDLY_DEVICE_NAME: 'phone' },
    });
    const code = pool.totp(secret);
    const send = () => step((callbacks) => again.sendMFACode(code, callbacks, 'SOFTWARE_TOKEN_MFA'));
    expect(await send()).toHaveProperty('session');
    expect(await called((done) => again.getUserData(done))).toMatchObject({
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
      PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
    });
    again.setAuthenticationFlowType('USER_PASSWORD_AUTH');
    await signIn(again);
    await expect(send()).rejects.toMatchObject({ code: 'ExpiredCodeException' });
  });
});

describe('with amazon-cognito-identity-js, where the pool demands a second factor', () => {
  const strict = new TestPool({ mfa: 'ON' });
  beforeAll(() => strict.start());
  afterAll(() => strict.remove());

  test('a token is set up during the first sign-in', async () => {
    const { email } = await strict.createUser();
    const user = clientUser(strict.url, email);
    user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
    expect(await signIn(user)).toMatchObject({
      challenge: 'MFA_SETUP',
      parameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
    });
    const secret = await new Promise<string>((associateSecretCode, onFailure) =>
      user.associateSoftwareToken({ associateSecretCode, onFailure }),
    );
    const show = (code: string) => step((callbacks) => user.verifySoftwareToken(code, 'phone', callbacks));
    await expect(show('wrong!')).rejects.toMatchObject({ code: 'EnableSoftwareTokenMFAException' });
    expect(await show(strict.totp(secret))).toHaveProperty('session');
    const again = clientUser(strict.url, email);
    again.setAuthenticationFlowType('USER_PASSWORD_AUTH');
    expect(await signIn(again)).toMatchObject({ challenge: 'SOFTWARE_TOKEN_MFA' });
  });
});
