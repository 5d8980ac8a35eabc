import type * as z from 'zod';
import { type FromMain, isForStaff, type RoutePermission } from '../access/decide.ts';
import type { Permission } from '../access/permissions.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * The single declaration of a route: the gateway, the authoriser, the access check, validation, the OpenAPI document
 * and the access matrix all read it. Paths start with /v1; a path below `/v1/accounts/{accountId}` acts in that
 * account. `permission` is required, even for `member`, `signed-in`, `public` and the roles of staff (`staff:billing`).
 */
export interface Route {
  method: Method;
  path: `/v1/${string}`;
  permission: RoutePermission;
  /** Fields of the body that need a permission of their own instead; the handler has more to say of one for members. */
  fields?: Readonly<Record<string, Permission | 'member'>>;
  /** In which linked accounts people of a main account reach it, if fewer than its permission opens. */
  fromMain?: FromMain;
  /** People of a blocked account may call it although it writes; what reads they may call in any case. */
  whenBlocked?: true;
  summary: string;
  /** Query parameters; undeclared ones are refused. */
  query?: z.ZodType;
  /** The JSON body; unknown fields are refused. */
  body?: z.ZodType;
  /** The body may come from an HTML form as well, its fields as texts. */
  form?: true;
  /** The handler reads the unparsed body, for a signature over its bytes. */
  rawBody?: true;
  /** The status of a success, and the schema its answer passes through; null for no content. */
  success: 200 | 201 | 202 | 204;
  answer: z.ZodType | null;
}

/** Declares a route and keeps its exact types. */
export function route<const R extends Route>(declaration: R): R {
  return declaration;
}

export const accountPath = '/v1/accounts/{accountId}';

/** Every permission that opens a route, or a part of it. */
export function openingPermissions({ permission, fields = {} }: Route): RoutePermission[] {
  const ofFields = Object.values(fields).filter((each) => each !== 'member');
  return [...new Set<RoutePermission>([permission, ...ofFields])];
}

/**
 * The permissions that a request needs, all of them: its route's, or those of the fields that its body names. A body
 * that names none of them needs any one that is held.
 */
export function neededPermissions(
  route: Route,
  body: unknown,
  isHeld: (permission: RoutePermission) => boolean,
): RoutePermission[] {
  const { permission, fields } = route;
  if (!fields) return [permission];
  const named = Object.keys(fields).filter(
    (field) => typeof body === 'object' && body !== null && Object.hasOwn(body, field),
  );
  if (named.length > 0) return [...new Set(named.map((field) => fields[field]!))];
  return [openingPermissions(route).find(isHeld) ?? permission];
}

/** The route acts inside the account in its path. */
export function isAccountRoute(declared: Route): boolean {
  return declared.path === accountPath || declared.path.startsWith(`${accountPath}/`);
}

/** API Gateway's name for a route: `GET /v1/me`. */
export function routeKey(declared: Pick<Route, 'method' | 'path'>): string {
  return `${declared.method} ${declared.path}`;
}

/** The permission of the catalogue that a route needs; null if it needs none. */
export function cataloguePermission(permission: RoutePermission): Permission | null {
  return permission === 'member' ||
    permission === 'signed-in' ||
    permission === 'public' ||
    isForStaff(permission)
    ? null
    : permission;
}

/** One capability: the function that serves it and the routes it answers. */
export interface Capability {
  /** The function's name. */
  name: string;
  routes: readonly Route[];
}
