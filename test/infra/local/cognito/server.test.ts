import { InitiateAuthCommand, UpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ClientId, HOUR, PASSWORD, TestPool } from './pool.ts';

const pool = new TestPool({
  writeAttributes: ['name'],
  passwordPolicy: { TemporaryPasswordValidityDays: 2 },
});
beforeAll(() => pool.start());
afterAll(() => pool.remove());
beforeEach(() => {
  pool.count += 1;
});
afterEach(() => pool.controls.setNow(null));

test('users write only what the client’s template lets them', async () => {
  const { email } = await pool.createUser();
  const { AccessToken } = await pool.signIn(email);
  const write = (Name: string, Value: string): Promise<unknown> =>
    pool.client.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: [{ Name, Value }] }));
  await expect(write('name', 'Allowed')).resolves.toBeDefined();
  for (const name of ['nickname', 'email', 'email_verified', 'custom:plan']) {
    await expect(write(name, 'true')).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'A client attempted to write unauthorized attribute',
    });
  }
});

test('a temporary password lasts as many days as the pool says', async () => {
  const { Username, email } = await pool.createUser({ password: null });
  await pool.setPassword(Username, PASSWORD, false);
  pool.later(48 * HOUR - 60_000);
  expect(await pool.auth(email)).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' });
  pool.later(60_001);
  await expect(pool.auth(email)).rejects.toMatchObject({
    message: 'Temporary password has expired and must be reset by an administrator.',
  });
});

test('an unknown name gets a challenge as a user does, and always the same salt', async () => {
  const { Username, email } = await pool.createUser();
  const ask = async (USERNAME: string) => {
    const AuthParameters = { USERNAME, SRP_A: 'abcdef' };
    const answer = await pool.client.send(
      new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }),
    );
    expect(answer).toMatchObject({ ChallengeName: 'PASSWORD_VERIFIER' });
    return answer.ChallengeParameters ?? {};
  };
  const [known, unknown] = [await ask(email), await ask('nobody@example.com')];
  expect(Object.keys(unknown).sort()).toEqual(Object.keys(known).sort());
  expect(known['USER_ID_FOR_SRP']).toBe(Username);
  await pool.stop();
  await pool.start();
  const again = await ask('Nobody@example.com');
  expect(again).toMatchObject({ SALT: unknown['SALT'], USER_ID_FOR_SRP: unknown['USER_ID_FOR_SRP'] });
  expect(again['SRP_B']).not.toBe(unknown['SRP_B']);
});
