import { afterAll, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { startCognito } from '../../../../infra/local/cognito/server.ts';
import { startDynamoDb } from '../../../../infra/local/dynamodb/server.ts';
import { startGateway } from '../../../../infra/local/gateway/server.ts';
import { Origins } from '../../../../infra/local/http/origins.ts';
import { startServer } from '../../../../infra/local/http/server.ts';
import { startLambdaApi } from '../../../../infra/local/lambda/api.ts';
import { startMessaging } from '../../../../infra/local/resources.ts';
import { startSecrets } from '../../../../infra/local/secrets.ts';
import { startSes } from '../../../../infra/local/ses/server.ts';
import { startSandboxGateway } from '../../../../infra/sandbox/gateway.ts';
import { RegistrarControl, startSandboxRegistrar } from '../../../../infra/sandbox/registrar.ts';
import { resources } from '../gateway/api.ts';
import { portalStack } from '../template/cdk-out.ts';
import { send } from './raw.ts';

const frontend = 'http://localhost:5173';
const origins = new Origins([frontend]);
const controls = new Controls();
const invoke = async () => ({ payload: { statusCode: 200, body: '{}' } });
const cors = { AllowOrigins: ['https://portal.example'], AllowMethods: ['GET'], ExposeHeaders: ['etag'] };
const Api = { ...resources.Api, Properties: { ...resources.Api.Properties, CorsConfiguration: cors } };
const templates = portalStack({ ...resources, Api });
const region = 'eu-west-1';
const passwordPolicy = {
  MinimumLength: 8,
  RequireUppercase: false,
  RequireLowercase: false,
  RequireNumbers: false,
  RequireSymbols: false,
};

const started = {
  gateway: await startGateway({ templates, controls, invoke, origins }),
  lambda: await startLambdaApi({ functions: { has: () => true, invoke }, controls, origins }),
  cognito: await startCognito({
    controls,
    origins,
    region,
    userPoolId: 'eu-west-1_pool',
    clientId: 'client',
    passwordPolicy,
    sendMail: async () => undefined,
  }),
  mailbox: await startSes({ controls, origins, region }),
  messaging: await startMessaging({ controls, origins }),
  secrets: await startSecrets({ templates, origins }),
  dynamodb: await startDynamoDb({ controls, origins }),
  payments: await startSandboxGateway({
    controls,
    origins,
    webhookSecret: () => 'secret',
    webhookUrl: () => undefined,
  }),
  domains: await startSandboxRegistrar({ control: new RegistrarControl(), origins }),
};
const servers = Object.entries(started).map(([name, { url }]) => ({ name, url, port: new URL(url).port }));
const apiUrl = started.gateway.url;

afterAll(async () => {
  for (const server of Object.values(started)) await server.close();
});

describe.each(servers)('$name', ({ url, port }) => {
  const asked = async (headers: Record<string, string>, path = '/') =>
    (await send(`${url}${path}`, { headers })).text;
  const refusesHost = /Host is not/;
  const refusesOrigin = /Origin is not/;

  test('refuses a Host that is not its own, whatever is asked', async () => {
    const foreign = [
      'evil.test',
      `evil.test:${port}`,
      '127.0.0.1',
      'localhost',
      '127.0.0.1:1',
      `[::1]:${port}`,
    ];
    for (const host of [...foreign, `bucket.localhost:${port}`, `127.0.0.1:${port}.evil.test`]) {
      const answer = await send(`${url}/any/%zz`, { method: 'POST', headers: { host }, body: '{}' });
      expect([host, answer.status]).toEqual([host, 403]);
      expect(answer.text).toMatch(refusesHost);
    }
  });

  test('refuses an Origin that is not one of ours, and null', async () => {
    const known = new URL(apiUrl).port;
    const foreign = ['null', '', 'https://evil.test', 'http://localhost:1', `https://localhost:${known}`];
    for (const origin of [...foreign, `http://127.0.0.1:${known}.evil.test`, 'http://localhost:51730']) {
      const answer = await send(url, { method: 'POST', headers: { origin }, body: '{}' });
      expect([origin, answer.status]).toEqual([origin, 403]);
      expect(answer.text).toMatch(refusesOrigin);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('answers by either name, to whom has no Origin and to whom has one of ours', async () => {
    const known = new URL(apiUrl).port;
    const ours = [frontend, url, apiUrl, `http://localhost:${known}`, `http://localhost:${port}`];
    const heard = [await asked({}), await asked({ host: `localhost:${port}` })];
    for (const origin of ours) heard.push(await asked({ origin }));
    for (const text of heard) expect(text).not.toMatch(/(Host|Origin) is not/);
  });
});

describe('a page of an allowed origin', () => {
  const { gateway, cognito, messaging } = started;
  const asking = {
    origin: frontend,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization,x-amz-target,amz-sdk-request,x-evil',
  };

  test.each([
    ['API', gateway.url],
    ['sign-in', cognito.url],
    ['files', messaging.url],
  ])('is told what it may send to the %s address, and may read what comes back', async (_name, url) => {
    const told = await send(`${url}/v1/x`, { method: 'OPTIONS', headers: asking });
    expect(told.status).toBe(204);
    expect(told.headers).toMatchObject({
      'access-control-allow-origin': frontend,
      'access-control-allow-methods': expect.stringMatching(/\bPUT\b/) as string,
      vary: 'origin',
    });
    const allowed = told.headers['access-control-allow-headers']!.split(', ');
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'if-match', 'x-amz-target'])
      expect(allowed).toContain(name);
    expect(allowed).not.toContain('x-evil');
    const answer = await send(`${url}/v1/x`, { headers: { origin: frontend } });
    expect(answer.headers['access-control-allow-origin']).toBe(frontend);
    const exposed = answer.headers['access-control-expose-headers']!.split(', ');
    for (const name of ['etag', 'location', 'retry-after', 'www-authenticate', 'x-amzn-errortype'])
      expect(exposed).toContain(name);
  });

  test('may not read what the controls, the mailbox and the database say', async () => {
    for (const { url } of [started.lambda, started.mailbox, started.dynamodb]) {
      const answer = await send(url, { headers: { origin: frontend } });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('the API', () => {
  test('answers the origin of its own configuration as that says, which no other server knows', async () => {
    const headers = { origin: 'https://portal.example' };
    const answer = await send(apiUrl, { headers });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://portal.example',
      'access-control-expose-headers': 'etag',
    });
    expect((await send(started.lambda.url, { headers })).status).toBe(403);
  });
});

describe('the controls', () => {
  test('are not set by a page of somebody else', async () => {
    const path = `${started.lambda.url}/controls/faults`;
    const body = '{"throttles":1}';
    for (const headers of [{ origin: 'null' }, { origin: 'https://evil.test' }, { host: 'evil.test' }]) {
      expect((await send(path, { method: 'PUT', headers: headers as never, body })).status).toBe(403);
    }
    expect(controls.faults.throttles).toBe(0);
  });
});

describe('the payment page', () => {
  test('lets browsers tell its own origin with its forms, which they withhold without any referrer', async () => {
    const page = await send(`${started.payments.url}/pay/any`);
    expect(page.headers['referrer-policy']).toBe('same-origin');
    const headers = { origin: started.payments.url };
    expect((await send(`${started.payments.url}/pay/any/pay`, { method: 'POST', headers })).status).toBe(404);
  });
});

describe('an origin', () => {
  test('is ours while the server at its port is open, and no longer', async () => {
    const opened = await startServer((_request, response) => response.end('here'), { origins });
    const from = async () => (await send(started.domains.url, { headers: { origin: opened.url } })).status;
    expect(await from()).toBe(404);
    await opened.close();
    expect(await from()).toBe(403);
  });

  test.each(['*', 'null', 'localhost:5173', 'file:///x', 'http://localhost:5173/app', 'http://a@b.test'])(
    'is not %s',
    (given) => {
      expect(() => new Origins([given])).toThrow('is no origin');
    },
  );
});
