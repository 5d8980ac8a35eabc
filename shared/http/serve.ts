import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { decodeGrants, type Caller } from '../access/caller.ts';
import { type Authority, decide, grantIn } from '../access/decide.ts';
import type { Link } from '../access/link.ts';
import { TableBusy, type Table } from '../table/table.ts';
import type { Clock } from '../core/clock.ts';
import { type FieldError, invalid, notFound, Problem, problemKinds } from '../core/problem.ts';
import { type Account, linkOf } from '../accounts/people.ts';
import { peopleStore } from '../accounts/people-store.ts';
import { readSettings } from '../settings/settings.ts';
import { AlreadyAnswered, retryWhileStale } from '../write/commit.ts';
import {
  earlierAnswer,
  type IdempotentRequest,
  idempotentRequest,
  type Reply,
} from '../write/idempotency.ts';
import { refusal } from './refusal.ts';
import { shaped } from './shaped.ts';
import { type BoundRoute, requestContext } from './request.ts';
import { isAccountRoute, type Route, routeKey } from './route.ts';

/** The authoriser's output, as strings: see `encodeGrants`. */
export interface AuthorizerContext {
  userId: string;
  name: string;
  email: string;
  staff: 'true' | 'false';
  grants: string;
  /** When its caller signed in, in Unix seconds. */
  authTime?: string;
}

export type HttpEvent = APIGatewayProxyEventV2 & {
  requestContext: { authorizer?: { lambda?: AuthorizerContext } };
};

export interface ServeDependencies {
  table: Table;
  clock: Clock;
  /** Named by a refusal if nobody of the account could give access; empty if unknown. */
  providerName: string;
}

const problemBase = 'https://portal.example/problems/';

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
  try {
    const handled = byKey.get(event.routeKey);
    if (!handled) throw notFound();
    return await answerRequest(dependencies, handled, event);
  } catch (error) {
    return problemAnswer(error, requestId);
  }
}

async function answerRequest(
  dependencies: ServeDependencies,
  handled: BoundRoute,
  event: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { route } = handled;
  const params = pathParams(event);
  const now = dependencies.clock();
  const accountId = isAccountRoute(route) ? (params['accountId'] ?? '') : '';
  const caller = route.permission === 'public' ? anonymous : readCaller(event);
  const authority = await authorise(dependencies, caller, route, accountId || null, now);
  const body = bodyText(event);
  const idempotent = readIdempotencyKey(event, caller.userId, body);
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
    query: validate(route.query, event.queryStringParameters ?? {}, 'query'),
    body: route.rawBody ? {} : validate(route.body, parseBody(route, event, body), 'body'),
    raw: { body, headers: event.headers },
    listScope: listScope(event),
  } as Parameters<BoundRoute['handle']>[0];
  try {
    return success(route, await retryWhileStale(() => handled.handle(request)));
  } catch (error) {
    const earlier = idempotent && error instanceof AlreadyAnswered;
    if (!earlier) throw error;
    const answer = await earlierAnswer(dependencies.table, idempotent, now);
    if (!answer) throw error;
    return replay(route, answer);
  }
}

/** The caller of routes without an authoriser, without any right. */
const anonymous: Caller = { userId: 'public', name: '', email: '', staff: false, grants: [] };

/** Takes the caller from the authoriser's context alone, never from a header. */
function readCaller(event: HttpEvent): Caller {
  const authorizer = event.requestContext.authorizer?.lambda;
  if (!authorizer) throw new Error('No authoriser stood before this route');
  return {
    userId: authorizer.userId,
    name: authorizer.name,
    email: authorizer.email,
    staff: authorizer.staff === 'true',
    grants: decodeGrants(authorizer.grants),
  };
}

async function authorise(
  { table, providerName }: ServeDependencies,
  caller: Caller,
  { permission, fromMain }: Route,
  accountId: string | null,
  now: Date,
): Promise<Authority> {
  if (permission === 'public') return { kind: 'signed-in' };
  const people = peopleStore(table);
  const own = decide(caller, accountId, permission, now);
  if (own.allowed) {
    // Staff hold every permission in every account, so whether the account exists is still unchecked.
    const mustExist = own.authority.kind === 'staff' && accountId !== null;
    if (mustExist && !(await people.account(accountId))) throw notFound();
    return own.authority;
  }
  const account = accountId === null ? undefined : await people.account(accountId);
  const link = account && (await linkFor(table, caller, account, now));
  const decision = link ? decide(caller, accountId, permission, now, link, fromMain) : own;
  if (decision.allowed) return decision.authority;
  const main = link ? await people.account(link.mainAccountId) : undefined;
  throw refusal(decision, { caller, providerName }, account, main);
}

/** The account's link to its main account; null if the caller has no grant in that one. */
async function linkFor(table: Table, caller: Caller, account: Account, now: Date): Promise<Link | null> {
  const { mainAccountId } = account;
  if (!mainAccountId || !grantIn(caller, mainAccountId, now)) return null;
  return linkOf(account, (await readSettings(table)).settings);
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

function bodyText(event: HttpEvent): string {
  if (!event.body) return '';
  return event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
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
    throw invalid([{ path: '', message: 'The body is not JSON.' }]);
  }
}

function readIdempotencyKey(event: HttpEvent, userId: string, body: string): IdempotentRequest | null {
  const header = event.headers['idempotency-key'];
  const { method } = event.requestContext.http;
  if (method !== 'POST' || header === undefined) return null;
  return idempotentRequest(userId, header, method, event.rawPath, body);
}

/** @throws Problem `invalid-request` naming the invalid fields; a route without a schema accepts none */
function validate(schema: z.ZodType | undefined, value: unknown, where: 'query' | 'body'): unknown {
  if (!schema) {
    if (JSON.stringify(value) === '{}') return {};
    const message = where === 'body' ? 'This request takes no body.' : 'This request takes no parameters.';
    throw invalid([{ path: '', message }]);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.slice(0, 20).flatMap(fieldErrors));
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 20).map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: 'is not a field of this request',
    }));
  }
  return [{ path, message: issue.message }];
}

/** Identifies a list by its path and filters, without the page. */
function listScope(event: HttpEvent): string {
  const filters = Object.entries(event.queryStringParameters ?? {})
    .filter(([name]) => name !== 'cursor' && name !== 'limit')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([event.rawPath, filters]);
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

function problemAnswer(error: unknown, requestId: string): APIGatewayProxyStructuredResultV2 {
  const problem = toProblem(error, requestId);
  const { status, title } = problemKinds[problem.kind];
  const body = {
    type: `${problemBase}${problem.kind}`,
    title,
    status,
    detail: problem.message,
    ...problem.extensions,
    requestId,
  };
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  if (problem.kind === 'too-busy') headers['retry-after'] = '1';
  return { statusCode: status, headers, body: JSON.stringify(body) };
}

/** Expected failures keep their text; a bug is logged in full and answered with the request id alone. */
function toProblem(error: unknown, requestId: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TableBusy) {
    logger.warn('The table stayed busy', { requestId, error });
    return new Problem('too-busy', 'Too many changes at once. Nothing was done; please try again.');
  }
  logger.error('A request failed', { requestId, error: error as Error });
  return new Problem('internal-error', 'Something went wrong on our side. Please try again.');
}
