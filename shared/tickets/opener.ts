import type { RequestContext } from '../http/request.ts';
import type { Account } from '../accounts/people.ts';
import type { TicketOpener } from '../mail/mail-task.ts';

/** The author kind of a message, by the authority of the request. */
export function authorKind({ actor }: RequestContext): 'owner' | 'contact' | 'main-account' | 'staff' {
  const { kind } = actor;
  return kind === 'staff' || kind === 'contact' || kind === 'main-account' ? kind : 'owner';
}

/** The opener of a client's ticket: the calling contact, the calling person of the main account, or else the owner. */
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
