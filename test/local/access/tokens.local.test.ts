import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { beforeAll, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addSubAccount,
  type Json,
  nobody,
  openAccount,
  password,
  withinFiveSeconds,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let account: Account;

beforeAll(async () => {
  account = await openAccount(client);
});

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** The three parts of a good token, and what its first two say. */
function taken(): { parts: [string, string, string]; header: Json; payload: Json } {
  const parts = account.owner.token.split('.') as [string, string, string];
  return { parts, header: decode(parts[0]), payload: decode(parts[1]) };
}

/**
 * It is refused on every kind of route: by the gateway itself where there is nothing to look at, else by a problem that
 * says how to go on (RFC 6750).
 */
async function expectUnauthorized(authorization: string | null, why: string): Promise<void> {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  for (const [method, path] of [
    ['GET', '/v1/me'],
    ['GET', account.path],
    ['GET', `${account.path}/tickets`],
    ['POST', `${account.path}/tickets`],
    ['GET', '/v1/staff/accounts'],
  ] as const) {
    const body = method === 'POST' ? { subject: why, message: why } : undefined;
    const answer = await client.call(nobody, method, path, body, headers);
    expect(answer.status, `${why}: ${method} ${path}`).toBe(401);
    if (!authorization) expect(answer.body, why).toEqual({ message: 'Unauthorized' });
    else {
      expect(answer.body, why).toMatchObject({ status: 401, type: expect.stringContaining('/unauthorized') });
      expect(answer.headers.get('www-authenticate'), why).toContain('invalid_token');
    }
  }
}

test('a good access token is let in, so that what follows proves something', async () => {
  expect((await client.call(account.owner.token, 'GET', '/v1/me')).status).toBe(200);
});

test('no token, an empty one, garbage and other schemes are unauthorized', async () => {
  const { parts } = taken();
  await expectUnauthorized(null, 'none');
  await expectUnauthorized('', 'empty');
  await expectUnauthorized('Bearer', 'no token after the scheme');
  await expectUnauthorized('Bearer garbage', 'garbage');
  await expectUnauthorized('Bearer a.b.c', 'three parts of garbage');
  await expectUnauthorized(`Bearer ${'x'.repeat(5000)}`, 'long garbage');
  await expectUnauthorized(`Bearer ${parts[0]}.${parts[1]}`, 'no signature');
  await expectUnauthorized(`Bearer ${parts[0]}.${parts[1]}.`, 'an empty signature');
  await expectUnauthorized(`Basic ${Buffer.from('a:b').toString('base64')}`, 'basic');
  await expectUnauthorized('Bearer 12345', 'a number');
});

test('an ID token is not an access token', async () => {
  const cognito = new CognitoIdentityProviderClient({
    region: 'eu-west-1',
    endpoint: client.portal.cognitoUrl,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { AuthenticationResult } = await cognito.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: client.portal.userPoolClientId,
      AuthParameters: { USERNAME: account.owner.email, PASSWORD: password },
    }),
  );
  expect(decode(AuthenticationResult!.IdToken!.split('.')[1]!).token_use).toBe('id');
  await expectUnauthorized(`Bearer ${AuthenticationResult!.IdToken}`, 'ID token');
  if (AuthenticationResult!.RefreshToken)
    await expectUnauthorized(`Bearer ${AuthenticationResult!.RefreshToken}`, 'refresh token');
});

test('a payload that was changed after signing is unauthorized, whatever was changed', async () => {
  const { parts, payload } = taken();
  for (const change of [
    { sub: 'somebody-else' },
    { username: 'somebody-else' },
    { 'cognito:groups': ['staff'] },
    { exp: payload.exp + 3600 },
    { iss: payload.iss },
  ]) {
    const changed = { ...payload, ...change, jti: 'changed' };
    await expectUnauthorized(`Bearer ${parts[0]}.${encode(changed)}.${parts[2]}`, JSON.stringify(change));
  }
  const signature = parts[2].startsWith('A') ? `B${parts[2].slice(1)}` : `A${parts[2].slice(1)}`;
  await expectUnauthorized(`Bearer ${parts[0]}.${parts[1]}.${signature}`, 'a changed signature');
});

test('a token without a signature algorithm is unauthorized', async () => {
  const { parts, header, payload } = taken();
  for (const alg of ['none', 'None', 'NONE', '']) {
    const head = encode({ ...header, alg });
    await expectUnauthorized(`Bearer ${head}.${parts[1]}.`, `alg ${alg}, unsigned`);
    await expectUnauthorized(`Bearer ${head}.${parts[1]}.${parts[2]}`, `alg ${alg}, with the old signature`);
    await expectUnauthorized(`Bearer ${encode({ alg, typ: 'JWT' })}.${encode(payload)}.`, `bare alg ${alg}`);
  }
});

test('a token that another key signed is unauthorized, under the right key id and under its own', async () => {
  const { header, payload } = taken();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  for (const head of [
    header,
    { ...header, kid: 'mine' },
    { ...header, jwk: publicKey.export({ format: 'jwk' }) },
    { ...header, jku: 'http://127.0.0.1:9/jwks.json', kid: 'mine' },
  ]) {
    const signed = `${encode(head)}.${encode(payload)}`;
    const signature = sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url');
    await expectUnauthorized(`Bearer ${signed}.${signature}`, JSON.stringify(head));
  }
});

test('a token signed with the public key as if it were a secret is unauthorized', async () => {
  const { header, payload } = taken();
  const issuer = new URL(payload.iss).pathname;
  const published = await fetch(`${client.portal.cognitoUrl}${issuer}/.well-known/jwks.json`);
  const secrets = [published.ok ? await published.text() : '', 'secret', ''];
  for (const secret of secrets) {
    const signed = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
    const signature = createHmac('sha256', secret).update(signed).digest('base64url');
    await expectUnauthorized(`Bearer ${signed}.${signature}`, 'HS256');
  }
});

test('a login that was disabled is unauthorized with the token it still has', async () => {
  const person = await addSubAccount(client, account, ['tickets']);
  expect((await client.call(person.token, 'GET', '/v1/me')).status).toBe(200);
  await client.call(account.owner.token, 'DELETE', `${person.path}/sub-account`);
  await withinFiveSeconds(client, 401, () => client.call(person.token, 'GET', '/v1/me'));
  await expectUnauthorized(`Bearer ${person.token}`, 'disabled');
});

test('signing in with a wrong password or an address of nobody fails alike', async () => {
  const wrong = await client
    .signIn(account.owner.email, 'Wrong-Password-2026')
    .catch((error: Error) => error);
  const nobody = await client.signIn('nobody@people.test', password).catch((error: Error) => error);
  expect(wrong).toBeInstanceOf(Error);
  expect(nobody).toBeInstanceOf(Error);
  expect((nobody as Error).name).toBe((wrong as Error).name);
  expect((nobody as Error).message).toBe((wrong as Error).message);
});

test('what is published without a login is the document and its page alone', async () => {
  expect((await client.call(nobody, 'GET', '/openapi.json')).status).toBe(200);
  expect((await fetch(client.portal.docsUrl)).status).toBe(200);
  for (const path of ['/v1/permissions', '/v1/me', account.path]) {
    expect((await client.call(nobody, 'GET', path)).status, path).toBe(401);
  }
});
