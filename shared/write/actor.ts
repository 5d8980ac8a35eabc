import type { Caller } from '../access/caller.ts';
import type { Authority } from '../access/decide.ts';

/** Who did something, as shown in the activity log and in tickets. */
export interface Actor {
  kind: 'owner' | 'contact' | 'main-account' | 'staff' | 'guest' | 'system';
  id: string;
  name: string;
}

export const systemActor: Actor = { kind: 'system', id: 'system', name: 'The portal' };

export function actorOf(caller: Caller, authority: Authority): Actor {
  const { userId, name } = caller;
  switch (authority.kind) {
    case 'staff':
      return { kind: 'staff', id: userId, name };
    case 'main-account':
      return { kind: 'main-account', id: authority.grant.contactId ?? userId, name };
    case 'member': {
      const { contactId } = authority.grant;
      return contactId === null
        ? { kind: 'owner', id: userId, name }
        : { kind: 'contact', id: contactId, name };
    }
    case 'signed-in':
      return { kind: 'owner', id: userId, name };
  }
}
