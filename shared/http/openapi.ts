import * as z from 'zod';
import { cataloguePermission, isAccountRoute, type Capability, type Route } from './route.ts';
import { isForStaff, neededRole } from '../access/decide.ts';
import { linkKinds, reachable } from '../access/link.ts';
import { includes, labelOf } from '../access/permissions.ts';
import { staffRoles } from '../access/staff.ts';
import { problem } from './schemas.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the declared routes. */
export function openApi(capabilities: readonly Capability[], servers: string[] = []): Json {
  const paths: Record<string, Json> = {};
  for (const { name, routes } of capabilities) {
    for (const route of routes) {
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Annex',
      version: '1',
      description:
        'The client portal’s API: accounts, who may do what in them, support, invoices and payments, domains and services.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: servers.map((url) => ({ url })),
    paths,
    components: {
      schemas: { Problem: z.toJSONSchema(problem, { target: 'draft-2020-12' }) },
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A Cognito access token',
        },
      },
    },
  };
}

function operation(tag: string, route: Route): Json {
  const { permission, success } = route;
  return {
    tags: [tag],
    operationId: operationId(route),
    summary: route.summary,
    description: requirements(route),
    security: permission === 'public' ? [] : [{ accessToken: [] }],
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body ? { requestBody: requestBody(route.body) } : {}),
    responses: {
      [success]: route.answer
        ? { description: 'Success', content: json(route.answer, 'output') }
        : { description: 'Done' },
      ...problems(route),
    },
    'x-permission': permission,
  };
}

/** `postContacts`, `getContactsByContactId`: method and path below the version, in camel case. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace('/v1/accounts/{accountId}', '/account')
    .replace('/v1/', '/')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('{') ? `by-${part.slice(1, -1)}` : part))
    .join('-')
    .replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase());
  return method.toLowerCase() + words.charAt(0).toUpperCase() + words.slice(1);
}

function requirements(route: Route): string {
  return [requirementInAccount(route), reachFromMainAccount(route)].filter((text) => text !== '').join(' ');
}

/** In which linked accounts people of a main account reach the route; empty if in none. */
function reachFromMainAccount(route: Route): string {
  const { permission, fromMain = 'linked' } = route;
  const kinds = linkKinds.filter((kind) => {
    const key = cataloguePermission(permission);
    const opened = permission === 'member' || (key !== null && includes(reachable[kind], key));
    return isAccountRoute(route) && opened && (fromMain === 'linked' || fromMain === kind);
  });
  if (kinds.length === 0) return '';
  const where = kinds.length === linkKinds.length ? 'linked' : kinds.join(' and ');
  return `People of a main account reach it in ${where} accounts, while the settings open these.`;
}

function requirementInAccount({ permission }: Route): string {
  const key = cataloguePermission(permission);
  if (key) return `Needs the permission \`${key}\` (${labelOf(key)}) in the account.`;
  const texts: Record<string, string> = {
    member: 'Needs a part in the account, whatever its permissions.',
    'signed-in': 'Needs a login.',
    public: 'Open; checked by its signature.',
  };
  if (!isForStaff(permission)) return texts[permission] ?? '';
  const role = neededRole(permission);
  return role === null
    ? 'For the provider’s staff, whatever their roles.'
    : `For the provider’s staff with the role \`${role}\` (${staffRoles[role].label}).`;
}

function pathParameters({ path }: Route): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Route): Json[] {
  if (!query) return [];
  const { properties = {} } = z.toJSONSchema(query, { target: 'draft-2020-12', io: 'output' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function headerParameters({ method }: Route): Json[] {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  if (method === 'POST') return [header('Idempotency-Key', 'A repeat within 24 hours gets the first answer')];
  if (method === 'GET') return [];
  return [header('If-Match', 'The ETag that was read: a stale one is refused with 412')];
}

function problems(route: Route): Json {
  const expected = [400, 503];
  // Staff without their second factor are refused everywhere but at their own login.
  if (route.permission !== 'public') expected.push(401, 403);
  if (isAccountRoute(route)) expected.push(404);
  if (route.method !== 'GET') expected.push(409, 412, 413);
  if (route.method === 'POST') expected.push(422);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const entries = expected.map((status) => {
    // Without any token the gateway answers by itself, and without a problem document.
    return [status, { description: status === 401 ? 'Not signed in, or no longer' : 'Refused', content }];
  });
  return Object.fromEntries(entries) as Json;
}

/** A body is required if one of its fields is. */
function requestBody(body: z.ZodType): Json {
  const { required = [] } = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
  return { required: required.length > 0, content: json(body, 'input') };
}

function json(schema: z.ZodType, io: 'input' | 'output'): Json {
  const converted = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return { 'application/json': { schema: converted } };
}
