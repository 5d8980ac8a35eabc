import type { RequestContext } from '../http/request.ts';
import type { Account } from '../accounts/people.ts';
import type { TicketOpener } from '../mail/mail-task.ts';

/** What the author of a message is called, by the right in which the request acts. */
export function authorKind({ actor }: RequestContext): 'owner' | 'contact' | 'main-account' | 'staff' {
  const { kind } = actor;
  return kind === 'staff' || kind === 'contact' || kind === 'main-account' ? kind : 'owner';
}

/** Whose ticket a client's is: the contact's who asks, the main account's person's, or the owner's. */
export function openerOf(
  { authority, caller, actor }: RequestContext,
  { owner }: Account,
): { opener: TicketOpener; openerId: string } {
  const { name, email } = caller;
  if (authority.kind === 'main-account') {
    const { contactId, accountId: mainAccountId } = authority.grant;
    return { opener: { kind: 'main-account', contactId, mainAccountId, name, email }, openerId: actor.id };
  }
  const contactId = authority.kind === 'member' ? authority.grant.contactId : null;
  if (contactId !== null) return { opener: { kind: 'contact', contactId, name, email }, openerId: actor.id };
  const { userId, ...person } = owner;
  return {
    opener: { kind: 'owner', contactId: null, name: person.name, email: person.email },
    openerId: userId,
  };
}
