import type { Permission } from '../../access/permissions.ts';
import { labelOf, labelPhrase, permissionKeys } from '../../access/permissions.ts';
import type { Admission } from '../../accounts/logins/admission.ts';
import { rolePhrase, type StaffRole, staffRoles } from '../../access/staff.ts';
import { type Account, type Login, ownName } from '../../accounts/people.ts';
import { firstSpoken } from '../../language/choose.ts';
import type { MailTask } from '../mail-task.ts';
import { ownerPlace, staffPlace } from './signed-link.ts';

/**
 * The mail that asks a person to accept a membership, with one link. An unproven login chooses its password on the page
 * behind it. Nothing where somebody else chose the password of a new login and tells the person in another way.
 */
export function accountInvitation(input: {
  admission: Admission;
  account: Pick<Account, 'id' | 'name'>;
  person: { name: string; contactId: string | null };
  permissions: readonly Permission[];
  by: string;
}): MailTask[] {
  const { admission, account, person, by } = input;
  if (admission.invitation === undefined) return [];
  return [invitationMail({ login: admission.login, account, person, permissions: input.permissions, by })];
}

export function invitationMail(input: {
  login: Admission['login'];
  account: Pick<Account, 'id' | 'name'>;
  person: { name: string; contactId: string | null };
  permissions: readonly Permission[];
  by: string;
}): MailTask {
  const { login, account, person, by } = input;
  const data = { name: person.name, accountName: account.name, permissions: input.permissions.map(labelOf) };
  return {
    kind: 'mail',
    template: login.proven ? 'access-given' : 'invitation',
    accountId: account.id,
    mailKind: 'general',
    audience: { kind: 'person', email: login.email, name: person.name, contactId: person.contactId },
    words: { permissions: input.permissions.map(labelPhrase) },
    data: login.proven ? { ...data, givenBy: by } : { ...data, invitedBy: by },
    invitation: { userId: login.userId, accountId: account.id },
    thread: null,
    inReplyTo: null,
  };
}

/** The mail that asks a person to own an account. */
export function ownerInvitation(input: {
  login: Admission['login'];
  account: Pick<Account, 'id' | 'name'>;
  /** As staff call the person, until they say their own name. */
  name: string;
  by: string;
}): MailTask {
  const { login, account, by } = input;
  const person = { name: ownName(login) ?? input.name, contactId: null };
  const mail = invitationMail({ login, account, person, permissions: permissionKeys, by });
  return { ...mail, invitation: { userId: login.userId, accountId: ownerPlace(account.id) } };
}

/** The mail that asks a person to work among the provider's staff. */
export function staffInvitation(input: {
  login: Pick<Login, 'userId' | 'email' | 'language'>;
  name: string;
  roles: readonly StaffRole[];
  by: string;
}): MailTask {
  const { login, name, roles, by } = input;
  return {
    kind: 'mail',
    template: 'staff-invitation',
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'person', email: login.email, name, contactId: null },
    language: firstSpoken(login.language),
    data: { name, invitedBy: by, roles: roles.map((key) => staffRoles[key].label) },
    words: { roles: roles.map(rolePhrase) },
    invitation: { userId: login.userId, accountId: staffPlace },
    thread: null,
    inReplyTo: null,
  };
}
