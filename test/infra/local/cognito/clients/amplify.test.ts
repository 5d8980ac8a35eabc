import {
  confirmResetPassword,
  confirmSignIn,
  fetchAuthSession,
  fetchMFAPreference,
  fetchUserAttributes,
  getCurrentUser,
  resetPassword,
  setUpTOTP,
  signIn,
  signOut,
  updateMFAPreference,
  updatePassword,
  updateUserAttributes,
  verifyTOTPSetup,
} from '@aws-amplify/auth';
import { AdminUserGlobalSignOutCommand } from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OTHER, PASSWORD, TestPool, UserPoolId } from '../pool.ts';
import { configureAmplify, leaveAmplify, sendPassword } from './amplify-client.ts';

const pool = new TestPool({ mfa: 'OPTIONAL' });
beforeAll(async () => {
  await pool.start();
  configureAmplify(pool.url);
});
afterAll(() => pool.remove());
beforeEach(() => {
  pool.count += 1;
  pool.mails.length = 0;
});
afterEach(async () => {
  pool.controls.setNow(null);
  await leaveAmplify();
});

const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } };
const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };

describe('with Amplify', () => {
  test('a user signs in by SRP and is known afterwards', async () => {
    const { Username, email } = await pool.createUser();
    await expect(signIn({ username: email, password: PASSWORD })).resolves.toEqual(done);
    expect(await getCurrentUser()).toMatchObject({
      username: Username,
      signInDetails: { loginId: email, authFlowType: 'USER_SRP_AUTH' },
    });
    const { tokens } = await fetchAuthSession();
    expect(tokens?.idToken?.payload).toMatchObject({ email, 'cognito:username': Username });
  });

  test('a wrong password and an unknown name are refused alike', async () => {
    const { email } = await pool.createUser();
    await expect(signIn({ username: email, password: OTHER })).rejects.toMatchObject(incorrect);
    await expect(signIn({ username: 'nobody@example.com', password: OTHER })).rejects.toMatchObject(
      incorrect,
    );
  });

  test('a session is refreshed, until an administrator signs the user out', async () => {
    const { Username, email } = await pool.createUser();
    await sendPassword(email);
    const before = (await fetchAuthSession()).tokens;
    const after = (await fetchAuthSession({ forceRefresh: true })).tokens;
    expect(after?.accessToken.payload.jti).not.toBe(before?.accessToken.payload.jti);
    expect(after?.accessToken.payload['origin_jti']).toBe(before?.accessToken.payload['origin_jti']);
    await pool.client.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username }));
    await expect(fetchUserAttributes()).rejects.toMatchObject({ message: 'Access Token has been revoked' });
    expect((await fetchAuthSession({ forceRefresh: true })).tokens).toBeUndefined();
  });

  test('a temporary password is replaced', async () => {
    const { Username, email } = await pool.createUser({ password: null });
    await pool.setPassword(Username, PASSWORD, false);
    expect(await signIn({ username: email, password: PASSWORD })).toMatchObject({
      nextStep: { signInStep: 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED' },
    });
    const options = { userAttributes: { name: 'Chosen Name' } };
    await expect(confirmSignIn({ challengeResponse: OTHER, options })).resolves.toEqual(done);
    expect(await fetchUserAttributes()).toMatchObject({ name: 'Chosen Name', email });
  });

  test('a forgotten password is recovered with the mailed code', async () => {
    const { email } = await pool.createUser();
    expect(await resetPassword({ username: email })).toMatchObject({
      nextStep: { resetPasswordStep: 'CONFIRM_RESET_PASSWORD_WITH_CODE' },
    });
    await confirmResetPassword({ username: email, confirmationCode: pool.code(), newPassword: OTHER });
    await expect(sendPassword(email)).rejects.toMatchObject(incorrect);
    await expect(sendPassword(email, OTHER)).resolves.toEqual(done);
  });

  test('a signed-in user changes the password and the profile', async () => {
    const { email } = await pool.createUser();
    await sendPassword(email);
    await updateUserAttributes({ userAttributes: { name: 'New Name' } });
    expect(await fetchUserAttributes()).toMatchObject({ name: 'New Name', email_verified: 'true' });
    await updatePassword({ oldPassword: PASSWORD, newPassword: OTHER });
    await leaveAmplify();
    await expect(sendPassword(email, OTHER)).resolves.toEqual(done);
  });

  test('signing out everywhere ends the sessions of every page', async () => {
    const { email } = await pool.createUser();
    const elsewhere = await pool.signIn(email);
    await sendPassword(email);
    await signOut({ global: true });
    await expect(getCurrentUser()).rejects.toMatchObject({ name: 'UserUnAuthenticatedException' });
    await expect(pool.refresh(elsewhere.RefreshToken)).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    });
    await expect(pool.getUser(elsewhere.AccessToken)).rejects.toMatchObject({
      message: 'Access Token has been revoked',
    });
  });

  test('a token is set up and asked for after SRP', async () => {
    const { email } = await pool.createUser();
    await sendPassword(email);
    const { sharedSecret } = await setUpTOTP();
    await expect(verifyTOTPSetup({ code: 'wrong!' })).rejects.toMatchObject({
      name: 'EnableSoftwareTokenMFAException',
    });
    await verifyTOTPSetup({ code: pool.totp(sharedSecret) });
    expect(await fetchMFAPreference()).toEqual({});
    await updateMFAPreference({ totp: 'PREFERRED' });
    expect(await fetchMFAPreference()).toEqual({ preferred: 'TOTP', enabled: ['TOTP'] });

    await leaveAmplify();
    pool.later(30_000);
    expect(await signIn({ username: email, password: PASSWORD })).toMatchObject({
      nextStep: { signInStep: 'CONFIRM_SIGN_IN_WITH_TOTP_CODE' },
    });
    await expect(confirmSignIn({ challengeResponse: 'wrong!' })).rejects.toMatchObject({
      name: 'CodeMismatchException',
    });
    await expect(confirmSignIn({ challengeResponse: pool.totp(sharedSecret) })).resolves.toEqual(done);
  });
});

describe('with Amplify, where the pool demands a second factor', () => {
  const strict = new TestPool({ mfa: 'ON' });
  beforeAll(async () => {
    await strict.start();
    configureAmplify(strict.url);
  });
  afterAll(() => strict.remove());

  test('a token is set up right after the first password', async () => {
    const { Username, email } = await strict.createUser({ password: null });
    await strict.setPassword(Username, PASSWORD, false);
    await sendPassword(email);
    const { nextStep } = await confirmSignIn({ challengeResponse: OTHER });
    if (nextStep.signInStep !== 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP') throw new Error(nextStep.signInStep);
    const code = strict.totp(nextStep.totpSetupDetails.sharedSecret);
    await expect(confirmSignIn({ challengeResponse: code })).resolves.toEqual(done);
    expect(await fetchMFAPreference()).toEqual({ preferred: 'TOTP', enabled: ['TOTP'] });
  });
});
