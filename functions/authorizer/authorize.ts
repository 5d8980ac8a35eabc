import { encodeGrants, isExpired } from '../../shared/access/caller.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { AuthorizerContext } from '../../shared/http/serve.ts';
import { signedIn } from '../../shared/accounts/admission.ts';
import type { LoginDirectory } from '../../shared/accounts/directory.ts';
import { isDisabled, type Login } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';

/** The claims of a verified Cognito access token that matter here; times in Unix seconds. */
export interface AccessClaims {
  username: string;
  iat: number;
  auth_time: number;
  'cognito:groups'?: string[];
}

export interface AuthorizeDependencies {
  /** Throws on anything but a valid access token of our pool and client. */
  verify(token: string): Promise<AccessClaims>;
  people: PeopleStore;
  directory: Pick<LoginDirectory, 'describe'>;
  saveLogin(login: Login, before: Login | undefined): Promise<void>;
  clock: Clock;
}

/** The request carries no login that counts: the gateway answers 401. */
export class Unauthorized extends Error {
  constructor() {
    // API Gateway answers 401 for exactly this message and 500 for any other.
    super('Unauthorized');
    this.name = 'Unauthorized';
  }
}

/**
 * Who is calling and what they may do in each account, in one query. The answer holds for every route: it names
 * all the caller's grants, and handlers decide from it.
 * @throws Unauthorized for a missing, foreign, tampered or expired token and for a disabled login
 */
export async function authorize(
  dependencies: AuthorizeDependencies,
  authorization: string | undefined,
): Promise<AuthorizerContext> {
  const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw new Unauthorized();
  const claims = await verified(dependencies, token);
  const staff = claims['cognito:groups']?.includes('staff') ?? false;
  const found = await dependencies.people.loginWithGrants(claims.username);
  const login = found.login ?? (staff ? await newStaffLogin(dependencies, claims) : undefined);
  if (!login) throw new Unauthorized();
  const current = { ...login, staff };
  if (isDisabled(current) || claims.iat < login.notBeforeSeconds) throw new Unauthorized();
  await noteSignIn(dependencies, current, found.login, claims.auth_time);
  const now = dependencies.clock();
  const grants = found.grants.filter((grant) => !isExpired(grant.expiresAtSeconds, now));
  return {
    userId: login.userId,
    name: login.name,
    email: login.email,
    staff: staff ? 'true' : 'false',
    grants: encodeGrants(grants),
  };
}

async function verified({ verify }: AuthorizeDependencies, token: string): Promise<AccessClaims> {
  try {
    return await verify(token);
  } catch {
    throw new Unauthorized();
  }
}

/** Staff are added to the user pool by the operator; the portal learns of one at the first request. */
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
    madeWithPassword: true,
    notBeforeSeconds: 0,
    version: '',
  };
}

/** Once a sign-in, at its first request. A write that loses to another one is left to the next request. */
async function noteSignIn(
  dependencies: AuthorizeDependencies,
  login: Login,
  before: Login | undefined,
  signedInAtSeconds: number,
): Promise<void> {
  const noted = login.lastSignInAt !== null && Date.parse(login.lastSignInAt) >= signedInAtSeconds * 1000;
  if (noted && before?.staff === login.staff) return;
  await dependencies.saveLogin(noted ? login : signedIn(login, signedInAtSeconds), before);
}
