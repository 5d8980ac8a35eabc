import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '../../../../infra/local/lambda/pool.ts';
import { startGateway } from '../../../../infra/local/gateway/server.ts';
import { portalStack } from '../template/cdk-out.ts';
import { authorizer, contact, gatewayUnderTest, integration, resources, route } from './api.ts';

const gateway = await gatewayUnderTest();
const { call, post } = gateway;

describe('an answer', () => {
  it('is what the function says', async () => {
    gateway.functionSays = {
      payload: {
        statusCode: 201,
        headers: { 'Content-Type': 'application/json', ETag: '"1"', 'X-Count': 3 },
        cookies: ['a=1', 'b=2; Secure'],
        body: '{"id":1}',
      },
    };
    const response = await call(contact);
    expect(response.status).toBe(201);
    expect(response.headers.get('etag')).toBe('"1"');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2; Secure']);
    expect(response.headers.get('apigw-requestid')).toBe(gateway.lastEvent?.requestContext['requestId']);
    expect(await response.json()).toEqual({ id: 1 });
  });

  it('may be binary', async () => {
    gateway.functionSays = { payload: { statusCode: 200, body: 'AP8B', isBase64Encoded: true } };
    expect(new Uint8Array(await (await call(contact)).arrayBuffer())).toEqual(new Uint8Array([0, 255, 1]));
  });

  it('without a status is JSON, and without a type is text', async () => {
    gateway.functionSays = { payload: { hello: 'world' } };
    const bare = await call(contact);
    expect([bare.status, bare.headers.get('content-type'), await bare.text()]).toEqual([
      200,
      'application/json',
      '{"hello":"world"}',
    ]);
    gateway.functionSays = { payload: { statusCode: 200, body: 'x' } };
    expect((await call(contact)).headers.get('content-type')).toBe('text/plain;charset=utf-8');
  });

  it('of 204 has no body', async () => {
    gateway.functionSays = { payload: { statusCode: 204 } };
    const response = await call(contact);
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it.each<[string, InvokeResult]>([
    ['a function error', { functionError: { errorType: 'Error', errorMessage: 'secret detail' } }],
    ['no status', { payload: { statusCode: 'soon' } }],
    ['a status out of range', { payload: { statusCode: 700 } }],
    ['a body that is no text', { payload: { statusCode: 200, body: { a: 1 } } }],
    ['headers that are no texts', { payload: { statusCode: 200, headers: { a: ['b'] } } }],
    ['a header that cannot be sent', { payload: { statusCode: 200, headers: { 'x-b': 'a\r\nc: d' } } }],
  ])('is 500 for %s', async (_name, says) => {
    gateway.functionSays = says;
    const response = await call(contact);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
    expect(response.headers.has('apigw-requestid')).toBe(true);
  });
});

describe('a large body', () => {
  it('up to Lambda’s limit gets through', async () => {
    expect((await post('x'.repeat(6_000_000), 'text/plain')).status).toBe(200);
  });

  it.each([
    ['over the event’s limit', 'x'.repeat(6_291_457), 'text/plain'],
    ['over it only once in base64', new Uint8Array(5_000_000), 'application/pdf'],
    ['over the gateway’s limit', new Uint8Array(11_000_000), 'application/pdf'],
  ])('%s is refused', async (_name, body, type) => {
    const response = await post(body, type);
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: 'Request Entity Too Large' });
    expect(gateway.called).toEqual([]);
  });

  it('without an end is not read to its end', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const chunk = Buffer.concat([
      Buffer.from('100000\r\n'),
      Buffer.alloc(0x100000, 'x'),
      Buffer.from('\r\n'),
    ]);
    let answer = '';
    let sentChunks = 0;
    const send = () => {
      while (!socket.destroyed && socket.write(chunk)) sentChunks++;
    };
    socket.on('drain', () => {
      sentChunks++;
      send();
    });
    socket.on('data', (data: Buffer) => (answer += data.toString()));
    socket.write(
      `POST /v1/public HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    send();
    await new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(sentChunks).toBeLessThan(100);
  });
});

describe('cross-origin requests', () => {
  const preflight = (origin: string) =>
    call(contact, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });

  it('are told what is allowed, without asking any function', async () => {
    const response = await preflight('https://portal.example');
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://portal.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '600',
    });
    expect((await preflight('http://anything')).headers.get('access-control-allow-origin')).toBe(
      'http://anything',
    );
    const evil = await preflight('https://evil.example');
    expect([evil.status, evil.headers.has('access-control-allow-origin')]).toEqual([403, false]);
    expect(gateway.called).toEqual([]);
  });

  it('get the gateway’s headers and not the function’s, on refusals too', async () => {
    gateway.functionSays = {
      payload: { statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' }, body: '' },
    };
    const headers = { origin: 'https://portal.example' };
    const response = await call(contact, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://portal.example');
    expect(response.headers.get('access-control-expose-headers')).toBe('etag');
    expect((await call(contact)).headers.has('access-control-allow-origin')).toBe(false);
    const refused = await fetch(`${gateway.url}${contact}`, { headers });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://portal.example',
    ]);
  });
});

describe('an API that needs more than the local gateway can do', () => {
  const changed = (resource: { Properties: object }, change: object) => ({
    ...resource,
    Properties: { ...resource.Properties, ...change },
  });

  it.each([
    ['JWT', { Authorizer: changed(authorizer, { AuthorizerType: 'JWT' }) }],
    ['cookie', { Authorizer: changed(authorizer, { IdentitySource: ['$request.cookie.x'] }) }],
    ['sourceIp', { Authorizer: changed(authorizer, { IdentitySource: ['$context.identity.sourceIp'] }) }],
    ['simple responses', { Authorizer: changed(authorizer, { EnableSimpleResponses: false }) }],
    ['AWS_IAM', { Get: changed(route('GET /x'), { AuthorizationType: 'AWS_IAM' }) }],
    ['payload format 1.0', { Integration: changed(integration, { PayloadFormatVersion: '1.0' }) }],
    ['HTTP_PROXY', { Integration: changed(integration, { IntegrationType: 'HTTP_PROXY' }) }],
    ['2 HTTP APIs', { Other: { Type: 'AWS::ApiGatewayV2::Api' } }],
  ])('is not started: %s', async (what, change) => {
    const templates = portalStack({ ...resources, ...change });
    const { controls } = gateway;
    const starting = startGateway({ templates, controls, invoke: async () => ({ payload: null }) });
    await expect(starting).rejects.toThrow(what);
  });
});
