import type { Resource, Templates } from '../template/templates.ts';

export interface IdentitySource {
  from: 'header' | 'querystring' | 'context';
  /** Of the context, `path` or `routeKey`. */
  name: string;
}

export interface Authorizer {
  id: string;
  functionArn: string;
  identitySources: IdentitySource[];
  /** How long an answer may be used again; 0 for not at all. */
  cacheMs: number;
}

export interface Route {
  /** As in the template: `GET /v1/accounts/{accountId}` or `$default`. */
  key: string;
  method: string;
  /** Undefined for `$default`, which takes every path. */
  segments: string[] | undefined;
  functionArn: string;
  authorizer?: Authorizer;
}

export interface Cors {
  AllowOrigins?: string[];
  AllowMethods?: string[];
  AllowHeaders?: string[];
  ExposeHeaders?: string[];
  MaxAge?: number;
  AllowCredentials?: boolean;
}

export interface HttpApi {
  id: string;
  stage: string;
  cors?: Cors;
  /** The most specific first: the first that matches is the one. */
  routes: Route[];
}

export interface RouteMatch {
  route: Route;
  params: Record<string, string>;
}

/** The function behind an integration or an authoriser: named by its ARN, or by API Gateway's address for it. */
function functionArnIn(uri: string): string {
  return /\/functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

function unsupported(resource: Resource, what: string): Error {
  return new Error(`The local gateway cannot stand in for ${resource.id}: ${what}`);
}

function readIntegrations(templates: Templates): Map<string, string> {
  const integrations = templates.ofType('AWS::ApiGatewayV2::Integration').map((resource) => {
    const { IntegrationType, PayloadFormatVersion, IntegrationUri } =
      resource.properties<Record<string, string>>();
    if (IntegrationType !== 'AWS_PROXY') throw unsupported(resource, `integration type ${IntegrationType}`);
    if (PayloadFormatVersion !== '2.0') throw unsupported(resource, `payload format ${PayloadFormatVersion}`);
    return [resource.ref, functionArnIn(String(IntegrationUri))] as const;
  });
  return new Map(integrations);
}

interface AuthorizerProperties {
  AuthorizerType: string;
  AuthorizerUri: string;
  AuthorizerPayloadFormatVersion?: string;
  EnableSimpleResponses?: boolean;
  IdentitySource?: string[];
  AuthorizerResultTtlInSeconds?: number;
}

function readAuthorizers(templates: Templates): Map<string, Authorizer> {
  const authorizers = templates.ofType('AWS::ApiGatewayV2::Authorizer').map((resource) => {
    const properties = resource.properties<AuthorizerProperties>();
    if (properties.AuthorizerType !== 'REQUEST') {
      throw unsupported(resource, `authoriser type ${properties.AuthorizerType}`);
    }
    if (properties.AuthorizerPayloadFormatVersion !== '2.0' || !properties.EnableSimpleResponses) {
      throw unsupported(resource, 'an authoriser without simple responses');
    }
    const identitySources = (properties.IdentitySource ?? []).map((source): IdentitySource => {
      const [, from, name] =
        /^\$request\.(header|querystring)\.(.+)$/.exec(source) ??
        /^\$(context)\.(path|routeKey)$/.exec(source) ??
        [];
      if (!from || !name) throw unsupported(resource, `identity source ${source}`);
      return { from: from as IdentitySource['from'], name: from === 'header' ? name.toLowerCase() : name };
    });
    const cacheMs = (properties.AuthorizerResultTtlInSeconds ?? 0) * 1000;
    const functionArn = functionArnIn(properties.AuthorizerUri);
    return [resource.ref, { id: resource.ref, functionArn, identitySources, cacheMs }] as const;
  });
  return new Map(authorizers);
}

interface RouteProperties {
  ApiId: string;
  RouteKey: string;
  Target?: string;
  AuthorizationType?: string;
  AuthorizerId?: string;
}

function readRoute(
  resource: Resource,
  integrations: Map<string, string>,
  authorizers: Map<string, Authorizer>,
): Route {
  const { RouteKey, Target, AuthorizationType, AuthorizerId } = resource.properties<RouteProperties>();
  const functionArn = integrations.get(String(Target).replace(/^integrations\//, ''));
  if (!functionArn) throw unsupported(resource, `target ${Target}`);
  const [method = '', path] = RouteKey.split(' ');
  const route = { key: RouteKey, method, segments: path?.slice(1).split('/'), functionArn };
  if ((AuthorizationType ?? 'NONE') === 'NONE') return route;
  const authorizer = authorizers.get(String(AuthorizerId));
  // A route with an unknown kind of authoriser must not be open.
  if (AuthorizationType !== 'CUSTOM' || !authorizer) {
    throw unsupported(resource, `authorisation ${AuthorizationType}`);
  }
  return { ...route, authorizer };
}

function isParam(segment: string): boolean {
  return segment.startsWith('{');
}

function isGreedy(segment: string | undefined): boolean {
  return segment?.endsWith('+}') ?? false;
}

/** Orders routes: a fixed segment before a parameter before a greedy one, a method before ANY, `$default` last. */
function bySpecificity(a: Route, b: Route): number {
  const rank = (route: Route): string =>
    (route.segments?.map((segment) => (isGreedy(segment) ? '2' : isParam(segment) ? '1' : '0')).join('') ??
      '3') + (route.method === 'ANY' ? '1' : '0');
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

/** Reads the one HTTP API of the templates. @throws Error when it needs what the local gateway cannot do */
export function readHttpApi(templates: Templates): HttpApi {
  const apis = templates.ofType('AWS::ApiGatewayV2::Api');
  const [api] = apis;
  if (!api || apis.length > 1) throw new Error(`The templates declare ${apis.length} HTTP APIs, not one`);
  const [stage] = templates.ofType('AWS::ApiGatewayV2::Stage');
  const cors = api.property('CorsConfiguration') as Cors | undefined;
  const integrations = readIntegrations(templates);
  const authorizers = readAuthorizers(templates);
  const routes = templates
    .ofType('AWS::ApiGatewayV2::Route')
    .map((resource) => readRoute(resource, integrations, authorizers))
    .toSorted(bySpecificity);
  return { id: api.ref, stage: stage?.ref ?? '$default', ...(cors && { cors }), routes };
}

/** The path's segments, decoded each on its own: an encoded slash is part of a value. Null when one is malformed. */
export function decodeSegments(path: string): string[] | null {
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
}

function paramsOf(route: Route, segments: string[]): Record<string, string> | undefined {
  if (!route.segments) return {};
  const greedy = isGreedy(route.segments.at(-1));
  const fits = greedy ? segments.length >= route.segments.length : segments.length === route.segments.length;
  if (!fits) return undefined;
  const params: Record<string, string> = {};
  for (const [index, pattern] of route.segments.entries()) {
    const segment = segments[index] ?? '';
    if (isGreedy(pattern)) params[pattern.slice(1, -2)] = segments.slice(index).join('/');
    else if (!isParam(pattern)) {
      if (segment !== pattern) return undefined;
    } else if (segment === '') return undefined;
    else params[pattern.slice(1, -1)] = segment;
  }
  return params;
}

/** The route that API Gateway would choose. A slash at the end makes another path, as it does in AWS. */
export function matchRoute(routes: Route[], method: string, segments: string[]): RouteMatch | undefined {
  for (const route of routes) {
    const methodFits = route.method === method || route.method === 'ANY' || !route.segments;
    const params = methodFits ? paramsOf(route, segments) : undefined;
    if (params) return { route, params };
  }
  return undefined;
}
