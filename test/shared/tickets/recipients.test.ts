import { describe, expect, test } from 'vitest';
import { type TicketPeople, ticketRecipients } from '../../../shared/tickets/recipients.ts';

/**
 * The whole table of who gets a ticket's mail, generated: opener × author × preferences × linked × hidden × CC.
 * What is expected is told by rules about one person at a time ("may this person get it?"), the other way round
 * from the code, which collects lists.
 */
const owner = { name: 'Olive', email: 'owner@acme.test' };
const opener = { name: 'Carl', email: 'carl@acme.test' };
const supporter = { name: 'Sue', email: 'sue@acme.test' };
const bystander = { name: 'Bo', email: 'bo@acme.test' };
const mainOwner = { name: 'Mia', email: 'mia@main.test' };
const copied = { name: '', email: 'copied@elsewhere.test' };
const guest = { name: 'Gus', email: 'gus@nowhere.test' };
const staff = 'sally@provider.test';
const everybody = [owner, opener, supporter, bystander, mainOwner, copied, guest];

const openers = ['contact', 'owner', 'guest'] as const;
const authors = [
  null,
  staff,
  owner.email,
  opener.email,
  supporter.email,
  mainOwner.email,
  copied.email,
  guest.email,
];
const flags = [true, false];

interface Case {
  openedBy: (typeof openers)[number];
  author: string | null;
  ownerWants: boolean;
  openerSupports: boolean;
  openerRemains: boolean;
  copyContacts: boolean;
  managed: boolean;
  hidden: boolean;
  withCopy: boolean;
  bounced: string | null;
}

function* cases(): Generator<Case> {
  for (const openedBy of openers)
    for (const author of authors)
      for (const ownerWants of flags)
        for (const openerSupports of flags)
          for (const openerRemains of flags)
            for (const copyContacts of flags)
              for (const managed of flags)
                for (const hidden of flags)
                  for (const withCopy of flags)
                    for (const bounced of [null, owner.email, opener.email, copied.email])
                      yield {
                        openedBy,
                        author,
                        ownerWants,
                        openerSupports,
                        openerRemains,
                        copyContacts,
                        managed,
                        hidden,
                        withCopy,
                        bounced,
                      };
}

/** The rule of each person, in the words of the rule book. */
function mayGet(email: string, it: Case): boolean {
  if (email === it.author || email === it.bounced) return false;
  if (it.withCopy && email === copied.email) return true;
  if (it.openedBy === 'guest') return email === guest.email;
  if (email === mainOwner.email) return it.managed && !it.hidden;
  if (it.openedBy === 'contact') {
    if (email === opener.email) return it.openerRemains;
    return email === owner.email && it.ownerWants;
  }
  // The owner's own ticket: the switch spares them nothing here.
  if (email === owner.email) return true;
  if (!it.copyContacts) return false;
  return email === supporter.email || (email === opener.email && it.openerSupports);
}

function peopleOf(it: Case): TicketPeople {
  const byKind = { contact: opener, owner, guest };
  return {
    opener: { kind: it.openedBy, ...byKind[it.openedBy] },
    openerRemains: it.openerRemains,
    author: it.author,
    owner: { ...owner, wantsSupport: it.ownerWants },
    supportContacts: it.openerSupports ? [supporter, opener] : [supporter],
    copyContactsOnOwnersTickets: it.copyContacts,
    mainOwner: it.managed && !it.hidden ? mainOwner : null,
    cc: it.withCopy ? [copied] : [],
    bounced: new Set(it.bounced === null ? [] : [it.bounced]),
  };
}

describe('who gets a ticket’s mail', () => {
  test('is exactly whom the rules name, in every case', () => {
    let count = 0;
    for (const it of cases()) {
      const { to, cc } = ticketRecipients(peopleOf(it));
      const got = [...(to ? [to] : []), ...cc].map((person) => person.email).toSorted();
      const expected = everybody.map((person) => person.email).filter((email) => mayGet(email, it));
      expect({ it, got }).toEqual({ it, got: expected.toSorted() });
      count++;
    }
    expect(count).toBe(3 * 8 * 2 ** 7 * 4);
  });

  test('has the opener in To, and the owner there where the opener wrote', () => {
    const base = peopleOf({
      openedBy: 'contact',
      author: staff,
      ownerWants: true,
      openerSupports: false,
      openerRemains: true,
      copyContacts: true,
      managed: false,
      hidden: false,
      withCopy: true,
      bounced: null,
    });
    expect(ticketRecipients(base).to?.email).toBe(opener.email);
    expect(ticketRecipients({ ...base, author: opener.email }).to?.email).toBe(owner.email);
  });

  test('never names an address twice, however it is spelled', () => {
    const people = peopleOf({
      openedBy: 'owner',
      author: null,
      ownerWants: true,
      openerSupports: true,
      openerRemains: true,
      copyContacts: true,
      managed: true,
      hidden: false,
      withCopy: true,
      bounced: null,
    });
    const shouting = { name: 'Sue', email: 'SUE@Acme.Test' };
    const { to, cc } = ticketRecipients({ ...people, cc: [shouting, ...people.cc, ...people.cc] });
    const got = [...(to ? [to] : []), ...cc].map((person) => person.email.toLowerCase());
    expect(new Set(got).size).toBe(got.length);
  });
});
