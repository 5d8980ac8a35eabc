import type { Context, Operations } from './context.ts';
import { checkPolicy, randomPassword } from './passwords.ts';
import {
  attributeList,
  CognitoError,
  flag,
  type Input,
  invalidParameter,
  optionalText,
  page,
  text,
  textMap,
} from './protocol.ts';
import { secretOf } from './sign-in/password.ts';
import type { User } from './state.ts';
import { mailUser } from './triggers/mail.ts';
import type { Metadata } from './triggers/triggers.ts';

export function checkPool(context: Context, input: Input): void {
  const id = text(input, 'UserPoolId');
  if (id !== context.userPoolId) {
    throw new CognitoError('ResourceNotFoundException', `User pool ${id} does not exist.`);
  }
}

function temporaryUntil(context: Context, now: Date): number {
  const { TemporaryPasswordValidityDays: days = 7 } = context.passwordPolicy;
  return now.getTime() + days * 86_400_000;
}

/** The user an Admin call is about, by username or verified e-mail. */
export function adminUser(context: Context, input: Input): User {
  checkPool(context, input);
  return context.state.existing(text(input, 'Username'));
}

const seconds = (at: number): number => at / 1000;

export const attributesOf = (user: User): { Name: string; Value: string }[] => [
  ...Object.entries(user.attributes).map(([Name, Value]) => ({ Name, Value })),
  { Name: 'sub', Value: user.sub },
];

/** The second factors of a user, in the words of GetUser and AdminGetUser. */
export function mfaOf({ totp }: User): object {
  if (!totp?.enabled) return {};
  const kind = 'SOFTWARE_TOKEN_MFA';
  return { UserMFASettingList: [kind], ...(totp.preferred ? { PreferredMfaSetting: kind } : {}) };
}

function profile(user: User): Record<string, unknown> {
  return {
    Username: user.username,
    UserCreateDate: seconds(user.createdAt),
    UserLastModifiedDate: seconds(user.modifiedAt),
    Enabled: user.enabled,
    UserStatus: user.status,
  };
}

async function invite(context: Context, user: User, password: string, metadata: Metadata): Promise<void> {
  const { email } = user.attributes;
  if (email === undefined) return;
  const mail = {
    to: email,
    subject: 'Your temporary password',
    text: `Your username is ${user.username} and temporary password is ${password}.`,
    source: 'AdminCreateUser',
    code: password,
  };
  await mailUser(context, user, mail, metadata);
}

async function adminCreateUser(context: Context, input: Input): Promise<object> {
  checkPool(context, input);
  const username = text(input, 'Username');
  const action = optionalText(input, 'MessageAction');
  const attributes = attributeList(input, 'UserAttributes');
  const password = optionalText(input, 'TemporaryPassword') ?? randomPassword(context.passwordPolicy);
  checkPolicy(password, context.passwordPolicy);
  const now = context.controls.now();
  const passwordExpiresAt = temporaryUntil(context, now);
  if (action === 'RESEND') {
    const user = context.state.existing(username);
    if (user.status !== 'FORCE_CHANGE_PASSWORD') {
      throw new CognitoError(
        'UnsupportedUserStateException',
        `Resend not possible. ${user.username} status is not FORCE_CHANGE_PASSWORD`,
      );
    }
    Object.assign(user, await secretOf(context, user.username, password), { passwordExpiresAt });
    context.state.voidHalfway(user);
    context.state.touch(user, now);
    await invite(context, user, password, textMap(input, 'ClientMetadata'));
    return { User: { ...profile(user), Attributes: attributesOf(user) } };
  }
  if (/^[^\s@]+@[^\s@]+$/.test(username)) {
    throw invalidParameter(
      'Username cannot be of email format, since user pool is configured for email alias.',
    );
  }
  if (!/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(username)) {
    throw invalidParameter(
      "1 validation error detected: Value at 'username' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+',
    );
  }
  const fields = { username, passwordExpiresAt, ...(await secretOf(context, username, password)) };
  const user = context.state.add(fields, attributes, now, flag(input, 'ForceAliasCreation'));
  if (action !== 'SUPPRESS') await invite(context, user, password, textMap(input, 'ClientMetadata'));
  return { User: { ...profile(user), Attributes: attributesOf(user) } };
}

async function adminSetUserPassword(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  const password = text(input, 'Password');
  const permanent = flag(input, 'Permanent');
  checkPolicy(password, context.passwordPolicy);
  Object.assign(user, await secretOf(context, user.username, password));
  const now = context.controls.now();
  user.status = permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
  user.passwordExpiresAt = permanent ? null : temporaryUntil(context, now);
  user.code = null;
  context.state.endSessions(user, 'stopRefreshing');
  context.state.touch(user, now);
  context.attempts.succeeded(user.sub);
  return {};
}

