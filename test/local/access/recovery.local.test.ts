import {
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
} from 'amazon-cognito-identity-js';
import { expect, inject, test } from 'vitest';
import { type Mailed, PortalClient } from '../../support/local/portal-client.ts';
import { addSubAccount, openAccount, password, withinFiveSeconds } from '../people.ts';

const client = new PortalClient(inject('portal'));
const { cognitoUrl: endpoint, userPoolClientId: ClientId, userPoolId: UserPoolId } = client.portal;
const cognito = new CognitoIdentityProviderClient({
  region: 'eu-west-1',
  endpoint,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const chosen = 'Recovered-Password-2026';

const mailsTo = async (address: string, text: string): Promise<Mailed[]> =>
  (await client.mails()).filter(
    ({ envelope, subject }) => envelope.to.includes(address) && subject.includes(text),
  );
/** Every mail to this address about a code, by whatever way it went. */
const codeMails = (address: string): Promise<Mailed[]> => mailsTo(address, 'code');

const codeFor = (address: string): Promise<string> =>
  client.until(async () => /\b\d{6}\b/.exec((await codeMails(address)).at(-1)?.text ?? '')?.[0]);

const statusOf = async (token: string): Promise<number> => (await client.call(token, 'GET', '/v1/me')).status;

async function person(): Promise<{ email: string; token: string }> {
  const account = await openAccount(client);
  const { email, token } = await addSubAccount(client, account, ['tickets']);
  expect(await statusOf(token)).toBe(200);
  return { email, token };
}

/** What follows a recovered password, whatever client it was recovered with. */
async function expectRecovered(
  { email, token }: { email: string; token: string },
  signIn: () => Promise<{ access: string; refresh: () => Promise<string> }>,
): Promise<void> {
  const session = await signIn();
  expect(await statusOf(session.access)).toBe(200);
  expect(await statusOf(await session.refresh())).toBe(200);
  await withinFiveSeconds(client, 401, () => client.call(token, 'GET', '/v1/me'));
  await expect(client.signIn(email, password)).rejects.toThrow();
  await client.until(async () => (await mailsTo(email, 'Your password was changed')).length > 0);
  expect(await statusOf(await session.refresh())).toBe(200);
  const [mail, ...more] = await codeMails(email);
  expect(more).toEqual([]);
  expect(mail!.raw).toContain('Auto-Submitted: auto-generated');
  expect(mail!.envelope.from).toBe(client.portal.supportAddress);
}

test('a password is recovered by plain calls: one mail, old tokens out, and signing in at once works', async () => {
  const someone = await person();
  const Username = someone.email;
  await cognito.send(new ForgotPasswordCommand({ ClientId, Username }));
  const ConfirmationCode = await codeFor(Username);
  await cognito.send(
    new ConfirmForgotPasswordCommand({ ClientId, Username, ConfirmationCode, Password: chosen }),
  );
  await expectRecovered(someone, async () => {
    const auth = (
      AuthFlow: 'USER_PASSWORD_AUTH' | 'REFRESH_TOKEN_AUTH',
      AuthParameters: Record<string, string>,
    ) => cognito.send(new InitiateAuthCommand({ ClientId, AuthFlow, AuthParameters }));
    const { AuthenticationResult: made } = await auth('USER_PASSWORD_AUTH', {
      USERNAME: Username,
      PASSWORD: chosen,
    });
    expect(made!.ExpiresIn).toBe(900);
    return {
      access: made!.AccessToken!,
      refresh: async () => {
        const again = await auth('REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: made!.RefreshToken! });
        return again.AuthenticationResult!.AccessToken!;
      },
    };
  });
});

test('a password is recovered with Cognito’s own client library alike', async () => {
  const someone = await person();
  const Username = someone.email;
  const Pool = new CognitoUserPool({ UserPoolId, ClientId, endpoint });
  const user = new CognitoUser({ Username, Pool });
  await new Promise((onSuccess, onFailure) => user.forgotPassword({ onSuccess, onFailure }));
  const code = await codeFor(Username);
  await new Promise((onSuccess, onFailure) => user.confirmPassword(code, chosen, { onSuccess, onFailure }));
  await expectRecovered(someone, async () => {
    user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
    const details = new AuthenticationDetails({ Username, Password: chosen });
    const session = await new Promise<CognitoUserSession>((onSuccess, onFailure) =>
      user.authenticateUser(details, { onSuccess, onFailure }),
    );
    return {
      access: session.getAccessToken().getJwtToken(),
      refresh: () =>
        new Promise((resolve, reject) => {
          user.refreshSession(session.getRefreshToken(), (error, next) =>
            error ? reject(error) : resolve(next.getAccessToken().getJwtToken()),
          );
        }),
    };
  });
});
