import type { Login } from '../people.ts';

export interface DirectoryUser {
  userId: string;
  name: string;
  email: string;
}

/** The user pool in which people sign in, as far as the portal manages it. Every call is idempotent. */
export interface LoginDirectory {
  /**
   * Creates a login that cannot sign in yet: `sync` verifies its address.
   * If `password` is null, nobody knows the password; the person sets one through "forgot password".
   * @throws Problem `invalid-request` if the password breaks the policy
   */
  create(login: Pick<Login, 'userId' | 'email' | 'name'>, password: string | null): Promise<void>;
  /** Brings the login to its state: able to sign in, or disabled and signed out everywhere. */
  sync(login: Login): Promise<void>;
  /** Removes a login that `create` made and that is not used after all. */
  discard(userId: string): Promise<void>;
  /** Makes what signs in with it until now useless: password, second factor, sessions, and sign-ins that are half way. */
  forget(login: Login): Promise<void>;
  /**
   * Sets the password that the holder of the address chose; what signed in with the login until now is useless.
   * @throws Problem `invalid-request` where the password breaks the policy
   */
  choosePassword(login: Pick<Login, 'userId' | 'email' | 'name'>, password: string): Promise<void>;
  /**
   * Changes a password by the current one, in the right of an access token.
   * @throws Problem `invalid-request` where the current one is wrong or the new one breaks the policy
   */
  changePassword(accessToken: string, current: string, next: string): Promise<void>;
  /**
   * A new secret for an authenticator, in the right of an access token. It counts for nothing until it is verified, and
   * the one before goes on working until then.
   */
  beginSecondFactor(accessToken: string): Promise<string>;
  /**
   * Takes the secret that was begun last, by a code that an authenticator makes of it.
   * @throws Problem `invalid-request` where it is not the code
   */
  verifySecondFactor(accessToken: string, totp: string): Promise<void>;
  /** From now on signing in takes a code of the authenticator that was verified. */
  requireSecondFactor(userId: string): Promise<void>;
  /** From now on signing in takes the password alone. */
  dropSecondFactor(userId: string): Promise<void>;
  /** Ends every session: no refresh token works any more. */
  endSessions(userId: string): Promise<void>;
  /** A user by name or verified address, including users added by the operator by hand; undefined if unknown. */
  describe(usernameOrEmail: string): Promise<DirectoryUser | undefined>;
}
