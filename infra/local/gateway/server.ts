import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Controls } from '../controls.ts';
import type { Invoke } from '../lambda/functions.ts';
import { Authorization } from './authorizer.ts';
import { answerOf, type GatewayAnswer, gatewayEvent, integrationEvent } from './event.ts';
import { type Cors, decodeSegments, type HttpApi, matchRoute, readHttpApi } from './routes.ts';
import { isPreflight } from '../http/cors.ts';
import { discardRest } from '../http/discard-rest.ts';
import type { Origins } from '../http/origins.ts';
import { type LocalServer, readBody, startServer } from '../http/server.ts';
import { report } from '../report.ts';
import type { Templates } from '../template/templates.ts';

export type Page = (request: IncomingMessage, response: ServerResponse) => void;

export interface GatewayOptions {
  templates: Templates;
  invoke: Invoke;
  controls: Controls;
  port?: number;
  /** Whose pages may call, besides those that the API's CORS configuration allows. */
  origins?: Origins | undefined;
  /** Pages of the local cloud's own, by path prefix (`/docs` serves itself and `/docs/…`); they go before routes. */
  pages?: Record<string, Page>;
  /** Milliseconds of a monotonic clock, for the cache of the authoriser's answers. */
  monotonicMs?: () => number;
}

/** API Gateway's limit for a request. */
const maxBodyBytes = 10 * 1024 * 1024;
/** Lambda's limit for an event; a body that fits the gateway may still not fit this. */
const maxEventBytes = 6_291_456;
/** A byte of text takes at most six in JSON. */
const maxJsonGrowth = 6;

const messages = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
};

