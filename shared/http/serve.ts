import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Caller } from '../access/caller.ts';
import type { Authority } from '../access/decide.ts';
import { TableBusy } from '../table/table.ts';
import { invalid, notFound, Problem, problemKinds, retryAfter } from '../core/problem.ts';
import { accessChanged, AlreadyAnswered, isAccessChanged, retryWhileStale } from '../write/commit.ts';
import {
  earlierAnswer,
  type IdempotentRequest,
  idempotentRequest,
  type Reply,
} from '../write/idempotency.ts';
import {
  type AuthoriseDependencies,
  type AuthorizerContext,
  authorise,
  authorityRemains,
  readCaller,
  rereadCaller,
} from './authorise.ts';
import { requireNotBlocked } from './blocked-account.ts';
import { listScope } from './cursor.ts';
import { shaped } from './fields/shaped.ts';
import { type BoundRoute, requestContext } from './request.ts';
import { isAccountRoute, type Route, routeKey } from './route.ts';
import { withoutSecrets } from './fields/secrets.ts';
import { validate } from './fields/validate.ts';

export type HttpEvent = APIGatewayProxyEventV2 & {
  requestContext: { authorizer?: { lambda?: AuthorizerContext } };
};

export interface ServeDependencies extends AuthoriseDependencies {
  /** The origin of the portal's frontend, which has a page on each kind of problem. */
  portalUrl: string;
  /** Signs cursors; whoever has it can make one up. */
  cursorKey: string;
}

/** The largest body that a route takes, in bytes of its text: 1 MB. */
export const largestBody = 1024 * 1024;

const logger = new Logger();

/**
 * Forms in the portal's pages are sent to the portal alone. With the policy `no-referrer` a browser would send them with
 * the origin `null`.
 */
const securityHeaders = {
  contentSecurityPolicy: {
    'default-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
    // The middleware's own default allows no form at all.
    sandbox: 'allow-forms allow-same-origin',
  },
  referrerPolicy: { policy: 'same-origin' },
} as const;

/** The Lambda behind the gateway for one capability. Every HTTP request goes through it. */
export function serve(dependencies: ServeDependencies, handlers: readonly BoundRoute[]) {
  const byKey = new Map(handlers.map((handled) => [routeKey(handled.route), handled]));
  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>()
    .use(httpSecurityHeaders(securityHeaders))
    .handler((event) => respond(dependencies, byKey, event));
}

/** Routes, authorises, validates and handles one request, and shapes its answer. Never throws. */
export async function respond(
  dependencies: ServeDependencies,
  byKey: ReadonlyMap<string, BoundRoute>,
  event: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { requestId } = event.requestContext;
  const answer = await answerOrProblem(dependencies, byKey, event);
  return { ...answer, headers: { ...answer.headers, 'x-request-id': requestId } };
}

async function answerOrProblem(
  dependencies: ServeDependencies,
  byKey: ReadonlyMap<string, BoundRoute>,
  event: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    const handled = byKey.get(event.routeKey);
    if (!handled) throw notFound();
    return await answerRequest(dependencies, handled, event);
  } catch (error) {
    return problemAnswer(error, event.requestContext.requestId, dependencies.portalUrl);
  }
}

async function answerRequest(
  dependencies: ServeDependencies,
  handled: BoundRoute,
  event: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  const caller = await readCaller(dependencies, handled.route, event.requestContext.authorizer?.lambda);
  const first = await answerAs(dependencies, handled, event, caller);
  if (first) return first;
  // Nothing was written. A session that ended says so; else a read is decided anew, and who writes is told, and decides.
  const now = await rereadCaller(dependencies, caller);
  // One that goes on while all others were ended is the same session still.
  const isSameRight = now.signedInAtSeconds === caller.signedInAtSeconds;
  if (handled.route.method !== 'GET' && isSameRight) throw accessChanged();
  const again = await answerAs(dependencies, handled, event, now);
  if (!again) throw accessChanged();
  return again;
}

/**
 * Answers in the right of a caller. The row that gives the right is read again meanwhile, since the gateway keeps what
 * the authoriser said for some seconds; null where it has changed: neither an answer nor a refusal may leave then.
 */
