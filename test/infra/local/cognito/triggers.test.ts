import {
  AdminCreateUserCommand,
  AdminUpdateUserAttributesCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { declaredSettings } from '../../../../infra/local/cognito/settings.ts';
import { ClientId, OTHER, PASSWORD, TestPool, UserPoolId } from './pool.ts';

interface Event {
  triggerSource: string;
  userName: string;
  request: Record<string, unknown>;
  response: Record<string, unknown>;
}

const events: (Event & { called: string })[] = [];
/** What the functions do beside giving the event back, by their names. */
const functions: Record<string, (event: Event) => Promise<object> | object> = {};

const pool = new TestPool({
  triggers: {
    preTokenGeneration: 'tokens',
    postConfirmation: 'confirmed',
    postAuthentication: 'authenticated',
    customEmailSender: 'mailer',
  },
  invoke: async (called, given) => {
    const event = given as Event;
    events.push({ ...event, called });
    try {
      return { payload: { ...event, response: (await functions[called]?.(event)) ?? {} } };
    } catch (error) {
      return { functionError: { errorType: 'Error', errorMessage: (error as Error).message } };
    }
  },
});
beforeAll(() => pool.start());
afterAll(() => pool.remove());
beforeEach(() => {
  pool.count += 1;
  events.length = 0;
});
afterEach(() => {
  for (const name of Object.keys(functions)) delete functions[name];
});

const sources = (): string[] => events.map(({ triggerSource }) => triggerSource);
const claims = (token = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
const refuse = (): never => {
  throw new Error('Not today');
};

describe('the function that is asked before tokens are made', () => {
  test('adds claims to both tokens, and changes none that says what happened', async () => {
    const { Username, email } = await pool.createUser();
    functions['tokens'] = () => ({
      claimsAndScopeOverrideDetails: {
        accessTokenGeneration: {
          claimsToAddOrOverride: { plan: { seats: 3 }, sub: 'somebody else', client_id: 'another' },
          scopesToAdd: ['files/read'],
        },
        idTokenGeneration: { claimsToAddOrOverride: { theme: 'dark' }, claimsToSuppress: ['name'] },
        groupOverrideDetails: { groupsToOverride: ['guests'] },
      },
    });
    const tokens = await pool.signIn(email);
    const access = claims(tokens.AccessToken);
    expect(access).toMatchObject({
      plan: { seats: 3 },
      client_id: ClientId,
      scope: 'aws.cognito.signin.user.admin files/read',
      'cognito:groups': ['guests'],
    });
    expect(access['sub']).not.toBe('somebody else');
    expect(claims(tokens.IdToken)).toMatchObject({ theme: 'dark', sub: access['sub'] });
    expect(claims(tokens.IdToken)).not.toHaveProperty('name');
    expect(events.at(-1)).toMatchObject({
      called: 'tokens',
      version: '2',
      region: 'eu-central-1',
      userPoolId: UserPoolId,
      userName: Username,
      callerContext: { clientId: ClientId },
      request: {
        userAttributes: { sub: access['sub'], email, 'cognito:user_status': 'CONFIRMED' },
        groupConfiguration: { groupsToOverride: [] },
      },
    });
  });

  test('is told the occasion, and what the client passes on', async () => {
    const { Username, email } = await pool.createUser({ password: null });
    await pool.setPassword(Username, PASSWORD, false);
    const { Session } = await pool.auth(email);
    expect(sources()).toEqual([]);
    const { AuthenticationResult } = await pool.client.send(
      new RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session,
        ChallengeResponses: { USERNAME: email, NEW_PASSWORD: OTHER },
        ClientMetadata: { page: 'first' },
      }),
    );
    const RefreshToken = AuthenticationResult?.RefreshToken ?? '';
    await pool.client.send(
      new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken, ClientMetadata: { page: 'second' } }),
    );
    await pool.refresh(RefreshToken);
    await pool.signIn(email, OTHER);
    expect(sources()).toEqual([
      'PostAuthentication_Authentication',
      'TokenGeneration_NewPasswordChallenge',
      'TokenGeneration_RefreshTokens',
      'TokenGeneration_RefreshTokens',
      'PostAuthentication_Authentication',
      'TokenGeneration_Authentication',
    ]);
    expect(events.map(({ request }) => request['clientMetadata'])).toEqual([
      { page: 'first' },
      { page: 'first' },
      { page: 'second' },
      {},
      {},
      {},
    ]);
  });

  test('may call the pool itself, and refuses by throwing', async () => {
    const { Username, email } = await pool.createUser();
    const UserAttributes = [{ Name: 'nickname', Value: 'seen' }];
    functions['authenticated'] = () =>
      pool.client.send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes }));
    const tokens = await pool.signIn(email);
    expect(claims(tokens.IdToken)).toMatchObject({ nickname: 'seen' });
    functions['tokens'] = refuse;
    const refusal = {
      name: 'UserLambdaValidationException',
      message: 'PreTokenGeneration failed with error Not today.',
    };
    await expect(pool.auth(email)).rejects.toMatchObject(refusal);
    await expect(pool.refresh(tokens.RefreshToken)).rejects.toMatchObject(refusal);
  });

  test('does not bring in a user whose password is changed meanwhile', async () => {
    const { Username, email } = await pool.createUser();
    functions['authenticated'] = async () => {
      await pool.setPassword(Username, OTHER);
      return {};
    };
    await expect(pool.auth(email)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  });
});

