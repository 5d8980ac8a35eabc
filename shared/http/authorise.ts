import { type Caller, decodeGrants, isExpired } from '../access/caller.ts';
import {
  actsAsStaff,
  type Authority,
  decide,
  grantIn,
  isForStaff,
  type RoutePermission,
} from '../access/decide.ts';
import type { Link } from '../access/link.ts';
import { decodeStaff } from '../access/staff.ts';
import { type Account, countsFrom, isDisabled, linkOf } from '../accounts/people.ts';
import { peopleStore } from '../accounts/people-store.ts';
import type { Clock } from '../core/clock.ts';
import { notFound, Problem, retryAfter } from '../core/problem.ts';
import { readSettings } from '../settings/settings.ts';
import { holds, type Table } from '../table/table.ts';
import { grantCheck, sessionCheck } from '../write/commit.ts';
import { refusal } from './refusal.ts';
import { isAccountRoute, neededPermissions, type Route } from './route.ts';

/** Who is calling and what they may do, as the strings that the authoriser hands on. */
export interface CallerContext {
  userId: string;
  /** The account in the path, empty where there is none: for the access log alone, nothing is decided by it. */
  account?: string;
  name: string;
  email: string;
  /** See `encodeStaff`. */
  staff: string;
  /** See `encodeGrants`; `grantsLeftOut` where they are more than the gateway hands on. */
  grants: string;
  /** When its caller signed in, in Unix seconds. */
  authTime?: string;
  /** The session that the token belongs to, as the user pool names it. */
  session?: string;
  /** Whether its sign-in used a second factor that the portal knew. */
  secondFactor?: 'true' | 'false';
}

/** Why the authoriser lets nobody in, with what its caller is told. */
const refusals = {
  'invalid-token': [
    'unauthorized',
    'This sign-in has ended, or is not one of this portal. Please sign in again.',
  ],
  'too-busy': ['too-busy', 'The portal is busy. Nothing was done; please try again.'],
  'try-again': ['try-again', 'Earlier sign-ins are being ended. Please try again in a moment.'],
} as const;

/** What the authoriser hands on: a caller, or why nobody is let in. */
export type AuthorizerContext = CallerContext | { refused: keyof typeof refusals };

/** Stands for grants that are too many for the authoriser's context. */
export const grantsLeftOut = '*';

export interface AuthoriseDependencies {
  table: Table;
  clock: Clock;
  /** Named by a refusal if nobody of the account could give access; empty if unknown. */
  providerName: string;
}

/** The caller of routes without an authoriser, without any right. */
const anonymous: Caller = { userId: 'public', name: '', email: '', staff: null, grants: [] };

/**
 * The caller, by the authoriser's context alone and never by a header.
 * @throws Problem `unauthorized` for a token that the authoriser did not accept
 */
export async function readCaller(
  dependencies: AuthoriseDependencies,
  { permission }: Route,
  context: AuthorizerContext | undefined,
): Promise<Caller> {
  if (permission === 'public') return anonymous;
  if (!context) throw new Error('No authoriser stood before this route');
  if ('refused' in context) {
    throw refusedBy(context.refused);
  }
  const caller: Caller = {
    userId: context.userId,
    name: context.name,
    email: context.email,
    staff: decodeStaff(context.staff),
    grants: [],
    ...(context.authTime === undefined ? {} : { signedInAtSeconds: Number(context.authTime) }),
    ...(context.session === undefined ? {} : { sessionId: context.session }),
    secondFactor: context.secondFactor === 'true',
  };
  return context.grants === grantsLeftOut
    ? rereadCaller(dependencies, caller)
    : { ...caller, grants: decodeGrants(context.grants) };
}

function refusedBy(reason: keyof typeof refusals): Problem {
  const [kind, detail] = refusals[reason];
  // The gateway keeps the authoriser's answer for three seconds: sooner it says the same again.
  const headers: Record<string, string> =
    kind === 'unauthorized' ? { 'www-authenticate': 'Bearer error="invalid_token"' } : retryAfter(3);
  return new Problem(kind, detail, {}, headers);
}

/**
 * The caller with what their rows give them now.
 * @throws Problem `unauthorized` where their session was ended
 */
