import { encodeGrants, isExpired } from '../../shared/access/caller.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { AuthorizerContext } from '../../shared/http/serve.ts';
import { signedIn } from '../../shared/accounts/admission.ts';
import type { LoginDirectory } from '../../shared/accounts/directory.ts';
import { isDisabled, type Login } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';

/** The claims of a verified Cognito access token that are used here; times in Unix seconds. */
export interface AccessClaims {
  username: string;
  iat: number;
  auth_time: number;
  'cognito:groups'?: string[];
}

export interface AuthorizeDependencies {
  /** Throws unless the token is a valid access token of our pool and client. */
  verify(token: string): Promise<AccessClaims>;
  people: PeopleStore;
  directory: Pick<LoginDirectory, 'describe'>;
  saveLogin(login: Login, before: Login | undefined): Promise<void>;
  clock: Clock;
}

/** The request has no valid login; the gateway answers 401. */
export class Unauthorized extends Error {
  constructor() {
    // API Gateway answers 401 for exactly this message and 500 for any other.
    super('Unauthorized');
    this.name = 'Unauthorized';
  }
}

/**
 * Reads in one query who is calling and what they may do in each account. The answer is valid for every route, because
 * it holds all the caller's grants; handlers decide from it.
 * @throws Unauthorized for a missing, foreign, tampered or expired token and for a disabled login
 */
export async function authorize(
  dependencies: AuthorizeDependencies,
  authorization: string | undefined,
): Promise<AuthorizerContext> {
  const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw new Unauthorized();
  const claims = await verifiedClaims(dependencies, token);
  const staff = claims['cognito:groups']?.includes('staff') ?? false;
  const stored = await dependencies.people.loginWithGrants(claims.username);
  const login = stored.login ?? (staff ? await newStaffLogin(dependencies, claims) : undefined);
  if (!login) throw new Unauthorized();
  const current = { ...login, staff };
  if (isDisabled(current) || claims.auth_time <= login.notBeforeSeconds) throw new Unauthorized();
  await saveSignIn(dependencies, current, stored.login, claims.auth_time);
  const now = dependencies.clock();
  const grants = stored.grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now));
  return {
    userId: login.userId,
    name: login.name,
    email: login.email,
    staff: staff ? 'true' : 'false',
    grants: encodeGrants(grants),
    authTime: String(claims.auth_time),
  };
}

async function verifiedClaims({ verify }: AuthorizeDependencies, token: string): Promise<AccessClaims> {
  try {
    return await verify(token);
  } catch {
    throw new Unauthorized();
  }
}

/** The operator adds staff to the user pool; their login row is created at their first request. */
async function newStaffLogin(
  { directory }: AuthorizeDependencies,
  claims: AccessClaims,
): Promise<Login | undefined> {
  const described = await directory.describe(claims.username);
  if (!described) return undefined;
  return {
    ...described,
    staff: true,
    accounts: 0,
    lastSignInAt: null,
    notBeforeSeconds: 0,
    version: '',
  };
}

/** Saves each sign-in once, at its first request. If another write comes first, the next request saves it. */
async function saveSignIn(
  dependencies: AuthorizeDependencies,
  login: Login,
  before: Login | undefined,
  signedInAtSeconds: number,
): Promise<void> {
  const isSaved = login.lastSignInAt !== null && Date.parse(login.lastSignInAt) >= signedInAtSeconds * 1000;
  if (isSaved && before?.staff === login.staff) return;
  await dependencies.saveLogin(isSaved ? login : signedIn(login, signedInAtSeconds), before);
}