test('the function after a sign-in can refuse it', async () => {
  const { email } = await pool.createUser();
  functions['authenticated'] = refuse;
  await expect(pool.auth(email)).rejects.toMatchObject({
    name: 'UserLambdaValidationException',
    message: 'PostAuthentication failed with error Not today.',
  });
  expect(sources()).toEqual(['PostAuthentication_Authentication']);
});

test('a function mails the code instead of the pool, and another hears of the recovered password', async () => {
  const { Username, email } = await pool.createUser();
  await pool.client.send(new ForgotPasswordCommand({ ClientId, Username: email }));
  expect(pool.mails).toEqual([]);
  const [mail] = events;
  expect(mail).toMatchObject({
    called: 'mailer',
    triggerSource: 'CustomEmailSender_ForgotPassword',
    userName: Username,
    request: { type: 'customEmailSenderRequestV1', userAttributes: { email } },
  });
  const ConfirmationCode = Buffer.from(String(mail?.request['code']), 'base64').toString();
  await pool.client.send(
    new ConfirmForgotPasswordCommand({ ClientId, Username: email, ConfirmationCode, Password: OTHER }),
  );
  expect(events.at(-1)).toMatchObject({
    called: 'confirmed',
    triggerSource: 'PostConfirmation_ConfirmForgotPassword',
  });
  functions['mailer'] = refuse;
  await expect(
    pool.client.send(new ForgotPasswordCommand({ ClientId, Username: email })),
  ).rejects.toMatchObject({ name: 'UserLambdaValidationException' });
});

test('a code is wrapped as the pool is told, and invitations go to the function too', async () => {
  const wrapping = new TestPool({
    triggers: { customEmailSender: 'mailer' },
    invoke: async (called, given) => {
      events.push({ ...(given as Event), called });
      return { payload: null };
    },
    encrypt: (code) => `wrapped ${code}`,
  });
  await wrapping.start();
  const UserAttributes = [{ Name: 'email', Value: 'guest@example.com' }];
  await wrapping.client.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username: 'usr_1',
      TemporaryPassword: PASSWORD,
      UserAttributes,
    }),
  );
  expect(events).toMatchObject([
    { triggerSource: 'CustomEmailSender_AdminCreateUser', request: { code: `wrapped ${PASSWORD}` } },
  ]);
  await wrapping.remove();
});

describe('the settings of a template', () => {
  const declared = (properties: Record<string, unknown>) => ({
    property: (name: string) => properties[name],
  });

  test('name the functions, the second factor and what a client may write', () => {
    const userPool = declared({
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      LambdaConfig: {
        PreTokenGeneration: 'arn:tokens',
        PreTokenGenerationConfig: { LambdaArn: 'arn:tokens', LambdaVersion: 'V2_0' },
        PostConfirmation: 'arn:confirmed',
        PostAuthentication: 'arn:authenticated',
        CustomEmailSender: { LambdaArn: 'arn:mailer', LambdaVersion: 'V1_0' },
        KMSKeyID: 'arn:key',
      },
    });
    expect(declaredSettings(userPool, declared({ WriteAttributes: ['name'] }))).toEqual({
      mfa: 'OPTIONAL',
      writeAttributes: ['name'],
      tokenLife: { access: 3600, id: 3600 },
      triggers: {
        preTokenGeneration: 'arn:tokens',
        postConfirmation: 'arn:confirmed',
        postAuthentication: 'arn:authenticated',
        customEmailSender: 'arn:mailer',
      },
    });
    expect(declaredSettings(declared({}), declared({}))).toEqual({
      mfa: 'OFF',
      tokenLife: { access: 3600, id: 3600 },
      triggers: {},
    });
  });

  test('say how long tokens are good for, in the units that they name', () => {
    const client = declared({
      AccessTokenValidity: 15,
      IdTokenValidity: 2,
      TokenValidityUnits: { AccessToken: 'minutes' },
    });
    expect(declaredSettings(declared({}), client).tokenLife).toEqual({ access: 900, id: 7200 });
  });

  test('are refused where they ask for an event that is not spoken here', () => {
    const first = declared({ LambdaConfig: { PreTokenGeneration: 'arn:tokens' } });
    expect(() => declaredSettings(first, declared({}))).toThrow(/V2_0/);
  });
});
