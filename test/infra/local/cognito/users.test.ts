import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
});

const refusal = (name: string, message: string): { name: string; message: string } => ({ name, message });

describe('passwords', () => {
  test.each([
    ['Short-1', 'Password not long enough'],
    ['all-lower-case-1', 'Password must have uppercase characters'],
    ['ALL-UPPER-CASE-1', 'Password must have lowercase characters'],
    ['No-Number-In-It', 'Password must have numeric characters'],
  ])('the policy refuses %s', async (Password, why) => {
    const { Username } = await pool.createUser();
    await expect(
      pool.client.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true })),
    ).rejects.toMatchObject(
      refusal('InvalidPasswordException', `Password did not conform with policy: ${why}`),
    );
  });

  test('a forgotten one is replaced with the mailed code, which works once', async () => {
    const { email } = await pool.createUser();
    const tokens = await pool.signIn(email);
    const sent = await pool.client.send(
      new ForgotPasswordCommand({ ClientId, Username: email.toUpperCase() }),
    );
    expect(sent.CodeDeliveryDetails).toEqual({
      Destination: 'u***@e***',
      DeliveryMedium: 'EMAIL',
      AttributeName: 'email',
    });
    expect(pool.mails).toEqual([expect.objectContaining({ to: email, subject: 'Your verification code' })]);
    const confirm = (ConfirmationCode: string, Password: string): Promise<unknown> =>
      pool.client.send(
        new ConfirmForgotPasswordCommand({ ClientId, Username: email, ConfirmationCode, Password }),
      );
    await expect(confirm(pool.code(), 'weak')).rejects.toMatchObject({
      name: 'InvalidPasswordException',
    });
    await confirm(pool.code(), OTHER);
    await expect(confirm(pool.code(), OTHER)).rejects.toMatchObject({ name: 'ExpiredCodeException' });
    await expect(pool.refresh(tokens.RefreshToken)).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    });
    await expect(pool.signIn(email, OTHER)).resolves.toBeDefined();
  });

  test('a code lasts an hour and five tries', async () => {
    const { Username, email } = await pool.createUser();
    const ask = (): Promise<unknown> => pool.client.send(new ForgotPasswordCommand({ ClientId, Username }));
    const confirm = (ConfirmationCode: string): Promise<unknown> =>
      pool.client.send(
        new ConfirmForgotPasswordCommand({ ClientId, Username: email, ConfirmationCode, Password: OTHER }),
      );
    await ask();
    const wrong = pool.code() === '000000' ? '000001' : '000000';
    for (let guess = 1; guess <= 5; guess += 1) {
      await expect(confirm(wrong)).rejects.toMatchObject({ name: 'CodeMismatchException' });
    }
    await expect(confirm(pool.code())).rejects.toMatchObject({ name: 'LimitExceededException' });
    await ask();
    pool.later(HOUR + 1);
    await expect(confirm(pool.code(1))).rejects.toMatchObject({ name: 'ExpiredCodeException' });
  });

  test('nobody gets a code who cannot be mailed, and the answer does not tell', async () => {
    const unverified = await pool.createUser({ verified: false });
    const disabled = await pool.createUser({
      username: `usr_${pool.count}_off`,
      email: `off${pool.count}@example.com`,
    });
    await pool.client.send(new AdminDisableUserCommand({ UserPoolId, Username: disabled.Username }));
    for (const Username of ['nobody@example.com', unverified.email, unverified.Username, disabled.email]) {
      const sent = await pool.client.send(new ForgotPasswordCommand({ ClientId, Username }));
      expect(sent.CodeDeliveryDetails).toMatchObject({
        Destination: expect.stringMatching(/^[a-z]\*{3}@[a-z]\*{3}$/) as string,
      });
    }
    expect(pool.mails).toEqual([]);
    await expect(
      pool.client.send(
        new ConfirmForgotPasswordCommand({
          ClientId,
          Username: 'nobody@example.com',
          ConfirmationCode: '123456',
          Password: OTHER,
        }),
      ),
    ).rejects.toMatchObject({ name: 'CodeMismatchException' });
  });
});

