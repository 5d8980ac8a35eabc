import { type Caller, decodeGrants, isExpired } from '../access/caller.ts';
import { actsAsStaff, type Authority, decide, grantIn, isForStaff } from '../access/decide.ts';
import type { Link } from '../access/link.ts';
import { decodeStaff } from '../access/staff.ts';
import { type Account, linkOf } from '../accounts/people.ts';
import { peopleStore } from '../accounts/people-store.ts';
import type { Clock } from '../core/clock.ts';
import { notFound, Problem } from '../core/problem.ts';
import { readSettings } from '../settings/settings.ts';
import { holds, type Table } from '../table/table.ts';
import { grantCheck } from '../write/commit.ts';
import { refusal } from './refusal.ts';
import { isAccountRoute, type Route } from './route.ts';

/** Who is calling and what they may do, as the strings that the authoriser hands on. */
export interface CallerContext {
  userId: string;
  name: string;
  email: string;
  /** See `encodeStaff`. */
  staff: string;
  /** See `encodeGrants`; `grantsLeftOut` where they are more than the gateway hands on. */
  grants: string;
  /** When its caller signed in, in Unix seconds. */
  authTime?: string;
  /** The session that the token belongs to. */
  session?: string;
  secondFactor?: 'true' | 'false';
}

/** What the authoriser hands on: a caller, or why nobody is let in. */
export type AuthorizerContext = CallerContext | { refused: 'invalid-token' | 'too-busy' };

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
    throw context.refused === 'too-busy'
      ? new Problem('too-busy', 'The portal is busy. Nothing was done; please try again.')
      : new Problem(
          'unauthorized',
          'This sign-in has ended, or is not one of this portal. Please sign in again.',
        );
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

/** The caller with what their rows give them now. */
export async function rereadCaller({ table, clock }: AuthoriseDependencies, caller: Caller): Promise<Caller> {
  const { grants, staff } = await peopleStore(table).loginWithGrants(caller.userId);
  const now = clock();
  return { ...caller, staff, grants: grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now)) };
}

/** Whether the row that an authority rests on is unchanged since the authoriser read it; strongly consistent. */
export async function authorityRemains(
  table: Table,
  { userId }: Caller,
  authority: Authority,
): Promise<boolean> {
  const granted = grantCheck(userId, authority);
  return granted === null || holds(granted.when, await table.get(granted.check));
}

/**
 * The right by which a caller may use a route. `accountId` is the account in its path; null where there is none.
 * @throws Problem that explains the refusal
 */
export async function authorise(
  { table, providerName }: AuthoriseDependencies,
  caller: Caller,
  route: Route,
  accountId: string | null,
  now: Date,
): Promise<Authority> {
  const { permission, fromMain } = route;
  if (permission === 'public') return { kind: 'signed-in' };
  const people = peopleStore(table);
  const inAccount = isAccountRoute(route) ? accountId : null;
  // A route of staff outside any account may name one: nobody acts as staff where they are a client.
  if (inAccount === null && isForStaff(permission) && !actsAsStaff(caller, accountId, now)) {
    throw refusal({ allowed: false, because: 'staff-only' }, { caller, providerName }, undefined);
  }
  const own = decide(caller, inAccount, permission, now);
  if (own.allowed) {
    // Roles of staff hold in every account, so whether the account exists is still unchecked.
    const mustExist = own.authority.kind === 'staff' && inAccount !== null;
    if (mustExist && !(await people.account(inAccount))) throw notFound();
    return own.authority;
  }
  const account = inAccount === null ? undefined : await people.account(inAccount);
  const link = account && (await linkFor(table, caller, account, now));
  const decision = link ? decide(caller, inAccount, permission, now, link, fromMain) : own;
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
