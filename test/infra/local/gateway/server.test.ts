import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '../../../../infra/local/lambda/pool.ts';
import { contact, functionArn, gatewayUnderTest } from './api.ts';

const gateway = await gatewayUnderTest();
const { call, post } = gateway;

describe('the event of a request', () => {
  it('is that of payload format 2.0', async () => {
    gateway.controls.setNow(new Date('2026-03-12T19:03:58Z'));
    await call(`${contact}?status=open&status=closed&q=a%20b+c`, {
      headers: { 'user-agent': 'test', 'X-Thing': 'Yes' },
    });
    gateway.controls.setNow(null);
    const { host } = new URL(gateway.url);
    expect(gateway.lastEvent).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/accounts/{accountId}/contacts/{contactId}',
      rawPath: contact,
      rawQueryString: 'status=open&status=closed&q=a%20b+c',
      queryStringParameters: { status: 'open,closed', q: 'a b c' },
      pathParameters: { accountId: 'acct_1', contactId: 'con_1' },
      headers: {
        'x-thing': 'Yes',
        authorization: `Bearer ${gateway.token}`,
        host,
        'x-forwarded-for': '127.0.0.1',
      },
      isBase64Encoded: false,
      requestContext: {
        accountId: '000000000000',
        apiId: gateway.templates.find('Api')?.ref,
        domainName: host,
        http: {
          method: 'GET',
          path: contact,
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        routeKey: 'GET /v1/accounts/{accountId}/contacts/{contactId}',
        stage: '$default',
        time: expect.stringMatching(/^12\/Mar\/2026:19:03:58 \+0000$/) as string,
        timeEpoch: expect.closeTo(Date.parse('2026-03-12T19:03:58Z'), -3) as number,
        authorizer: { lambda: { userId: 'usr_1', staff: 'false' } },
      },
    });
    expect(gateway.lastEvent).not.toHaveProperty('body');
    expect(gateway.lastEvent).not.toHaveProperty('cookies');
  });

  it('takes any name for a parameter', async () => {
    await call(`${contact}?constructor=1&constructor=2&__proto__=3`);
    expect(Object.entries(gateway.lastEvent?.['queryStringParameters'] ?? {})).toEqual([
      ['constructor', '1,2'],
      ['__proto__', '3'],
    ]);
  });

  it('has no parameters where there are none', async () => {
    await post('{}', 'application/json');
    for (const absent of ['queryStringParameters', 'pathParameters', 'cookies']) {
      expect(gateway.lastEvent).not.toHaveProperty(absent);
    }
    expect(gateway.lastEvent?.requestContext).not.toHaveProperty('authorizer');
  });

  it('joins repeated headers with commas, and tells cookies apart', async () => {
    await new Promise((resolve, reject) => {
      const headers = {
        'x-many': ['a', 'b'],
        cookie: 'one=1; two=2',
        authorization: `Bearer ${gateway.token}`,
      };
      httpRequest(`${gateway.url}${contact}`, { headers }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end();
    });
    expect(gateway.lastEvent?.headers).toMatchObject({ 'x-many': 'a,b' });
    expect(gateway.lastEvent?.headers).not.toHaveProperty('cookie');
    expect(gateway.lastEvent?.['cookies']).toEqual(['one=1', 'two=2']);
  });

  it('has its path and parameters decoded, and an encoded slash stays in its parameter', async () => {
    await call('/v1/hooks/a%2Fb%20%C3%A9');
    expect(gateway.lastEvent).toMatchObject({
      rawPath: '/v1/hooks/a/b é',
      pathParameters: { hook: 'a/b é' },
    });
    expect((await call('/v1/hooks/%E0%A4%A')).status).toBe(400);
  });

  it.each([
    'application/json',
    'application/problem+json; charset=utf-8',
    'text/csv',
    'application/xml',
    'application/x-www-form-urlencoded',
  ])('carries a body of %s as text', async (type) => {
    await post('grüße=1', type);
    expect(gateway.lastEvent).toMatchObject({ body: 'grüße=1', isBase64Encoded: false });
  });

  it('carries any other body in base64', async () => {
    await post(new Uint8Array([0, 255, 1]), 'application/pdf');
    expect(gateway.lastEvent).toMatchObject({ body: 'AP8B', isBase64Encoded: true });
  });
});

