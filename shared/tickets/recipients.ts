import type { TicketOpener } from '../mail/mail-task.ts';
import { normalAddress } from '../accounts/keys.ts';

export interface Person {
  name: string;
  email: string;
}

/** Everything that decides who gets a ticket's mail, read at the moment of sending. */
export interface TicketPeople {
  opener: Pick<TicketOpener, 'kind' | 'name' | 'email'>;
  /** Whether the opener still has access to the ticket; true for owners and guests. */
  openerRemains: boolean;
  /** The address of the message's author, who gets no copy; null to exclude nobody. */
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
  /** Addresses that are dead. */
  bounced: ReadonlySet<string>;
}

/** One message: the first in To, the others in Cc. */
export interface Recipients {
  to: Person | null;
  cc: Person[];
}

export const peopleOf = ({ to, cc }: Recipients): Person[] => [...(to ? [to] : []), ...cc];

/**
 * The recipients of a ticket's mail, by its opener:
 * - a contact, or a person of the main account: the opener and the owner, and no other contact;
 * - the owner: the owner and the contacts with `support` on;
 * - a guest: the guest.
 *
 * In a linked account the main account's owner is added, and always the CC list. An owner with `support` off gets
 * only their own tickets. The author, duplicate addresses and bounced addresses are left out.
 */
export function ticketRecipients(people: TicketPeople): Recipients {
  const excluded = new Set([...people.bounced].map(normalAddress));
  if (people.author !== null) excluded.add(normalAddress(people.author));
  const byAddress = new Map<string, Person>();
  for (const person of [...participants(people), ...people.cc]) {
    const address = normalAddress(person.email);
    if (!excluded.has(address) && !byAddress.has(address)) byAddress.set(address, person);
  }
  const [to = null, ...cc] = byAddress.values();
  return { to, cc };
}

/** In the order of the message's recipients: the opener first, then the owner. */
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
