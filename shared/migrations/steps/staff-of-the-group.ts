import { normalAddress } from '../../accounts/keys.ts';
import { addressLoginRow, loginRow, peopleStore } from '../../accounts/people-store.ts';
import { administratorsRow, staffRow, staffStore } from '../../accounts/staff/staff-store.ts';
import type { Migration, MigrationDependencies, StaffUser } from '../migration.ts';

/**
 * Who was staff by the user pool's group may do all that administrators may, so that is what they become. Nobody does once
 * there is an administrator: the group counts for nothing from then on.
 */
export const staffOfTheGroup: Migration = {
  version: 1,
  name: 'staff-of-the-group',
  async once(dependencies) {
    const store = staffStore(dependencies.table);
    const before = await store.administrators();
    if (before && before.userIds.length > 0) return;
    const users = await dependencies.staffGroup();
    if (users.length === 0) return;
    for (const user of users) await addMember(dependencies, user);
    // Last: a run that stopped before it starts anew. The write fails where somebody became one meanwhile.
    const userIds = users.map(({ userId }) => userId);
    await dependencies.table.transact([administratorsRow(userIds, before, before?.invited)]);
  },
};

async function addMember({ table }: MigrationDependencies, user: StaffUser): Promise<void> {
  const { userId, addedAt } = user;
  if (await staffStore(table).member(userId)) return;
  const login = await peopleStore(table).login(userId);
  const email = normalAddress(login?.email ?? user.email);
  const { name } = user;
  const unused = { userId, name, email, accounts: 0, lastSignInAt: null, notBeforeSeconds: 0, version: '' };
  await table.transact([
    ...(login
      ? [loginRow({ ...login, staff: true }, { version: login.version })]
      : [loginRow({ ...unused, staff: true }, 'new'), addressLoginRow(email, userId)]),
    staffRow({ userId, email, roles: ['administrator'], version: '', addedAt }, 'new'),
  ]);
}
