import { labelOf, labelPhrase } from '../access/permissions.ts';
import { type Contact, heldPermissions } from '../accounts/people.ts';
import type { RequestContext } from '../http/request.ts';
import type { MailTask } from './mail-task.ts';
import { byTheProvider } from './provider-word.ts';

/**
 * The mail to the owner about access that staff gave, changed or took; none about what the account's own people do. It
 * cannot be switched off.
 */
export function accessByStaff(
  context: Pick<RequestContext, 'authority' | 'providerName' | 'now'>,
  before: Contact | null,
  after: Contact | null,
): MailTask[] {
  const contact = after ?? before;
  if (context.authority.kind !== 'staff' || !contact) return [];
  const held = (of: Contact | null) => (of ? heldPermissions(of, context.now) : []);
  const { data, words } = byTheProvider(context);
  return [
    {
      kind: 'mail',
      template: 'access-by-staff',
      accountId: contact.accountId,
      mailKind: 'general',
      audience: { kind: 'owner' },
      data: {
        ...data,
        name: contact.name,
        email: contact.email,
        before: held(before).map(labelOf),
        after: held(after).map(labelOf),
      },
      words: { ...words, before: held(before).map(labelPhrase), after: held(after).map(labelPhrase) },
      thread: null,
      inReplyTo: null,
    },
  ];
}