describe('routing', () => {
  const keyFor = async (path: string, method = 'GET') => {
    const { status } = await call(path, { method });
    return status === 404 ? 404 : gateway.lastEvent?.['routeKey'];
  };

  it('prefers a fixed segment to a parameter, and a method to ANY', async () => {
    expect(await keyFor('/v1/accounts/a/contacts/me')).toBe('GET /v1/accounts/{accountId}/contacts/me');
    expect(await keyFor('/v1/accounts/a/contacts/you')).toBe(
      'GET /v1/accounts/{accountId}/contacts/{contactId}',
    );
    expect(await keyFor('/v1/hooks/x')).toBe('GET /v1/hooks/{hook}');
    expect(await keyFor('/v1/hooks/x', 'DELETE')).toBe('ANY /v1/hooks/{hook}');
  });

  it('lets a greedy parameter take the rest', async () => {
    expect(await keyFor('/v1/files/a/b/c')).toBe('GET /v1/files/{path+}');
    expect(gateway.lastEvent?.['pathParameters']).toEqual({ path: 'a/b/c' });
    expect(await keyFor('/v1/files')).toBe(404);
  });

  it.each([
    ['another path', 'GET', '/v2'],
    ['another method', 'POST', contact],
    ['HEAD', 'HEAD', contact],
    ['a slash at the end', 'GET', `${contact}/`],
    ['an empty parameter', 'GET', '/v1/accounts//contacts/me'],
    ['a deeper path', 'GET', `${contact}/more`],
  ])('knows nothing of %s', async (_name, method, path) => {
    const response = await call(path, { method });
    expect(response.status).toBe(404);
    if (method !== 'HEAD') expect(await response.json()).toEqual({ message: 'Not Found' });
    expect(gateway.called).toEqual([]);
  });

  it('serves the local pages under their prefixes alone', async () => {
    expect(await (await call('/docs/app.js?x=1')).text()).toBe('a page for /docs/app.js?x=1');
    expect((await call('/docsy')).status).toBe(404);
  });
});

describe('the authoriser', () => {
  const authorizations = () => gateway.called.filter(({ name }) => name === functionArn('authorizer'));

  it('is asked with the request and its identity source', async () => {
    await call(`${contact}?a=1`);
    expect(authorizations()[0]?.event).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: `arn:aws:execute-api:eu-west-1:000000000000:${gateway.templates.find('Api')?.ref}/$default/GET${contact}`,
      identitySource: [`Bearer ${gateway.token}`],
      routeKey: 'GET /v1/accounts/{accountId}/contacts/{contactId}',
      pathParameters: { accountId: 'acct_1', contactId: 'con_1' },
      queryStringParameters: { a: '1' },
    });
  });

  it('is not asked about a request without its identity source', async () => {
    const response = await fetch(`${gateway.url}${contact}`);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: 'Unauthorized' });
    expect(gateway.called).toEqual([]);
  });

  const failure = (errorMessage: string) => ({ functionError: { errorType: 'Error', errorMessage } });
  it.each<[number, string, InvokeResult]>([
    [401, 'Unauthorized', failure('Unauthorized')],
    [403, 'Forbidden', { payload: { isAuthorized: false } }],
    [500, 'Internal Server Error', failure('the table is gone')],
    [500, 'Internal Server Error', { payload: { principalId: 'usr_1' } }],
    [500, 'Internal Server Error', { payload: null }],
  ])('refuses with %d %s', async (status, message, says) => {
    gateway.authorizerSays = says;
    const response = await call(contact);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message });
    expect(gateway.called).toHaveLength(1);
  });

  it('is believed for every route while its answer lasts, and no longer', async () => {
    await call(contact);
    await call('/v1/accounts/acct_2/contacts/me');
    expect(authorizations()).toHaveLength(1);
    expect(gateway.lastEvent?.requestContext['authorizer']).toEqual({
      lambda: { userId: 'usr_1', staff: 'false' },
    });
    gateway.monotonicMs += 59_999;
    await call(contact);
    expect(authorizations()).toHaveLength(1);
    gateway.monotonicMs += 1;
    await call(contact);
    expect(authorizations()).toHaveLength(2);
  });

  it('is believed by the machine’s time, whatever the local cloud’s clock says', async () => {
    await call(contact);
    gateway.controls.setNow(new Date('2040-01-01T00:00:00Z'));
    await call(contact);
    gateway.controls.setNow(null);
    expect(authorizations()).toHaveLength(1);
  });

  it('is believed when it forbids, and asked again after it failed', async () => {
    gateway.authorizerSays = failure('Unauthorized');
    expect((await call(contact)).status).toBe(401);
    gateway.authorizerSays = failure('no table');
    expect((await call(contact)).status).toBe(500);
    gateway.authorizerSays = { payload: { isAuthorized: false } };
    expect((await call(contact)).status).toBe(403);
    gateway.authorizerSays = { payload: { isAuthorized: true } };
    expect((await call(contact)).status).toBe(403);
    expect(authorizations()).toHaveLength(3);
  });
});
