import type * as z from 'zod';
import type { Caller } from '../access/caller.ts';
import type { Authority } from '../access/decide.ts';
import { Problem } from '../core/problem.ts';
import { type Actor, actorOf } from '../write/actor.ts';
import type { WriteContext } from '../write/commit.ts';
import type { Reply } from '../write/idempotency.ts';
import type { Route } from './route.ts';

/** What every use case knows of its request: the caller, their authority, the time and the precondition. */
export interface RequestContext extends WriteContext {
  caller: Caller;
  authority: Authority;
  /** The account in the path; empty for routes outside any account. */
  accountId: string;
  actor: Actor;
  requestId: string;
  /** The version that the caller read, from If-Match; null for no check. */
  ifMatch: string | null;
  /** The provider's name in refusals; empty if unknown. */
  providerName: string;
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : Record<string, never>;

/** A request that was allowed and validated. */
export interface ValidRequest<R extends Route> {
  context: RequestContext;
  params: Record<string, string>;
  query: Parsed<R['query']>;
  body: Parsed<R['body']>;
  /** The unparsed request; header names are in lower case. */
  raw: { body: string; headers: Record<string, string | undefined> };
  /** Signs the cursors of this list for this caller; no answer may contain it. */
  listScope: string;
}

export interface BoundRoute {
  route: Route;
  handle(request: ValidRequest<Route>): Promise<Reply>;
}

/** Binds a route to its handler. */
export function on<R extends Route>(
  route: R,
  handle: (request: ValidRequest<R>) => Promise<Reply>,
): BoundRoute {
  return { route, handle };
}

export function requestContext(
  base: Omit<RequestContext, 'actor' | 'grantedBy'> & { caller: Caller; authority: Authority },
): RequestContext {
  const { caller, authority } = base;
  return {
    ...base,
    actor: actorOf(caller, authority),
    grantedBy: {
      userId: caller.userId,
      authority,
      signedInAtSeconds: caller.signedInAtSeconds,
      partsIn: caller.grants.map(({ accountId }) => accountId),
    },
  };
}

/** @throws Problem `stale-version` when the caller read another version than this one */
export function requireMatch(context: Pick<RequestContext, 'ifMatch'>, version: string): void {
  if (context.ifMatch === null || context.ifMatch === '*') return;
  const versions = context.ifMatch
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', ''));
  if (versions.includes(version)) return;
  throw new Problem('stale-version', 'It has changed since you read it. Read it again, then change it.');
}
