import { afterAll, beforeEach } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import type { InvokeResult } from '../../../../infra/local/lambda/pool.ts';
import { startGateway } from '../../../../infra/local/gateway/server.ts';
import type { Templates } from '../../../../infra/local/template/templates.ts';
import { getAtt, portalStack } from '../template/cdk-out.ts';

export const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

const apiGatewayAddress = (id: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:aws:apigateway:',
      { Ref: 'AWS::Region' },
      ':lambda:path/2015-03-31/functions/',
      getAtt(id, 'Arn'),
      '/invocations',
    ],
  ],
});

export const route = (key: string, authorised = true, integration = 'Integration') => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: 'Api' },
    RouteKey: key,
    Target: { 'Fn::Join': ['', ['integrations/', { Ref: integration }]] },
    ...(authorised && { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } }),
  },
});

export const authorizer = {
  Type: 'AWS::ApiGatewayV2::Authorizer',
  Properties: {
    ApiId: { Ref: 'Api' },
    AuthorizerType: 'REQUEST',
    AuthorizerPayloadFormatVersion: '2.0',
    AuthorizerResultTtlInSeconds: 60,
    AuthorizerUri: apiGatewayAddress('AuthorizerFn'),
    EnableSimpleResponses: true,
    IdentitySource: ['$request.header.Authorization'],
  },
};

export const integration = {
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: {
    ApiId: { Ref: 'Api' },
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: getAtt('TicketsFn', 'Arn'),
    PayloadFormatVersion: '2.0',
  },
};

export const resources = {
  Api: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: {
      Name: 'portal',
      ProtocolType: 'HTTP',
      CorsConfiguration: {
        AllowOrigins: ['https://portal.example', 'http://*'],
        AllowMethods: ['GET', 'POST'],
        AllowHeaders: ['authorization', 'content-type'],
        ExposeHeaders: ['etag'],
        MaxAge: 600,
      },
    },
  },
  Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: '$default' } },
  TicketsFn: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'tickets' } },
  AuthorizerFn: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'authorizer' } },
  Authorizer: authorizer,
  Integration: integration,
  Param: route('GET /v1/accounts/{accountId}/contacts/{contactId}'),
  Static: route('GET /v1/accounts/{accountId}/contacts/me'),
  Create: route('POST /v1/accounts/{accountId}/contacts'),
  Any: route('ANY /v1/hooks/{hook}', false),
  Get: route('GET /v1/hooks/{hook}', false),
  Greedy: route('GET /v1/files/{path+}', false),
  Public: route('POST /v1/public', false),
};

export interface Called {
  name: string;
  event: Record<string, unknown> & {
    requestContext: Record<string, unknown>;
    headers: Record<string, string>;
  };
}

/** A gateway over that API, whose functions do nothing but note that they were called and answer what they are told. */
export class GatewayUnderTest {
  readonly called: Called[] = [];
  readonly controls = new Controls();
  readonly templates: Templates = portalStack(resources);
  authorizerSays: InvokeResult = { payload: null };
  functionSays: InvokeResult = { payload: null };
  monotonicMs = 0;
  token = 0;
  url = '';
  port = 0;

  readonly call = (path: string, init: RequestInit = {}) =>
    fetch(`${this.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string>) },
    });

  readonly post = (body: string | Uint8Array<ArrayBuffer>, type: string) =>
    this.call('/v1/public', { method: 'POST', body, headers: { 'content-type': type } });

  get lastEvent(): Called['event'] | undefined {
    return this.called.at(-1)?.event;
  }

  async start(): Promise<() => Promise<void>> {
    const { url, port, close } = await startGateway({
      templates: this.templates,
      controls: this.controls,
      monotonicMs: () => this.monotonicMs,
      invoke: async (name, event) => {
        this.called.push({ name, event: event as Called['event'] });
        return name === functionArn('authorizer') ? this.authorizerSays : this.functionSays;
      },
      pages: { '/docs': (request, response) => response.end(`a page for ${request.url}`) },
    });
    Object.assign(this, { url, port });
    return close;
  }

  reset(): void {
    this.called.length = 0;
    // Each test calls as somebody else, so that no answer of the authoriser's is left from another.
    this.token++;
    this.authorizerSays = { payload: { isAuthorized: true, context: { userId: 'usr_1', staff: 'false' } } };
    this.functionSays = { payload: { statusCode: 200, body: '{}' } };
  }
}

/** A running gateway for the tests of a file. */
export async function gatewayUnderTest(): Promise<GatewayUnderTest> {
  const gateway = new GatewayUnderTest();
  const close = await gateway.start();
  beforeEach(() => gateway.reset());
  afterAll(close);
  return gateway;
}

export const contact = '/v1/accounts/acct_1/contacts/con_1';
