import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Capability, Route } from '../../shared/http/route.ts';
import type { PortalFunction } from './portal-function.ts';

export interface ApiProps {
  stage: string;
  portalUrl: string;
  authorizer: PortalFunction;
  /** Each capability with the function that serves it. */
  served: readonly { capability: Capability; by: PortalFunction }[];
}

/** How long the gateway caches an authoriser's answer. It is short, so that revoked access ends within 5 seconds. */
const authorizerCache = Duration.seconds(3);

/**
 * A line of the access log: who asked for what in which account, by ids. Not the path, the query or the network address:
 * paths name mail addresses, and links hold what lets somebody in.
 */
const accessLogLine = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  user: '$context.authorizer.userId',
  account: '$context.authorizer.account',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
};

/** The HTTP API: one route of the gateway for each declared route, all but the public ones behind the authoriser. */
export class Api extends Construct {
  readonly http: apigateway.HttpApi;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.http = new apigateway.HttpApi(this, 'Http', {
      apiName: `annex-${props.stage}`,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [props.portalUrl],
        allowMethods: [apigateway.CorsHttpMethod.ANY],
        allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match'],
        exposeHeaders: [
          'etag',
          'location',
          'retry-after',
          'www-authenticate',
          'idempotent-replayed',
          'x-request-id',
        ],
        maxAge: Duration.hours(1),
      },
    });
    this.#addStage(props.stage);
    const authorizer = new HttpLambdaAuthorizer('Authorizer', props.authorizer.lambda, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // The path too: the answer names the account in it, for the access log.
      identitySource: ['$request.header.Authorization', '$context.path'],
      resultsCacheTtl: authorizerCache,
    });
    for (const { capability, by } of props.served) {
      const integration = new HttpLambdaIntegration(`${capability.name}Integration`, by.lambda, {
        scopePermissionToRoute: false,
      });
      for (const route of capability.routes) this.#addRoute(route, integration, authorizer);
    }
  }

  #addRoute(route: Route, integration: HttpLambdaIntegration, authorizer: HttpLambdaAuthorizer): void {
    const isPublic = route.permission === 'public';
    const added = this.http.addRoutes({
      path: route.path,
      methods: [apigateway.HttpMethod[route.method]],
      integration,
      authorizer: isPublic ? new apigateway.HttpNoneAuthorizer() : authorizer,
    });
    if (!isPublic) return;
    for (const one of added) {
      Validations.of(one).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'Declared public: its handler checks the caller’s signature.',
      });
    }
  }

  #addStage(stage: string): void {
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      logGroupName: `/annex/${stage}/access`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new apigateway.HttpStage(this, 'Stage', {
      httpApi: this.http,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 500, burstLimit: 1000 },
      accessLogSettings: {
        destination: new apigateway.LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(accessLogLine)),
      },
    });
  }
}
