import type { Caller } from '../access/caller.ts';
import type { Authority } from '../access/decide.ts';

/** Who did something, as the activity log and tickets name them. */
export interface Actor {
  kind: 'owner' | 'contact' | 'staff' | 'guest' | 'system';
  id: string;
  name: string;
}

export const systemActor: Actor = { kind: 'system', id: 'system', name: 'The portal' };

export function actorOf(caller: Caller, authority: Authority): Actor {
  if (authority.kind === 'staff') return { kind: 'staff', id: caller.userId, name: caller.name };
  if (authority.kind === 'member' && authority.grant.contactId !== null) {
    return { kind: 'contact', id: authority.grant.contactId, name: caller.name };
  }
  return { kind: 'owner', id: caller.userId, name: caller.name };
}
