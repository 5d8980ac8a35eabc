import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  InvalidPasswordException,
  UsernameExistsException,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { invalid } from '../core/problem.ts';
import type { LoginDirectory } from '../accounts/directory.ts';
import { isDisabled } from '../accounts/people.ts';

/** The Cognito user pool. A login's user name is the portal's user id; its verified address is an alias of it. */
export function cognitoDirectory(
  UserPoolId: string,
  cognito = new CognitoIdentityProviderClient({}),
): LoginDirectory {
  const directory: LoginDirectory = {
    async create({ userId: Username, email, name }, password) {
      await ignoringError(UsernameExistsException, () =>
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
      try {
        const Password = password ?? unknowablePassword();
        await cognito.send(
          new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }),
        );
      } catch (error) {
        await directory.discard(Username);
        if (!(error instanceof InvalidPasswordException)) throw error;
        throw invalid([{ path: 'password', message: policyText(error.message) }]);
      }
    },
    async sync(login) {
      const Username = login.userId;
      const user = { UserPoolId, Username };
      if (isDisabled(login)) {
        await cognito.send(new AdminDisableUserCommand(user));
        await cognito.send(new AdminUserGlobalSignOutCommand(user));
        return;
      }
      const verify = new AdminUpdateUserAttributesCommand({
        ...user,
        UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
      });
      const verified = await ignoringError(UserNotFoundException, () => cognito.send(verify));
      if (!verified) {
        // The login's row exists without its user only after a crash in between; the row is authoritative.
        await directory.create(login, null);
        await cognito.send(verify);
      }
      await cognito.send(new AdminEnableUserCommand(user));
    },
    async discard(Username) {
      await ignoringError(UserNotFoundException, () =>
        cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username })),
      );
    },
    async describe(usernameOrEmail) {
      const user = await ignoringError(UserNotFoundException, () =>
        cognito.send(new AdminGetUserCommand({ UserPoolId, Username: usernameOrEmail })),
      );
      const attributes = new Map(user?.UserAttributes?.map(({ Name, Value }) => [Name, Value]));
      const email = attributes.get('email');
      if (!user?.Username || email === undefined) return undefined;
      const listGroups = new AdminListGroupsForUserCommand({ UserPoolId, Username: user.Username });
      const { Groups = [] } = await cognito.send(listGroups);
      const staff = Groups.some((group) => group.GroupName === 'staff');
      return { userId: user.Username, email, name: attributes.get('name') ?? email, staff };
    },
  };
  return directory;
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

function policyText(message: string): string {
  return message.replace(/^Password did not conform with policy: /, '') || 'is too weak';
}
