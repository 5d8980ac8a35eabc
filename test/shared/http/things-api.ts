import { beforeEach } from 'vitest';
import * as z from 'zod';
import { encodeGrants, type Grant } from '../../../shared/access/caller.ts';
import { type Permission, toMask } from '../../../shared/access/permissions.ts';
import { type BoundRoute, on, type ValidRequest } from '../../../shared/http/request.ts';
import { accountPath, route, type Route, routeKey } from '../../../shared/http/route.ts';
import { plainListQuery } from '../../../shared/http/schemas.ts';
import type { AuthorizerContext, CallerContext } from '../../../shared/http/authorise.ts';
import { type HttpEvent, respond, type ServeDependencies } from '../../../shared/http/serve.ts';
import { loginKey, memberKey } from '../../../shared/table/keys.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

export const now = new Date('2026-03-01T10:00:00Z');

export const grant = (permissions: Permission[] = ['tickets']): Grant => ({
  accountId: 'acct_1',
  role: 'sub-account',
  contactId: 'con_1',
  version: 'v1',
  permissions: toMask(permissions),
  expiresAtSeconds: null,
});
export const authorizer = (more: Partial<CallerContext> = {}): CallerContext => ({
  userId: 'usr_1',
  name: 'Carla',
  email: 'carla@people.test',
  staff: '',
  grants: encodeGrants([grant()]),
  ...more,
});

const thing = z.object({
  id: z.string(),
  parts: z.array(z.object({ name: z.string() })),
  note: z.string().optional(),
});
export const getThing = route({
  method: 'GET',
  path: `${accountPath}/things/{thingId}`,
  permission: 'tickets',
  summary: 'A thing',
  query: z.strictObject({ ...plainListQuery.shape, colour: z.enum(['red', 'blue']).optional() }),
  success: 200,
  answer: thing,
});
export const postThing = route({
  method: 'POST',
  path: `${accountPath}/things`,
  permission: 'tickets',
  summary: 'Make a thing',
  body: z.strictObject({
    name: z.string().min(1),
    inner: z.strictObject({ size: z.number() }).optional(),
    list: z.array(z.strictObject({ size: z.number() })).optional(),
  }),
  success: 201,
  answer: thing,
});
export const deleteThing = route({
  method: 'DELETE',
  path: `${accountPath}/things/{thingId}`,
  permission: 'tickets',
  summary: 'Remove a thing',
  success: 204,
  answer: null,
});
export const openDoor = route({
  method: 'POST',
  path: '/v1/hooks',
  permission: 'public',
  summary: 'Called from outside',
  success: 200,
  answer: z.object({ ok: z.boolean() }),
});

export const aThing = { id: 'thing_1', parts: [{ name: 'lid' }] };

/** What requests are served with. */
export const servingFrom = (table: MemoryTable): ServeDependencies => ({
  table,
  clock: () => now,
  providerName: '',
  portalUrl: 'https://portal.test',
  cursorKey: 'a key of the tests',
});

/** The row of `grant`. */
export const storedGrant = (version: string, permissions: Permission[] = ['tickets']) => ({
  put: {
    ...memberKey('usr_1', 'acct_1'),
    accountId: 'acct_1',
    role: 'sub-account',
    contactId: 'con_1',
    permissions,
    expiresAtSeconds: null,
    version,
  },
});

/** The table with the login and the part in the account that every request here is made under. */
export async function thingsTable(): Promise<MemoryTable> {
  const table = new MemoryTable();
  await table.transact([
    { put: { ...loginKey('usr_1'), userId: 'usr_1', accounts: 1, notBeforeSeconds: 0 } },
    storedGrant('v1'),
  ]);
  return table;
}

export interface Asked {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  params?: Record<string, string>;
  authorizer?: AuthorizerContext | null;
  base64?: boolean;
}

export function eventOf(asking: Route, how: Asked = {}): HttpEvent {
  const { headers = {}, query, body, params = { accountId: 'acct_1', thingId: 'thing_1' } } = how;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return {
    routeKey: routeKey(asking),
    rawPath: asking.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? ''),
    headers,
    pathParameters: params,
    queryStringParameters: query,
    body: how.base64 && text !== undefined ? Buffer.from(text).toString('base64') : text,
    isBase64Encoded: how.base64 ?? false,
    requestContext: {
      requestId: 'req-1',
      http: { method: asking.method },
      ...(how.authorizer === null ? {} : { authorizer: { lambda: how.authorizer ?? authorizer() } }),
    },
  } as unknown as HttpEvent;
}

export type Handle = (request: ValidRequest<Route>) => Promise<Reply>;

/** Calls of routes over a table that is asked for when a test runs, with what their handlers were asked. */
export function thingsApi(tableOf: () => MemoryTable) {
  /** What the handler was asked, each time it was. */
  const asked: ValidRequest<Route>[] = [];

  beforeEach(() => {
    asked.length = 0;
  });

  const handled = (asking: Route, handle: Handle): BoundRoute =>
    on(asking, async (request) => {
      asked.push(request);
      return handle(request);
    });

  async function call(asking: Route, how: Asked = {}, handle: Handle = async () => ({ body: aThing })) {
    const handlers = new Map([[routeKey(asking), handled(asking, handle)]]);
    const answer = await respond(servingFrom(tableOf()), handlers, eventOf(asking, how));
    const { statusCode: status, headers, body } = answer;
    return {
      status,
      headers: headers as Record<string, string>,
      text: body,
      body: body ? JSON.parse(body) : undefined,
    };
  }

  const failing = (error: unknown) =>
    call(getThing, {}, async () => {
      throw error;
    });

  return { asked, call, failing, handled };
}