export async function rereadCaller({ table, clock }: AuthoriseDependencies, caller: Caller): Promise<Caller> {
  const { login, grants, staff } = await peopleStore(table).loginWithGrants(caller.userId);
  if (!login || isDisabled(login)) throw refusedBy('invalid-token');
  const { signedInAtSeconds, sessionId } = caller;
  const since = countsFrom(login, signedInAtSeconds ?? Infinity, sessionId);
  if (since <= login.notBeforeSeconds) throw refusedBy('invalid-token');
  const now = clock();
  return {
    ...caller,
    ...(signedInAtSeconds === undefined ? {} : { signedInAtSeconds: since }),
    staff,
    grants: grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now)),
  };
}

/**
 * Whether the row that an authority rests on is unchanged since the authoriser read it; strongly consistent. What is
 * one's own rests on the session.
 */
export async function authorityRemains(
  table: Table,
  { userId, signedInAtSeconds }: Caller,
  authority: Authority,
): Promise<boolean> {
  const session = signedInAtSeconds === undefined ? null : sessionCheck(userId, signedInAtSeconds);
  const check = grantCheck(userId, authority) ?? session;
  return check === null || holds(check.when, await table.get(check.check));
}

/** Where a request acts, when, and what reads its unparsed body. */
interface Asked {
  /** The account in its path; null where there is none. */
  accountId: string | null;
  readBody(): string;
  now: Date;
}

/**
 * The right by which a caller may send a request: by every permission that it needs, refused with the first that is
 * missing. Nobody is refused by what the gateway kept of them: their rows are read first.
 * @throws Problem that explains the refusal
 */
export async function authorise(
  dependencies: AuthoriseDependencies,
  told: Caller,
  route: Route,
  asked: Asked,
): Promise<{ caller: Caller; authority: Authority }> {
  try {
    return { caller: told, authority: await rightOf(dependencies, told, route, asked) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const caller = await rereadCaller(dependencies, told);
    return { caller, authority: await rightOf(dependencies, caller, route, asked) };
  }
}

async function rightOf(
  dependencies: AuthoriseDependencies,
  caller: Caller,
  route: Route,
  { accountId, readBody, now }: Asked,
): Promise<Authority> {
  const { permission } = route;
  if (permission === 'public') return { kind: 'signed-in' };
  await requireStaffFactor(dependencies.table, caller, route);
  const inAccount = isAccountRoute(route) ? accountId : null;
  // A route of staff outside any account may name one: nobody acts as staff where they are a client.
  if (inAccount === null && isForStaff(permission) && !actsAsStaff(caller, accountId, now)) {
    throw refusal({ allowed: false, because: 'staff-only' }, { caller, ...dependencies }, undefined);
  }
  const by = (needed: RoutePermission) =>
    authoriseBy(dependencies, caller, { ...route, permission: needed }, inAccount, now);
  // Whoever has no part there is refused before the body is looked at.
  if (!route.fields || !decide(caller, inAccount, 'member', now).allowed) return by(permission);
  const isHeld = (each: RoutePermission) => each !== 'public' && decide(caller, inAccount, each, now).allowed;
  const [first, ...others] = neededPermissions(route, readable(readBody()), isHeld);
  const authority = await by(first!);
  for (const other of others) await by(other);
  return authority;
}

/** A body that is no JSON names nothing; what is wrong with it is said to whoever is let in. */
function readable(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}

async function authoriseBy(
  { table, providerName }: AuthoriseDependencies,
  caller: Caller,
  { permission, fromMain }: Pick<Route, 'permission' | 'fromMain'>,
  accountId: string | null,
  now: Date,
): Promise<Authority> {
  if (permission === 'public') return { kind: 'signed-in' };
  const people = peopleStore(table);
  const own = decide(caller, accountId, permission, now);
  if (own.allowed) {
    // Roles of staff hold in every account, so whether the account exists is still unchecked.
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

/** @throws Problem where a member of staff signed in without the second factor that the provider asks of them */
async function requireStaffFactor(
  table: Table,
  { staff, secondFactor }: Caller,
  { path }: Route,
): Promise<void> {
  // Their own login is where they set one up.
  if (!staff || secondFactor || path === '/v1/me' || path.startsWith('/v1/me/')) return;
  if (!(await readSettings(table)).settings['staff.secondFactor']) return;
  throw new Problem(
    'second-factor-required',
    'Staff work with a second factor here. Set one up for your login, then sign in with it.',
  );
}

/** The account's link to its main account; null if the caller has no grant in that one. */
async function linkFor(table: Table, caller: Caller, account: Account, now: Date): Promise<Link | null> {
  const { mainAccountId } = account;
  if (!mainAccountId || !grantIn(caller, mainAccountId, now)) return null;
  return linkOf(account, (await readSettings(table)).settings);
}