describe('e-mail aliases', () => {
  const verify = (Username: string, ...more: { Name: string; Value: string }[]): Promise<unknown> =>
    pool.client.send(
      new AdminUpdateUserAttributesCommand({
        UserPoolId,
        Username,
        UserAttributes: [...more, { Name: 'email_verified', Value: 'true' }],
      }),
    );

  test('an e-mail signs in only while it is verified, in any case', async () => {
    const { Username, email } = await pool.createUser({ verified: false });
    await expect(pool.auth(email)).rejects.toMatchObject(INCORRECT);
    await expect(pool.signIn(Username)).resolves.toBeDefined();
    await verify(Username);
    await expect(pool.signIn(email.toUpperCase())).resolves.toBeDefined();
    await pool.client.send(
      new AdminUpdateUserAttributesCommand({
        UserPoolId,
        Username,
        UserAttributes: [{ Name: 'email', Value: `moved-${email}` }],
      }),
    );
    await expect(pool.auth(email)).rejects.toMatchObject(INCORRECT);
    await expect(pool.auth(`moved-${email}`)).rejects.toMatchObject(INCORRECT);
    await verify(Username);
    await expect(pool.signIn(`moved-${email}`)).resolves.toBeDefined();
  });

  test('unverified duplicates coexist, a second verified one is refused', async () => {
    const email = `shared${pool.count}@example.com`;
    const exists = { name: 'AliasExistsException' };
    const one = await pool.createUser({ username: `usr_${pool.count}_a`, email, verified: false });
    const two = await pool.createUser({ username: `usr_${pool.count}_b`, email, verified: false });
    await verify(one.Username);
    await expect(verify(two.Username)).rejects.toMatchObject(exists);
    await expect(
      pool.createUser({ username: `usr_${pool.count}_c`, email: email.toUpperCase() }),
    ).rejects.toMatchObject(exists);
    await expect(
      pool.client.send(new AdminGetUserCommand({ UserPoolId, Username: `usr_${pool.count}_c` })),
    ).rejects.toMatchObject(refusal('UserNotFoundException', 'User does not exist.'));
    await verify(two.Username, { Name: 'email', Value: `other-${email}` });
    await pool.client.send(new AdminDeleteUserCommand({ UserPoolId, Username: email }));
    await verify(two.Username, { Name: 'email', Value: email });
    await expect(pool.signIn(email)).resolves.toBeDefined();
  });

  test('of two users made at once with one verified e-mail, one wins', async () => {
    const email = `race${pool.count}@example.com`;
    const made = await Promise.allSettled(
      ['a', 'b'].map((suffix) => pool.createUser({ username: `usr_${pool.count}_${suffix}`, email })),
    );
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('a username may not look like an e-mail and may not be taken', async () => {
    const { Username } = await pool.createUser();
    await expect(pool.createUser({ username: 'someone@example.com' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(pool.createUser({ username: Username, email: 'new@example.com' })).rejects.toMatchObject({
      name: 'UsernameExistsException',
    });
  });
});

describe('administration', () => {
  test('users are read, found by e-mail, grouped and deleted', async () => {
    const { Username, email } = await pool.createUser();
    const user = await pool.client.send(new AdminGetUserCommand({ UserPoolId, Username: email }));
    expect(user).toMatchObject({ Username, Enabled: true, UserStatus: 'CONFIRMED' });
    expect(Math.abs((user.UserCreateDate?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    const found = await pool.client.send(
      new ListUsersCommand({ UserPoolId, Filter: `email = "${email.toUpperCase()}"` }),
    );
    expect(found.Users?.map((one) => one.Username)).toEqual([Username]);
    expect(found.Users?.[0]?.Attributes).toContainEqual({ Name: 'email_verified', Value: 'true' });
    await expect(
      pool.client.send(new ListUsersCommand({ UserPoolId, Filter: 'nonsense' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });

    const groups = async (): Promise<unknown> =>
      (await pool.client.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }))).Groups?.map(
        ({ GroupName }) => GroupName,
      );
    for (const GroupName of ['staff', 'owners', 'staff']) {
      await pool.client.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
    }
    expect(await groups()).toEqual(['staff', 'owners']);
    await pool.client.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName: 'staff' }));
    expect(await groups()).toEqual(['owners']);

    const tokens = await pool.signIn(email);
    await pool.client.send(new AdminDeleteUserCommand({ UserPoolId, Username }));
    await expect(pool.getUser(tokens.AccessToken)).rejects.toMatchObject({ name: 'UserNotFoundException' });
    await expect(pool.refresh(tokens.RefreshToken)).rejects.toMatchObject({
      message: 'Invalid Refresh Token',
    });
    await expect(pool.auth(email)).rejects.toMatchObject(INCORRECT);
  });

  test('lists come in pages', async () => {
    for (const suffix of ['a', 'b', 'c']) {
      await pool.createUser({
        username: `page${pool.count}_${suffix}`,
        email: `${suffix}@page.test`,
        password: null,
      });
    }
    const names: (string | undefined)[] = [];
    let PaginationToken: string | undefined;
    do {
      const Filter = `username ^= "page${pool.count}_"`;
      const answer = await pool.client.send(
        new ListUsersCommand({ UserPoolId, Filter, Limit: 2, PaginationToken }),
      );
      names.push(...(answer.Users ?? []).map(({ Username }) => Username));
      PaginationToken = answer.PaginationToken;
    } while (PaginationToken !== undefined);
    expect(names).toEqual(['a', 'b', 'c'].map((suffix) => `page${pool.count}_${suffix}`));
  });

  test('an invitation that is not suppressed is mailed and works', async () => {
    const Username = `usr_${pool.count}`;
    const email = `guest${pool.count}@example.com`;
    const UserAttributes = [{ Name: 'email', Value: email }];
    await pool.client.send(new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes }));
    expect(pool.mails).toEqual([expect.objectContaining({ to: email, subject: 'Your temporary password' })]);
    const password = /password is (\S+)\.$/.exec(pool.mails[0]?.text ?? '')?.[1] ?? '';
    await expect(pool.auth(Username, password)).resolves.toMatchObject({
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
    });
  });

  test('nonsense is refused by name and never with a 500', async () => {
    const post = async (operation: string, body: string): Promise<[number, unknown]> => {
      const response = await fetch(pool.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        },
        body,
      });
      return [response.status, ((await response.json()) as { __type: string }).__type];
    };
    expect(await post('InitiateAuth', '{')).toEqual([400, 'SerializationException']);
    expect(await post('InitiateAuth', '[]')).toEqual([400, 'SerializationException']);
    expect(await post('InitiateAuth', '{"ClientId":7}')).toEqual([400, 'InvalidParameterException']);
    expect(await post('InitiateAuth', '{"ClientId":"other"}')).toEqual([400, 'ResourceNotFoundException']);
    expect(await post('constructor', '{}')).toEqual([400, 'UnknownOperationException']);
    const parameters = '"AuthParameters":{"USERNAME":"__proto__","PASSWORD":"x"}';
    expect(
      await post('InitiateAuth', `{"ClientId":"${ClientId}","AuthFlow":"USER_PASSWORD_AUTH",${parameters}}`),
    ).toEqual([400, 'NotAuthorizedException']);
    const other = await fetch(`${pool.url}/eu-central-1_Other/.well-known/jwks.json`);
    expect(other.status).toBe(404);
  });
});

test('users, sessions and the key outlive a restart; no password is kept readable', async () => {
  const { email } = await pool.createUser();
  const tokens = await pool.signIn(email);
  await pool.client.send(new ForgotPasswordCommand({ ClientId, Username: email }));
  await pool.stop();
  const saved = await readFile(join(pool.dir, 'cognito.json'), 'utf8');
  expect(saved).toContain(email);
  for (const secret of [PASSWORD, tokens.RefreshToken, `"${pool.code()}"`]) {
    expect(saved).not.toContain(secret);
  }
  await pool.start();
  await expect(pool.getUser(tokens.AccessToken)).resolves.toBeDefined();
  await expect(pool.refresh(tokens.RefreshToken)).resolves.toBeDefined();
  await expect(pool.signIn(email)).resolves.toBeDefined();
  const ConfirmationCode = pool.code();
  await pool.client.send(
    new ConfirmForgotPasswordCommand({ ClientId, Username: email, ConfirmationCode, Password: OTHER }),
  );
  await expect(pool.signIn(email, OTHER)).resolves.toBeDefined();
});
