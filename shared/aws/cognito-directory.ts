import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  InvalidPasswordException,
  UsernameExistsException,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { invalid } from '../core/problem.ts';
import type { DirectoryUser, LoginDirectory } from '../accounts/logins/directory.ts';
import { isDisabled, type Login } from '../accounts/people.ts';
import { ownLoginCalls } from './cognito/own-login.ts';
import { policyText } from './cognito/policy-text.ts';

/** The Cognito user pool. A login's user name is the portal's user id; its verified address is an alias of it. */
export function cognitoDirectory(
  UserPoolId: string,
  cognito = new CognitoIdentityProviderClient({}),
): LoginDirectory {
  const { add, setPassword, setSecondFactor, verifyAddress } = poolCalls(UserPoolId, cognito);
  /**
   * The user is made anew, with a password that counts: an authenticator's secret and a sign-in that waits for its code
   * belong to the one before. Where the pool still had that one, what it can be told to forget is forgotten.
   */
  const makeAnew = async (login: Pick<Login, 'userId' | 'email' | 'name'>, password: string) => {
    await directory.discard(login.userId);
    await add(login);
    await setPassword(login.userId, password, true);
    await setSecondFactor(login.userId, false);
    await verifyAddress(login);
    await directory.endSessions(login.userId);
  };
  const directory: LoginDirectory = {
    async create(login, password) {
      const { userId: Username } = login;
      await add(login);
      try {
        // A password that somebody else chose is for the first sign-in alone.
        await setPassword(Username, password ?? unknowablePassword(), password === null);
      } catch (error) {
        await directory.discard(Username);
        throw error;
      }
    },
    async sync(login) {
      const Username = login.userId;
      const user = { UserPoolId, Username };
      if (isDisabled(login)) {
        // Disabled, nobody finishes a sign-in either; one that comes back is made anew.
        await cognito.send(new AdminDisableUserCommand(user));
        await setPassword(Username, unknowablePassword(), true);
        await setSecondFactor(Username, false);
        await directory.endSessions(Username);
        return;
      }
      if (!(await verifyAddress(login))) {
        // A row without a Cognito user remains only after a crash. The row is authoritative.
        await directory.create(login, null);
        await verifyAddress(login);
      }
      await cognito.send(new AdminEnableUserCommand(user));
    },
    async forget(login) {
      await makeAnew(login, unknowablePassword());
      const user = { UserPoolId, Username: login.userId };
      if (isDisabled(login)) await cognito.send(new AdminDisableUserCommand(user));
    },
    async choosePassword(login, password) {
      // The pool's policy is asked before anything is lost.
      await ignoringError(UserNotFoundException, () => setPassword(login.userId, password, true));
      await makeAnew(login, password);
    },
    requireSecondFactor: (userId) => setSecondFactor(userId, true),
    dropSecondFactor: (userId) => setSecondFactor(userId, false),
    ...ownLoginCalls(cognito),
    async endSessions(Username) {
      await cognito.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username }));
    },
    async discard(Username) {
      await ignoringError(UserNotFoundException, () =>
        cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username })),
      );
    },
    describe: (usernameOrEmail) => describeUser(UserPoolId, cognito, usernameOrEmail),
  };
  return directory;
}

/** Calls that several operations make. */
function poolCalls(UserPoolId: string, cognito: CognitoIdentityProviderClient) {
  const add = ({ userId: Username, email, name }: Pick<Login, 'userId' | 'email' | 'name'>) =>
    ignoringError(UsernameExistsException, () =>
      cognito.send(
        new AdminCreateUserCommand({
          UserPoolId,
          Username,
          MessageAction: 'SUPPRESS',
          UserAttributes: [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'false' },
            { Name: 'name', Value: name },
          ],
        }),
      ),
    );
  const setPassword = async (Username: string, Password: string, Permanent: boolean) => {
    try {
      await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent }));
    } catch (error) {
      if (!(error instanceof InvalidPasswordException)) throw error;
      throw invalid([{ path: 'password', code: 'wrong-format', message: policyText(error.message) }]);
    }
  };
  const setSecondFactor = async (Username: string, isOn: boolean): Promise<void> => {
    const SoftwareTokenMfaSettings = { Enabled: isOn, PreferredMfa: isOn };
    await cognito.send(
      new AdminSetUserMFAPreferenceCommand({ UserPoolId, Username, SoftwareTokenMfaSettings }),
    );
  };
  /** The address is verified together with its value, so that no other one is ever marked. */
  const verifyAddress = ({ userId: Username, email, name }: Pick<Login, 'userId' | 'email' | 'name'>) =>
    ignoringError(UserNotFoundException, () =>
      cognito.send(
        new AdminUpdateUserAttributesCommand({
          UserPoolId,
          Username,
          UserAttributes: [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'true' },
            { Name: 'name', Value: name },
          ],
        }),
      ),
    );
  return { add, setPassword, setSecondFactor, verifyAddress };
}

async function describeUser(
  UserPoolId: string,
  cognito: CognitoIdentityProviderClient,
  usernameOrEmail: string,
): Promise<DirectoryUser | undefined> {
  const user = await ignoringError(UserNotFoundException, () =>
    cognito.send(new AdminGetUserCommand({ UserPoolId, Username: usernameOrEmail })),
  );
  const attributes = new Map(user?.UserAttributes?.map(({ Name, Value }) => [Name, Value]));
  const email = attributes.get('email');
  if (!user?.Username || email === undefined) return undefined;
  return { userId: user.Username, email, name: attributes.get('name') ?? email };
}

async function ignoringError<T>(
  expected: new (...args: never[]) => Error,
  send: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof expected) return undefined;
    throw error;
  }
}

/** Long, with every character class, and never disclosed. */
function unknowablePassword(): string {
  return `Aa1!${randomBytes(32).toString('base64url')}`;
}