async function answerAs(
  dependencies: ServeDependencies,
  { route, handle }: BoundRoute,
  event: HttpEvent,
  told: Caller,
): Promise<APIGatewayProxyStructuredResultV2 | null> {
  const params = pathParams(event);
  const now = dependencies.clock();
  const accountId = isAccountRoute(route) ? (params['accountId'] ?? '') : '';
  const { caller, authority } = await authorise(dependencies, told, route, {
    accountId: params['accountId'] ?? null,
    readBody: () => bodyText(event),
    now,
  });
  await requireNotBlocked(dependencies, route, authority, accountId);
  const [remains, outcome] = await Promise.allSettled([
    // Who ends their own sessions must hear that it is done.
    writesOwn(route, authority) || authorityRemains(dependencies.table, caller, authority),
    run(),
  ]);
  if (remains.status === 'rejected') throw remains.reason;
  if (!remains.value) return null;
  if (outcome.status === 'fulfilled') return outcome.value;
  if (isAccessChanged(outcome.reason)) return null;
  throw outcome.reason;

  async function run(): Promise<APIGatewayProxyStructuredResultV2> {
    const body = bodyText(event);
    const idempotent = readIdempotencyKey(route, event, caller.userId, body);
    if (idempotent) {
      const earlier = await earlierAnswer(dependencies.table, idempotent, now);
      if (earlier) return replay(route, earlier);
    }
    const context = requestContext({
      caller,
      authority,
      accountId,
      now,
      requestId: event.requestContext.requestId,
      ifMatch: event.headers['if-match'] ?? null,
      idempotent,
      providerName: dependencies.providerName,
    });
    const request = {
      context,
      params,
      query: validate(route.query, event.queryStringParameters ?? {}),
      body: route.rawBody ? {} : validate(route.body, parseBody(route, event, body)),
      raw: { body, headers: event.headers },
      listScope: listScope(dependencies.cursorKey, caller.userId, event.rawPath, filtersOf(event)),
    } as Parameters<BoundRoute['handle']>[0];
    try {
      return success(route, await retryWhileStale(() => handle(request)));
    } catch (error) {
      const earlier = idempotent && error instanceof AlreadyAnswered;
      if (!earlier) throw error;
      const answer = await earlierAnswer(dependencies.table, idempotent, now);
      if (!answer) throw error;
      return replay(route, answer);
    }
  }
}

/** What a person writes of their own is checked by its own transaction. */
function writesOwn({ method }: Route, { kind }: Authority): boolean {
  return method !== 'GET' && kind === 'signed-in';
}

const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

function pathParams(event: HttpEvent): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.pathParameters ?? {})) {
    if (name.endsWith('Id') && !idPattern.test(value ?? '')) throw notFound();
    params[name] = value ?? '';
  }
  return params;
}

/** @throws Problem `too-large` */
function bodyText({ body = '', isBase64Encoded }: HttpEvent): string {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  if (Buffer.byteLength(text) <= largestBody) return text;
  throw new Problem('too-large', 'The body of a request has at most 1 MB (1,048,576 bytes).');
}

/** Empty fields of an HTML form are left out. */
function parseBody({ form }: Route, { headers }: HttpEvent, body: string): unknown {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  if (!form || !isForm) return parseJson(body);
  return Object.fromEntries([...new URLSearchParams(body)].filter(([, value]) => value !== ''));
}

function parseJson(body: string): unknown {
  if (body.trim() === '') return {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw invalid([{ path: '', code: 'wrong-format', message: 'The body is not JSON.' }]);
  }
}

/** Callers without a login share no keys: requests to public routes are repeatable by themselves. */
function readIdempotencyKey(
  { method, permission, answer }: Route,
  event: HttpEvent,
  userId: string,
  body: string,
): IdempotentRequest | null {
  const header = event.headers['idempotency-key'];
  if (method !== 'POST' || permission === 'public' || header === undefined) return null;
  const toStore = (reply: Reply): Reply =>
    reply.raw
      ? reply
      : { ...reply, body: answer ? withoutSecrets(answer, answer.parse(reply.body)) : undefined };
  return { ...idempotentRequest(userId, header, method, event.rawPath, body), toStore };
}

/** The query without the page. */
function filtersOf({ queryStringParameters }: HttpEvent): Record<string, string | undefined> {
  const { cursor: _cursor, limit: _limit, ...filters } = queryStringParameters ?? {};
  return filters;
}

function success(route: Route, reply: Reply): APIGatewayProxyStructuredResultV2 {
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  if (reply.version !== undefined) headers['etag'] = `"${reply.version}"`;
  if (reply.location !== undefined) headers['location'] = reply.location;
  if (!route.answer) return { statusCode: route.success, headers };
  if (reply.raw) {
    headers['content-type'] = reply.raw.contentType;
    const body = Buffer.from(reply.raw.bytes).toString('base64');
    return { statusCode: reply.raw.status ?? route.success, headers, body, isBase64Encoded: true };
  }
  headers['content-type'] = 'application/json';
  const body = JSON.stringify(shaped(route.answer, reply.body));
  return { statusCode: route.success, headers, body };
}

function replay(route: Route, reply: Reply): APIGatewayProxyStructuredResultV2 {
  const answered = success(route, reply);
  return { ...answered, headers: { ...answered.headers, 'idempotent-replayed': 'true' } };
}

function problemAnswer(
  error: unknown,
  requestId: string,
  portalUrl: string,
): APIGatewayProxyStructuredResultV2 {
  const problem = toProblem(error, requestId);
  const { status, title } = problemKinds[problem.kind];
  const body = {
    type: `${portalUrl}/problems/${problem.kind}`,
    code: problem.kind,
    title,
    status,
    detail: problem.message,
    ...problem.extensions,
    requestId,
  };
  const headers = {
    ...(status === 503 ? retryAfter(1) : {}),
    ...problem.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  return { statusCode: status, headers, body: JSON.stringify(body) };
}

/** Expected failures keep their text; a bug is logged in full and answered with the request id alone. */
function toProblem(error: unknown, requestId: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TableBusy) {
    logger.warn('The table stayed busy', { requestId, error });
    return new Problem('too-busy', 'The portal is busy. Nothing was done; please try again.');
  }
  logger.error('A request failed', { requestId, error: error as Error });
  return new Problem('internal-error', 'Something went wrong on our side. Please try again.');
}
