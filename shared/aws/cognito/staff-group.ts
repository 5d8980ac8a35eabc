import {
  type CognitoIdentityProviderClient,
  ListUsersInGroupCommand,
  type ListUsersInGroupCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { toInstant } from '../../core/clock.ts';
import type { StaffUser } from '../../migrations/migration.ts';

/** Lists the users of the pool's group `staff`. */
export function staffGroup(
  UserPoolId: string,
  client: CognitoIdentityProviderClient,
): () => Promise<StaffUser[]> {
  return async () => {
    const users: StaffUser[] = [];
    let NextToken: string | undefined;
    do {
      const page: ListUsersInGroupCommandOutput = await client.send(
        new ListUsersInGroupCommand({ UserPoolId, GroupName: 'staff', NextToken }),
      );
      for (const { Username, Attributes = [], UserCreateDate = new Date(0) } of page.Users ?? []) {
        const { email, name } = Object.fromEntries(Attributes.map((each) => [each.Name, each.Value]));
        if (!Username || !email) throw new Error(`A user of the group staff has no address: ${Username}`);
        users.push({ userId: Username, name: name ?? email, email, addedAt: toInstant(UserCreateDate) });
      }
      NextToken = page.NextToken;
    } while (NextToken);
    return users;
  };
}
