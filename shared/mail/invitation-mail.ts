import type { Permission } from '../access/permissions.ts';
import { labelOf } from '../access/permissions.ts';
import type { MailTask } from './mail-task.ts';
import type { Admission } from '../accounts/admission.ts';
import type { Account } from '../accounts/people.ts';

/**
 * The mail to somebody who was given access to an account. An unused login without a password gets an invitation to
 * choose one; a login in use gets a notice of the new access. If the granter chose the password of a new login,
 * no mail is sent, as the granter passes it on in another way.
 */
export function accountInvitation(input: {
  admission: Admission;
  withPassword: boolean;
  account: Account;
  person: { name: string; contactId: string | null };
  permissions: readonly Permission[];
  by: string;
  portalUrl: string;
}): MailTask[] {
  const { admission, account, person, portalUrl } = input;
  if (admission.isNew && input.withPassword) return [];
  const { email } = admission.login;
  const common = { name: person.name, accountName: account.name };
  const permissions = input.permissions.map(labelOf);
  const setPasswordUrl = `${portalUrl}/set-password?email=${encodeURIComponent(email)}`;
  return [
    {
      kind: 'mail',
      template: admission.isUnused ? 'invitation' : 'access-given',
      accountId: account.id,
      mailKind: 'general',
      audience: { kind: 'person', email, name: person.name, contactId: person.contactId },
      data: admission.isUnused
        ? { ...common, invitedBy: input.by, permissions, setPasswordUrl }
        : { ...common, givenBy: input.by, permissions, portalUrl },
      thread: null,
      inReplyTo: null,
    },
  ];
}
