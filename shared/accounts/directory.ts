import type { Login } from './people.ts';

export interface DirectoryUser {
  userId: string;
  name: string;
  email: string;
  staff: boolean;
}

/** Where people sign in: the user pool, as far as the portal steers it. Every call may be repeated safely. */
export interface LoginDirectory {
  /**
   * Makes a login that cannot sign in yet: its address is not verified before `sync` says so.
   * Without a password nobody knows one; the person sets it through "forgot password".
   * @throws Problem `invalid-request` where the password breaks the policy
   */
  create(login: Pick<Login, 'userId' | 'email' | 'name'>, password: string | null): Promise<void>;
  /** Makes the login what it should be: signing in or disabled and signed out everywhere. */
  sync(login: Login): Promise<void>;
  /** Removes a login that `create` made and nothing came of. */
  discard(userId: string): Promise<void>;
  /** A user by name or verified address, also one whom the operator added by hand; undefined where there is none. */
  describe(usernameOrEmail: string): Promise<DirectoryUser | undefined>;
}
