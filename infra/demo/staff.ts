import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { permissionsOfRoles, type StaffRole } from '../../shared/access/staff.ts';
import type { Authority } from '../../shared/access/decide.ts';
import type { Caller } from '../../shared/access/caller.ts';
import type { Login } from '../../shared/accounts/people.ts';
import { addressLoginRow, loginRow } from '../../shared/accounts/people-store.ts';
import { administratorsRow, staffRow, staffStore } from '../../shared/accounts/staff/staff-store.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { readSettings, settingsRow } from '../../shared/settings/settings.ts';
import type { Table } from '../../shared/table/table.ts';

interface StaffMember {
  userId: string;
  name: string;
  email: string;
  roles: StaffRole[];
}

const sally: StaffMember = {
  userId: 'staff-sally',
  name: 'Sally Staff',
  email: 'staff@portal.test',
  roles: ['administrator'],
};

/** An empty portal has an administrator, the demonstration two colleagues as well. */
export function staffOf(demo: boolean): StaffMember[] {
  if (!demo) return [sally];
  return [
    sally,
    { userId: 'staff-sam', name: 'Sam Support', email: 'support@staff.test', roles: ['support'] },
    { userId: 'staff-bella', name: 'Bella Billing', email: 'billing@staff.test', roles: ['billing'] },
  ];
}

/** Adds a proven member of staff with this password. */
export async function seedStaff(
  cloud: { table: Table; cognito: CognitoIdentityProviderClient; userPoolId: string; now: Date },
  { userId, name, email, roles }: StaffMember,
  password: string,
): Promise<void> {
  const { table, cognito, userPoolId: UserPoolId } = cloud;
  const user = { UserPoolId, Username: userId };
  const attributes = { email, email_verified: 'true', name };
  await cognito.send(
    new AdminCreateUserCommand({
      ...user,
      MessageAction: 'SUPPRESS',
      UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
    }),
  );
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
  const login: Login = {
    userId,
    name,
    email,
    staff: true,
    accounts: 0,
    lastSignInAt: null,
    proven: true,
    notBeforeSeconds: 0,
    version: '',
  };
  const member = { userId, email, roles, version: '', addedAt: toInstant(cloud.now) };
  const before = await staffStore(table).administrators();
  const administrators = [...(before?.userIds ?? []), userId];
  await table.transact([
    loginRow(login, 'new'),
    addressLoginRow(email, userId),
    staffRow(member, 'new'),
    ...(roles.includes('administrator') ? [administratorsRow(administrators, before)] : []),
  ]);
}

/** On one machine nobody has to have an authenticator: a portal that nobody has set up yet starts without. */
export async function withoutSecondFactor(table: Table): Promise<void> {
  const before = await readSettings(table);
  if (before.version !== null) return;
  await table.transact([settingsRow({ ...before.settings, 'staff.secondFactor': false }, before)]);
}

/** The administrator, by whose hand the demonstration's things are made. */
export function sallyAtWork(): { caller: Caller; authority: Authority } {
  const { userId, name, email, roles } = sally;
  const staff = { roles, version: '' };
  return {
    caller: { userId, name, email, staff, grants: [] },
    authority: { kind: 'staff', staff, permissions: permissionsOfRoles(roles) },
  };
}
