import { beforeEach, describe, expect, test } from 'vitest';
import { addressLoginRow, loginRow, peopleStore } from '../../../shared/accounts/people-store.ts';
import { administratorsRow, staffStore } from '../../../shared/accounts/staff/staff-store.ts';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

let table: MemoryTable;
const addedAt = '2025-01-01T00:00:00.000Z';
const group = ['ada', 'bob'].map((userId) => ({
  userId,
  name: userId,
  email: `${userId}@portal.test`,
  addedAt,
}));
const upgrade = (staffGroup = async () => group) =>
  migrate({ table, rows: table, migrations, providerName: 'Annex', staffGroup, pause: async () => {} });

beforeEach(async () => {
  table = new MemoryTable();
  const [{ userId, name, email }] = group as [(typeof group)[0]];
  const login = { userId, name, email, staff: true, accounts: 0, lastSignInAt: addedAt, notBeforeSeconds: 5 };
  await table.transact([loginRow({ ...login, version: '' }, 'new'), addressLoginRow(email, userId)]);
});

describe('the users of the group staff', () => {
  test('become administrators, those who never signed in too, and others keep what they have', async () => {
    await upgrade();
    for (const { userId, email } of group) {
      expect(await staffStore(table).member(userId)).toMatchObject({
        email,
        roles: ['administrator'],
        addedAt,
      });
      expect(await peopleStore(table).login(userId)).toMatchObject({ email, staff: true });
    }
    expect((await peopleStore(table).login('ada'))!.notBeforeSeconds).toBe(5);
    expect((await staffStore(table).administrators())!.userIds).toEqual(['ada', 'bob']);
  });

  test('become so where a run stopped at any step, and once', async () => {
    const transact = table.transact.bind(table);
    for (let left = 0; left < 3; left++) {
      let writes = left;
      table.transact = async (actions) => {
        if (writes-- === 0) throw new Error('Stopped');
        await transact(actions);
      };
      await expect(upgrade()).rejects.toThrow('Stopped');
    }
    table.transact = transact;
    await upgrade();
    expect((await staffStore(table).administrators())!.userIds).toEqual(['ada', 'bob']);
    const rows = table.all();
    await upgrade(async () => [{ ...group[0]!, userId: 'eve', email: 'eve@portal.test' }]);
    expect(table.all()).toEqual(rows);
  });

  test('are nobody where there is an administrator', async () => {
    await table.transact([administratorsRow(['first'], undefined)]);
    await upgrade();
    expect(await staffStore(table).member('ada')).toBeUndefined();
    expect((await staffStore(table).administrators())!.userIds).toEqual(['first']);
  });
});
