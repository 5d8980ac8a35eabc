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
  /** In which linked accounts people of a main account reach it, if fewer than its permission opens. */
  fromMain?: FromMain;
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
