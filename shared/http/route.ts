import type * as z from 'zod';
import type { FromMain, RoutePermission } from '../access/decide.ts';
import type { Permission } from '../access/permissions.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One route, declared once: the gateway, the authoriser, the check at run time, validation, the OpenAPI document
 * and the access matrix all read it. Paths start with /v1; a path below `/v1/accounts/{accountId}` acts in that
 * account. `permission` has to be written: `member`, `signed-in`, `staff` and `public` as well.
 */
export interface Route {
  method: Method;
  path: `/v1/${string}`;
  permission: RoutePermission;
  /** In which linked accounts a main account's people reach it, where that is fewer than its permission opens. */
  fromMain?: FromMain;
  summary: string;
  /** Query parameters; what is not declared is refused. */
  query?: z.ZodType;
  /** The JSON body; unknown fields are refused. */
  body?: z.ZodType;
  /** The handler reads the body itself, as it came: a signature is over its bytes. */
  rawBody?: true;
  /** What a success answers: its status, and the schema that the answer passes through. Null: no content. */
  success: 200 | 201 | 202 | 204;
  answer: z.ZodType | null;
}

/** Declares a route and keeps its exact types. */
export function route<const R extends Route>(declaration: R): R {
  return declaration;
}

export const accountPath = '/v1/accounts/{accountId}';

/** The route acts inside the account in its path. */
export function isAccountRoute(declared: Route): boolean {
  return declared.path === accountPath || declared.path.startsWith(`${accountPath}/`);
}

/** API Gateway's name for a route: `GET /v1/me`. */
export function routeKey(declared: Pick<Route, 'method' | 'path'>): string {
  return `${declared.method} ${declared.path}`;
}

/** The permission a route needs, where it needs one of the catalogue. */
export function catalogued(permission: RoutePermission): Permission | null {
  return permission === 'member' ||
    permission === 'signed-in' ||
    permission === 'staff' ||
    permission === 'public'
    ? null
    : permission;
}

/** One capability: the function that serves it and the routes it answers. */
export interface Capability {
  /** The function's name. */
  name: string;
  routes: readonly Route[];
}
