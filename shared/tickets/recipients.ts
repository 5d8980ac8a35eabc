import type { TicketOpener } from '../mail/mail-task.ts';
import { normalAddress } from '../accounts/keys.ts';

export interface Person {
  name: string;
  email: string;
}

/** All that decides who gets a ticket's mail, as it is at the moment of sending. */
export interface TicketPeople {
  opener: Pick<TicketOpener, 'kind' | 'name' | 'email'>;
  /** Whether who opened it has a part in it still; true for owners and guests. */
  openerRemains: boolean;
  /** Who wrote what is being sent, by address; null where nobody is spared. */
  author: string | null;
  owner: Person & { wantsSupport: boolean };
  /** Contacts with `support` on. */
  supportContacts: readonly Person[];
  /** The setting `tickets.copyContactsOnOwnersTickets`. */
  copyContactsOnOwnersTickets: boolean;
  /** The main account's owner, while management is on and the ticket is not hidden from it. */
  mainOwner: Person | null;
  /** The ticket's CC list, without contacts that have been removed. */
  cc: readonly Person[];
  /** Addresses that bounced for good. */
  bounced: ReadonlySet<string>;
}

/** One message: the first in To, the others in Cc. */
export interface Recipients {
  to: Person | null;
  cc: Person[];
}

/**
 * Who gets a ticket's mail. A contact's ticket, or one from the main account, goes to that person and the owner and to no other contact; an
 * owner's to the owner and the contacts with `support` on; a guest's to the guest; in a linked account the main
 * account's owner too; and to the CC list. The owner's switch for `support` spares it all but its own tickets.
 * Never to the author, never twice to one address, never where mail bounced.
 */
export function ticketRecipients(people: TicketPeople): Recipients {
  const spared = new Set([...people.bounced].map(normalAddress));
  if (people.author !== null) spared.add(normalAddress(people.author));
  const chosen = new Map<string, Person>();
  for (const person of [...participants(people), ...people.cc]) {
    const address = normalAddress(person.email);
    if (!spared.has(address) && !chosen.has(address)) chosen.set(address, person);
  }
  const [to = null, ...cc] = chosen.values();
  return { to, cc };
}

/** In the order in which they stand in the message: the opener first, then the owner. */
function participants(people: TicketPeople): Person[] {
  const { opener, owner, mainOwner } = people;
  const main = mainOwner ? [mainOwner] : [];
  switch (opener.kind) {
    case 'guest':
      return [opener];
    case 'owner': {
      const contacts = people.copyContactsOnOwnersTickets ? people.supportContacts : [];
      return [owner, ...contacts, ...main];
    }
    case 'contact':
    case 'main-account': {
      const self = people.openerRemains ? [opener] : [];
      return [...self, ...(owner.wantsSupport ? [owner] : []), ...main];
    }
  }
}
