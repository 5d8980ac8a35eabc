import { encodeGrants, isExpired } from '../../shared/access/caller.ts';
import { encodeStaff } from '../../shared/access/staff.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { type AuthorizerContext, grantsLeftOut } from '../../shared/http/authorise.ts';
import { signedIn } from '../../shared/accounts/logins/admission.ts';
import {
  calledName,
  countsFrom,
  isDisabled,
  type Login,
  usedSecondFactor,
} from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { TableBusy } from '../../shared/table/table.ts';

/** The claims of a verified Cognito access token that are used here; times in Unix seconds. */
export interface AccessClaims {
  username: string;
  auth_time: number;
  /** The session that the token belongs to. */
  origin_jti?: string;
}

export interface AuthorizeDependencies {
  /** Rejects unless the token is a valid access token of our pool and client. */
  verify(token: string): Promise<AccessClaims>;
  people: Pick<PeopleStore, 'loginWithGrants'>;
  /** Notes a sign-in; nothing if another write of the login comes first. */
  saveLogin(login: Login, before: Login): Promise<void>;
  /** Notes that a login is used in an account for the first time since it signed in. */
  saveUse(userId: string, accountId: string, signedInAtSeconds: number, now: Date): Promise<void>;
  clock: Clock;
}

/**
 * The gateway hands on 8 KB at most. Grants that take more are left out: who answers the request reads them.
 */
const mostGrantsBytes = 6000;

const refused: AuthorizerContext = { refused: 'invalid-token' };

/**
 * Reads in one query who is calling and what they may do in each account. What it says of the caller is valid for every
 * route, because it holds all the caller's grants; handlers decide from it. `accountId` is the account in the request's
 * path. It never refuses by itself, because the gateway would answer without a problem document: `refused` says why
 * nobody is let in, and the one way into every route answers that.
 */
export async function authorize(
  dependencies: AuthorizeDependencies,
  authorization: string | undefined,
  accountId?: string,
): Promise<AuthorizerContext> {
  const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization ?? '')?.[1];
  const claims = token === undefined ? undefined : await dependencies.verify(token).catch(() => undefined);
  if (!claims) return refused;
  try {
    return await contextOf(dependencies, claims, accountId);
  } catch (error) {
    if (error instanceof TableBusy) return { refused: 'too-busy' };
    throw error;
  }
}

async function contextOf(
  dependencies: AuthorizeDependencies,
  { username, auth_time: authTime, origin_jti: session }: AccessClaims,
  accountId: string | undefined,
): Promise<AuthorizerContext> {
  const { login, staff, grants, signInsUsed } = await dependencies.people.loginWithGrants(username);
  if (!login || isDisabled(login)) return refused;
  const since = countsFrom(login, authTime, session);
  if (since <= login.notBeforeSeconds) return refused;
  // Who signs in while sessions are being ended would be out again at the end of it.
  if (login.endingSessions !== undefined) return { refused: 'try-again' };
  // Each sign-in is noted once, at its first request. If another write comes first, the next request notes it.
  if (!isNoted(login, authTime)) await dependencies.saveLogin(signedIn(login, authTime), login);
  const now = dependencies.clock();
  const current = grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now));
  // An account is told of a sign-in by its use there; somebody with one account alone signs in for that one.
  const usedIn = current.length === 1 ? current[0]!.accountId : accountId;
  const isMember = current.some((grant) => grant.accountId === usedIn);
  if (usedIn !== undefined && isMember && (signInsUsed.get(usedIn) ?? 0) < authTime) {
    await dependencies.saveUse(login.userId, usedIn, authTime, now);
  }
  const encoded = encodeGrants(current);
  return {
    userId: login.userId,
    account: loggedAccount(accountId),
    name: calledName(login),
    email: login.email,
    staff: encodeStaff(staff),
    grants: encoded.length <= mostGrantsBytes ? encoded : grantsLeftOut,
    authTime: String(since),
    ...(session === undefined ? {} : { session }),
    secondFactor: usedSecondFactor(login, authTime) ? 'true' : 'false',
  };
}

/** The account as the access log names it: people may write anything into a path. */
function loggedAccount(accountId: string | undefined): string {
  return accountId !== undefined && /^[A-Za-z0-9_]{1,64}$/.test(accountId) ? accountId : '';
}

function isNoted({ lastSignInAt }: Login, signedInAtSeconds: number): boolean {
  return lastSignInAt !== null && Date.parse(lastSignInAt) >= signedInAtSeconds * 1000;
}