async function adminGetUser(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  return { ...profile(user), UserAttributes: attributesOf(user), ...mfaOf(user) };
}

async function adminUpdateUserAttributes(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  context.state.setAttributes(user, attributeList(input, 'UserAttributes'), context.controls.now());
  return {};
}

async function adminDisableUser(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  user.enabled = false;
  context.state.endSessions(user, 'revoke');
  context.state.touch(user, context.controls.now());
  return {};
}

async function adminEnableUser(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  user.enabled = true;
  context.state.touch(user, context.controls.now());
  return {};
}

async function adminDeleteUser(context: Context, input: Input): Promise<object> {
  context.state.remove(adminUser(context, input));
  return {};
}

async function adminUserGlobalSignOut(context: Context, input: Input): Promise<object> {
  context.state.endSessions(adminUser(context, input), 'revoke');
  return {};
}

/** Groups are created by the stack, not by calls. Where the pool's groups are unknown, every name is one. */
function groupOf(context: Context, input: Input): string {
  const group = text(input, 'GroupName');
  if (context.groups && !context.groups.includes(group)) {
    throw new CognitoError('ResourceNotFoundException', 'Group not found.');
  }
  return group;
}

async function adminAddUserToGroup(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  const group = groupOf(context, input);
  if (!user.groups.includes(group)) user.groups.push(group);
  context.state.touch(user, context.controls.now());
  return {};
}

async function adminRemoveUserFromGroup(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  const group = groupOf(context, input);
  user.groups = user.groups.filter((other) => other !== group);
  context.state.touch(user, context.controls.now());
  return {};
}

async function adminListGroupsForUser(context: Context, input: Input): Promise<object> {
  const user = adminUser(context, input);
  const { items, next } = page(user.groups, input.Limit, optionalText(input, 'NextToken'));
  const Groups = items.map((GroupName) => ({ GroupName, UserPoolId: context.userPoolId }));
  return next === undefined ? { Groups } : { Groups, NextToken: next };
}

/** The value that ListUsers compares for one name of its filter. */
function filterable(user: User, name: string): string {
  if (name === 'username') return user.username;
  if (name === 'sub') return user.sub;
  if (name === 'cognito:user_status') return user.status;
  if (name === 'status') return user.enabled ? 'Enabled' : 'Disabled';
  return user.attributes[name] ?? '';
}

function filterOf(filter: string | undefined): (user: User) => boolean {
  if (filter === undefined || filter.trim() === '') return () => true;
  const parts = /^\s*([a-z_:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter);
  const names =
    /^(username|sub|status|cognito:user_status|email|phone_number|name|given_name|family_name|preferred_username)$/;
  const [, name = '', operator = '', quoted = ''] = parts ?? [];
  if (!parts || !names.test(name)) throw invalidParameter('Error while parsing filter.');
  const wanted = quoted.replaceAll(/\\(.)/g, '$1').toLowerCase();
  return (user) => {
    const value = filterable(user, name).toLowerCase();
    return operator === '=' ? value === wanted : value.startsWith(wanted);
  };
}

async function listUsers(context: Context, input: Input): Promise<object> {
  checkPool(context, input);
  const found = context.state.all().filter(filterOf(optionalText(input, 'Filter')));
  const { items, next } = page(found, input.Limit, optionalText(input, 'PaginationToken'));
  const only = Array.isArray(input.AttributesToGet) ? (input.AttributesToGet as unknown[]) : null;
  const Users = items.map((user) => ({
    ...profile(user),
    Attributes: attributesOf(user).filter(({ Name }) => only === null || only.includes(Name)),
  }));
  return next === undefined ? { Users } : { Users, PaginationToken: next };
}

async function listUsersInGroup(context: Context, input: Input): Promise<object> {
  checkPool(context, input);
  const group = groupOf(context, input);
  const members = context.state.all().filter((user) => user.groups.includes(group));
  const { items, next } = page(members, input.Limit, optionalText(input, 'NextToken'));
  const Users = items.map((user) => ({ ...profile(user), Attributes: attributesOf(user) }));
  return next === undefined ? { Users } : { Users, NextToken: next };
}

export const adminOperations: Operations = {
  AdminCreateUser: adminCreateUser,
  AdminSetUserPassword: adminSetUserPassword,
  AdminGetUser: adminGetUser,
  AdminUpdateUserAttributes: adminUpdateUserAttributes,
  AdminDisableUser: adminDisableUser,
  AdminEnableUser: adminEnableUser,
  AdminDeleteUser: adminDeleteUser,
  AdminUserGlobalSignOut: adminUserGlobalSignOut,
  AdminAddUserToGroup: adminAddUserToGroup,
  AdminRemoveUserFromGroup: adminRemoveUserFromGroup,
  AdminListGroupsForUser: adminListGroupsForUser,
  ListUsers: listUsers,
  ListUsersInGroup: listUsersInGroup,
};