function refusal(status: keyof typeof messages): GatewayAnswer {
  const body = Buffer.from(JSON.stringify({ message: messages[status] }));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** A request id in the form of HTTP APIs: 15 characters and an equals sign. */
function newRequestId(): string {
  return randomBytes(11).toString('base64url') + '=';
}

function allowedOrigin({ AllowOrigins = [], AllowCredentials }: Cors, origin: string): string | undefined {
  if (AllowOrigins.includes('*') && !AllowCredentials) return '*';
  const allowed = AllowOrigins.some(
    (pattern) => pattern === origin || (pattern.endsWith('*') && origin.startsWith(pattern.slice(0, -1))),
  );
  return allowed ? origin : undefined;
}

function originHeaders(cors: Cors, request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  const allowed = origin === undefined ? undefined : allowedOrigin(cors, origin);
  if (allowed === undefined) return {};
  const headers: Record<string, string> = { 'access-control-allow-origin': allowed };
  if (cors.AllowCredentials) headers['access-control-allow-credentials'] = 'true';
  return headers;
}

function preflightAnswer(cors: Cors, request: IncomingMessage): GatewayAnswer {
  const headers = originHeaders(cors, request);
  if ('access-control-allow-origin' in headers) {
    if (cors.AllowMethods?.length) headers['access-control-allow-methods'] = cors.AllowMethods.join(',');
    if (cors.AllowHeaders?.length) headers['access-control-allow-headers'] = cors.AllowHeaders.join(',');
    if (cors.MaxAge !== undefined) headers['access-control-max-age'] = String(cors.MaxAge);
  }
  return { status: 204, headers, body: Buffer.alloc(0) };
}

/** The answer of an API with CORS configured: it has the gateway's CORS headers, and none of the function's. */
function withCors(answer: GatewayAnswer, cors: Cors, request: IncomingMessage): GatewayAnswer {
  const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  const headers = originHeaders(cors, request);
  if ('access-control-allow-origin' in headers && cors.ExposeHeaders?.length) {
    headers['access-control-expose-headers'] = cors.ExposeHeaders.join(',');
  }
  return { ...answer, headers: { ...Object.fromEntries(own), ...headers } };
}

/** A stage that is not `$default` is the first segment of every path. */
function withoutStage(segments: string[], stage: string): string[] | undefined {
  if (stage === '$default') return segments;
  if (segments[0] !== stage) return undefined;
  return segments.length > 1 ? segments.slice(1) : [''];
}

class Gateway {
  readonly #api: HttpApi;
  readonly #options: GatewayOptions;
  readonly #authorization: Authorization;
  readonly #pages: [string, Page][];

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#api = readHttpApi(options.templates);
    this.#authorization = new Authorization(options.invoke, options.monotonicMs ?? (() => performance.now()));
    this.#pages = Object.entries(options.pages ?? {});
  }

  /** Whether the API's own CORS configuration allows the origin. */
  allows(origin: string): boolean {
    const { cors } = this.#api;
    return cors !== undefined && allowedOrigin(cors, origin) !== undefined;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = newRequestId();
    response.setHeader('apigw-requestid', requestId);
    const [path, rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
    const page = this.#pages.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
    if (page) return page[1](request, response);
    const { cors } = this.#api;
    if (cors && isPreflight(request)) return send(request, response, preflightAnswer(cors, request));
    const answer = await this.#answer(request, path, rawQueryString, requestId).catch((error: unknown) => {
      // A client that went away before its request was complete is no error.
      if (request.complete) report(`${request.method} ${path}`, error);
      return refusal(500);
    });
    send(request, response, cors ? withCors(answer, cors, request) : answer);
  }

  async #answer(
    request: IncomingMessage,
    encodedPath: string,
    rawQueryString: string,
    requestId: string,
  ): Promise<GatewayAnswer> {
    const { id: apiId, stage, routes } = this.#api;
    const decoded = decodeSegments(encodedPath);
    if (!decoded) return refusal(400);
    const segments = withoutStage(decoded, stage);
    const match = segments && matchRoute(routes, request.method ?? 'GET', segments);
    if (!match) return refusal(404);
    const body = await readBody(request, maxBodyBytes);
    if (!body) return refusal(413);
    const event = gatewayEvent({
      request,
      apiId,
      stage,
      routeKey: match.route.key,
      requestId,
      path: `/${decoded.join('/')}`,
      rawQueryString,
      params: match.params,
      now: this.#options.controls.now(),
    });
    const { authorizer, functionArn } = match.route;
    const decision = authorizer ? await this.#authorization.decide(authorizer, event) : undefined;
    if (decision && 'refused' in decision) return refusal(decision.refused);
    return this.#integrate(functionArn, integrationEvent(event, body, decision?.context), body.length);
  }

  async #integrate(functionArn: string, event: object, bodyBytes: number): Promise<GatewayAnswer> {
    const mayBeTooLarge = bodyBytes * maxJsonGrowth > maxEventBytes - 1_000_000;
    if (mayBeTooLarge && Buffer.byteLength(JSON.stringify(event)) > maxEventBytes) return refusal(413);
    const result = await this.#options.invoke(functionArn, event);
    return ('payload' in result ? answerOf(result.payload) : null) ?? refusal(500);
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function send(request: IncomingMessage, response: ServerResponse, answer: GatewayAnswer): void {
  const { status, headers, body } = answer;
  const bodiless = status === 204 || status === 304;
  try {
    response.writeHead(status, bodiless ? headers : { ...headers, 'content-length': body.length });
  } catch {
    // A header that HTTP cannot carry makes the answer malformed.
    for (const name of Object.keys(headers)) response.removeHeader(name);
    return send(request, response, refusal(500));
  }
  response.end(bodiless ? undefined : body);
  discardRest(request);
}

/** Serves the HTTP API of the templates on 127.0.0.1, and sets its address in the templates. */
export async function startGateway(options: GatewayOptions): Promise<LocalServer> {
  const gateway = new Gateway(options);
  const { port, origins } = options;
  const listener: RequestListener = (request, response) => {
    gateway.handle(request, response).catch((error: unknown) => {
      report('A page failed', error);
      response.destroy();
    });
  };
  const admits = (origin: string) => gateway.allows(origin);
  const server = await startServer(listener, { port, origins, cors: true, admits });
  options.templates.addresses.api = server.url;
  return server;
}
