import type { AddressChange, Login } from '../../accounts/people.ts';
import { firstSpoken } from '../../language/choose.ts';
import type { MailTask } from '../mail-task.ts';
import type { TemplateName } from '../templates.ts';
import type { CodePurpose, MailedCode } from './code.ts';

const templates = {
  'prove-address': 'prove-address-code',
  'second-factor': 'second-factor-code',
  'new-address': 'new-address-code',
} as const satisfies Record<CodePurpose, TemplateName>;

/**
 * The mail with a code, in the language of whoever asked for it. It names nobody: what a person calls themselves is
 * nothing to send to an unproven address.
 */
export function codeMail(
  { id, purpose, userId, session, email }: MailedCode,
  { language }: Pick<Login, 'language'>,
): MailTask {
  const code = { id, purpose, userId, session };
  return { ...mailTo({ email, name: '', language }, templates[purpose], {}), code };
}

/** A mail that tells a person of a change of their login. It belongs to no account, and cannot be switched off. */
export function loginMail(login: Addressee, template: TemplateName, data: MailTask['data']): MailTask {
  return mailTo(login, template, { name: login.name, ...data });
}

/** The notice of a new address to the old one, with the link that stops it. */
export function addressChangeNotice(login: Login, { id: change, email }: AddressChange): MailTask {
  const { userId } = login;
  return {
    ...loginMail(login, 'address-changing', { newAddress: email }),
    addressChange: { userId, change },
  };
}

type Addressee = Pick<Login, 'email' | 'name'> & { language?: string | undefined };

function mailTo(
  { email, name, language }: Addressee,
  template: TemplateName,
  data: MailTask['data'],
): MailTask {
  return {
    kind: 'mail',
    template,
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'person', email, name, contactId: null },
    language: firstSpoken(language),
    data,
    thread: null,
    inReplyTo: null,
  };
}
