import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { accountId, region } from '../template/physical.ts';

/** The part of payload format 2.0 that an authoriser and an integration are both given. */
export interface GatewayEvent {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  requestContext: Record<string, unknown>;
}

export interface GatewayRequest {
  request: IncomingMessage;
  apiId: string;
  stage: string;
  routeKey: string;
  requestId: string;
  /** The path after decoding, which API Gateway calls raw. */
  path: string;
  rawQueryString: string;
  params: Record<string, string>;
  now: Date;
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'expect']);
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The Common Log Format's time: `12/Mar/2026:19:03:58 +0000`. */
function logTime(date: Date): string {
  const [day, month, year] = [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()];
  const time = date.toISOString().slice(11, 19);
  return `${String(day).padStart(2, '0')}/${months[month]}/${year}:${time} +0000`;
}

/** Header names in lower case, repeated headers joined by commas, cookies apart. */
function readHeaders(request: IncomingMessage, sourceIp: string, now: Date): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    if (name !== 'cookie' && !hopByHop.has(name)) headers[name] = values.join(',');
  }
  const seconds = Math.floor(now.getTime() / 1000).toString(16);
  headers['x-amzn-trace-id'] ??= `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
  const forwarded = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwarded ? `${forwarded}, ${sourceIp}` : sourceIp;
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');
  headers['x-forwarded-proto'] = 'http';
  return headers;
}

function readQuery(rawQueryString: string): Record<string, string> {
  // A map, since a parameter may be called `constructor`.
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const earlier = query.get(name);
    query.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(query);
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}

/** The event of a request, without its body and the authoriser's context. */
export function gatewayEvent(given: GatewayRequest): GatewayEvent {
  const { request, apiId, stage, routeKey, requestId, path, rawQueryString, params, now } = given;
  const sourceIp = (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const headers = readHeaders(request, sourceIp, now);
  const cookies = request.headersDistinct['cookie']?.flatMap((line) => line.split(/;\s*/)).filter(Boolean);
  const query = readQuery(rawQueryString);
  const domainName = headers['host'] ?? '';
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString,
    ...(cookies?.length && { cookies }),
    headers,
    ...(!isEmpty(query) && { queryStringParameters: query }),
    ...(!isEmpty(params) && { pathParameters: params }),
    requestContext: {
      accountId,
      apiId,
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage,
      time: logTime(now),
      timeEpoch: now.getTime(),
    },
  };
}

const textTypes =
  /^(text\/.+|application\/(.+\+)?(json|xml)|application\/javascript|application\/x-www-form-urlencoded)$/;

/** The event of an integration: with the body, as text if its type says so, and with the authoriser's context. */
export function integrationEvent(event: GatewayEvent, body: Buffer, authorizer?: object): object {
  const { requestContext, ...rest } = event;
  const context = authorizer ? { ...requestContext, authorizer: { lambda: authorizer } } : requestContext;
  const type = (event.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isBase64Encoded = body.length > 0 && !textTypes.test(type);
  return {
    ...rest,
    requestContext: context,
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/** The event of a REQUEST authoriser in payload format 2.0. */
export function authorizerEvent(event: GatewayEvent, identitySource: string[]): object {
  const { apiId, stage, http } = event.requestContext as {
    apiId: string;
    stage: string;
    http: { method: string };
  };
  const routeArn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/${http.method}${event.rawPath}`;
  return { ...event, type: 'REQUEST', routeArn, identitySource };
}

export interface GatewayAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

interface FunctionAnswer {
  statusCode: unknown;
  headers?: Record<string, unknown> | null;
  cookies?: unknown[] | null;
  body?: unknown;
  isBase64Encoded?: boolean;
}

const gatewaysOwnHeaders = new Set(['connection', 'content-length', 'transfer-encoding', 'apigw-requestid']);

/** What a function's return value means as an HTTP answer; null when API Gateway could not make sense of it. */
export function answerOf(payload: unknown): GatewayAnswer | null {
  const isStructured = typeof payload === 'object' && payload !== null && 'statusCode' in payload;
  if (!isStructured) {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = payload as FunctionAnswer;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return null;
  if (body !== undefined && body !== null && typeof body !== 'string') return null;
  if (headers && (typeof headers !== 'object' || Array.isArray(headers))) return null;
  if (cookies && !Array.isArray(cookies)) return null;
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (given.some(([, value]) => typeof value === 'object')) return null;
  const kept = given.filter(([name]) => !gatewaysOwnHeaders.has(name));
  const answered: Record<string, string | string[]> = Object.fromEntries(
    kept.map(([name, value]) => [name, String(value)]),
  );
  if (cookies?.length) answered['set-cookie'] = cookies.map(String);
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > 0) answered['content-type'] ??= 'text/plain;charset=utf-8';
  return { status, headers: answered, body: bytes };
}
