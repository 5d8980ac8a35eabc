import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { expect, inject, test } from 'vitest';
import { totpCode, totpStep } from '../../../infra/local/cognito/second-factor/totp.ts';
import { PortalClient } from '../../support/local/portal-client.ts';
import { acceptByLink, addContact, grant, nobody, openAccount, password } from '../people.ts';

const client = new PortalClient(inject('portal'));

const cognito = new CognitoIdentityProviderClient({
  region: 'eu-west-1',
  endpoint: client.portal.cognitoUrl,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** What an authenticator with this secret shows now, or half a minute later: each code works once. */
const shown = (secret: string, later = 0): string => totpCode(secret, totpStep(new Date()) + later);

/** The newest code in a mail to this address that is none of these. */
const codeFor = (address: string, known: readonly string[] = []): Promise<string> =>
  client.until(async () => {
    const mails = (await client.mails()).filter((mail) => mail.envelope.to.includes(address));
    const codes = mails.flatMap((mail) => /^\d{8}$/m.exec(mail.text)?.[0] ?? []);
    return codes.findLast((code) => !known.includes(code));
  });

/** The access token of a sign-in that asks for the authenticator. */
async function signInWithFactor(email: string, secret: string): Promise<string> {
  const { ChallengeName, Session } = await cognito.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: client.portal.userPoolClientId,
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  );
  expect(ChallengeName).toBe('SOFTWARE_TOKEN_MFA');
  const { AuthenticationResult } = await cognito.send(
    new RespondToAuthChallengeCommand({
      ChallengeName,
      ClientId: client.portal.userPoolClientId,
      Session,
      ChallengeResponses: { USERNAME: email, SOFTWARE_TOKEN_MFA_CODE: shown(secret, 1) },
    }),
  );
  return AuthenticationResult!.AccessToken!;
}

test('a person proves the login by a mailed code, sets up a second factor, signs in with it and removes it', async () => {
  const { owner } = await openAccount(client);
  const me = async (token: string) => (await client.call(token, 'GET', '/v1/me')).body.user;
  expect(await me(owner.token)).toMatchObject({ proven: false, secondFactor: false });
  expect((await client.call(owner.token, 'POST', '/v1/me/prove-address')).status).toBe(202);
  const proof = await codeFor(owner.email);
  const proved = await client.call(owner.token, 'POST', '/v1/me/prove-address/confirm', { code: proof });
  expect(proved.status).toBe(204);
  expect(await me(owner.token)).toMatchObject({ proven: true });

  const begun = await client.call(owner.token, 'POST', '/v1/me/second-factor');
  expect(begun).toMatchObject({ status: 200, body: { secret: expect.stringMatching(/^[A-Z2-7]{32,}$/) } });
  const { secret } = begun.body as { secret: string };
  const code = await codeFor(owner.email, [proof]);
  const confirm = (totp: string) =>
    client.call(owner.token, 'POST', '/v1/me/second-factor/confirm', { code, totp });
  const wrong = shown(secret) === '000000' ? '000001' : '000000';
  expect(await confirm(wrong)).toMatchObject({ status: 400, body: { errors: [{ path: 'totp' }] } });
  // Not asked for before both codes were right.
  await client.signIn(owner.email, password);
  expect((await confirm(shown(secret))).status).toBe(204);

  const token = await signInWithFactor(owner.email, secret);
  expect(await me(token)).toMatchObject({ secondFactor: true });
  await client.until(async () => (await client.call(owner.token, 'GET', '/v1/me')).status === 401);
  expect((await client.call(token, 'DELETE', '/v1/me/second-factor')).status).toBe(204);
  expect(await me(await client.signIn(owner.email, password))).toMatchObject({ secondFactor: false });
});

test('a code of one session is nothing in another, and an accepted invitation needs none', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  await grant(client, account, contact, { permissions: ['tickets'] });
  const token = await acceptByLink(client, account, contact);
  await client.call(token, 'POST', '/v1/me/prove-address');
  const code = await codeFor(contact.email);
  const other = await client.signIn(contact.email, password);
  const typed = (by: string | null) => client.call(by, 'POST', '/v1/me/prove-address/confirm', { code });
  expect((await typed(other)).status).toBe(400);
  expect((await typed(nobody)).status).toBe(401);
  expect((await typed(token)).status).toBe(204);
});
