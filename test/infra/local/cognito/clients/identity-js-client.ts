import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
  type ICognitoStorage,
} from 'amazon-cognito-identity-js';
import { ClientId, PASSWORD, UserPoolId } from '../pool.ts';

function memory(): ICognitoStorage {
  const kept = new Map<string, string>();
  return {
    setItem: (key, value) => void kept.set(key, value),
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
}

/** A page of its own: what one keeps, another does not see. */
export function clientUser(url: string, Username: string): CognitoUser {
  const Storage = memory();
  const Pool = new CognitoUserPool({ UserPoolId, ClientId, endpoint: url, Storage });
  return new CognitoUser({ Username, Pool, Storage });
}

/** How far a sign-in came: tokens, or the challenge to answer next. */
export type Step = { session: CognitoUserSession } | { challenge: string; parameters?: unknown };

/** Calls with the callbacks that the library wants, as a promise. */
export function step(
  call: (callbacks: Parameters<CognitoUser['authenticateUser']>[1]) => void,
): Promise<Step> {
  return new Promise((resolve, reject) => {
    const challenged = (challenge: string, parameters: unknown): void => resolve({ challenge, parameters });
    call({
      onSuccess: (session) => resolve({ session }),
      onFailure: reject,
      newPasswordRequired: (attributes) =>
        resolve({ challenge: 'NEW_PASSWORD_REQUIRED', parameters: attributes }),
      totpRequired: challenged,
      mfaSetup: challenged,
    });
  });
}

/** Signs in as the library does by default, which is SRP. */
export function signIn(user: CognitoUser, Password = PASSWORD): Promise<Step> {
  const details = new AuthenticationDetails({ Username: user.getUsername(), Password });
  return step((callbacks) => user.authenticateUser(details, callbacks));
}

/** Signs in by sending the password, for tests of what comes afterwards: the library's SRP takes a second. */
export function sendPassword(user: CognitoUser, password = PASSWORD): Promise<CognitoUserSession> {
  user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
  return sessionOf(signIn(user, password));
}

/** As `signIn`, where tokens are expected. */
export async function sessionOf(signingIn: Promise<Step>): Promise<CognitoUserSession> {
  const came = await signingIn;
  if ('session' in came) return came.session;
  throw new Error(`The sign-in stopped at ${came.challenge}`);
}

/** A call that ends with a callback of error and result. */
export function called<T>(call: (done: (error: unknown, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}
