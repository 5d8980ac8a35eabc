import { deadRow } from '../../../shared/mail/delivery/dead-addresses.ts';
import type { Contact } from '../../../shared/accounts/people.ts';
import type { Ticket } from '../../../shared/tickets/ticket.ts';
import { type Action, free, type Item, type Key, keyOf } from '../../../shared/table/table.ts';
import type { Letter, Way } from './letter.ts';
import type { Sabotage, SendersWorld } from './senders-world.ts';
import { limits } from './truth.ts';

type Verdicts = Way['verdicts'];

/** The receiver says another verdict than it does where one is this. */
const judged = (
  check: keyof Verdicts,
  said: string,
  instead: Verdicts,
  more: Partial<Way> = {},
): Sabotage => ({
  way: (way) =>
    way.verdicts[check] === said ? { ...way, ...more, verdicts: { ...way.verdicts, ...instead } } : way,
});

/** Copies of letters that travel otherwise. */
const travelling = (change: (way: Way, letter: Letter) => Partial<Way>): Sabotage => ({
  way: (way, letter) => ({ ...way, ...change(way, letter) }),
});

/** Rows that are written otherwise, or (null) not at all. */
const written = (
  matches: (key: Key) => boolean,
  change: (put: Item, world: SendersWorld) => Record<string, unknown> | null,
): Sabotage => ({
  transact: (actions, world) =>
    actions.flatMap((action): Action[] => {
      if (!('put' in action) || !matches(action.put)) return [action];
      const changed = change(action.put, world);
      return changed === null ? [] : [{ ...action, put: { ...action.put, ...changed } }];
    }),
});

/** Rows that are not written, and conditions on them that hold whatever is so. */
const unwritten = (...prefixes: string[]): Sabotage => ({
  transact: (actions) =>
    actions.filter((action) => !prefixes.some((prefix) => keyOf(action).pk.startsWith(prefix))),
});

const isTicket = ({ pk, sk }: Key) => pk.startsWith('ACCOUNT#') && sk.startsWith('TICKET#');
const isContact = ({ sk }: Key) => sk.startsWith('CONTACT#');

/** What contacts read as. */
const contacts = (change: (contact: Contact, world: SendersWorld) => Partial<Contact>): Sabotage => ({
  got: (item, key, world) =>
    item && isContact(key) ? { ...item, ...change(item as unknown as Contact, world) } : item,
});

/** Tickets as inbound mail finds them. */
const ticketsFound = (change: (ticket: Ticket, letter: Letter) => Partial<Ticket>): Sabotage => ({
  inbound: ({ tickets }, world) => ({
    tickets: {
      ...tickets,
      locate: async (id) => {
        const ticket = await tickets.locate(id);
        const { handling } = world();
        return ticket && handling ? { ...ticket, ...change(ticket, handling) } : ticket;
      },
    },
  }),
});

const copiedAnyway = (may: (letter: Letter) => boolean): Sabotage =>
  written(isTicket, (put, { handling }) => {
    const cc = put['cc'] as Ticket['cc'];
    if (!handling || !may(handling)) return {};
    const missing = handling.cc.filter((email) => !cc.some((copied) => copied.email === email));
    return { cc: [...cc, ...missing.map((email) => ({ email, contactId: null }))] };
  });

const asTheirs: Partial<Verdicts> = { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' };

/** Each guard with a seed that misses it. */
export const sabotages: Record<string, { seed: number; sabotage: Sabotage }> = {
  // Belief.
  'a DMARC that fails is taken for one that passes': { seed: 3, sabotage: judged('dmarc', 'FAIL', asTheirs) },
  'SPF of any domain shows From': {
    seed: 2,
    sabotage: { way: (way, { from }) => (way.verdicts.dmarc === 'GRAY' ? { ...way, envelope: from } : way) },
  },
  'a signature of any domain shows From': {
    seed: 2,
    sabotage: { way: (way) => ({ ...way, signer: undefined }) },
  },
  'a DMARC that could not be processed is taken for no record': {
    seed: 2,
    sabotage: judged('dmarc', 'PROCESSING_FAILED', { dmarc: 'GRAY', spf: 'PASS' }),
  },
  'a verdict that is missing is none against it': {
    seed: 2,
    sabotage: { way: (way) => ({ ...way, leftOut: undefined }) },
  },
  'DMARC passes where neither SPF nor DKIM does': {
    seed: 3,
    sabotage: judged('dmarc', 'PASS', { spf: 'PASS' }),
  },
  'the first of several From counts': {
    seed: 1,
    sabotage: travelling(({ from }) => (from ? { from: [from[0]!.split(',')[0]!] } : {})),
  },
  'a network that several clients share is one sender’s': {
    seed: 2,
    sabotage: { settings: { 'mail.sharedNetworks': [] } },
  },
  'what a sender writes as the receiver counts': {
    seed: 2,
    sabotage: {
      handed: (raw, { mail }) =>
        raw.includes('%ID%')
          ? raw.slice(raw.indexOf('Return-Path: <x@evil.test>', 1)).replace('%ID%', mail.messageId)
          : raw,
    },
  },
  'a name that reads as a result is one': {
    seed: 3,
    sabotage: travelling(({ helo }) => (helo ? { helo: 'mx.evil.test', signer: undefined } : {})),
  },
  'domains under one that several share are one organisation': {
    seed: 5,
    sabotage: travelling(({ envelope }) =>
      envelope.endsWith('.github.io') ? { envelope: 'x@tom.github.io' } : {},
    ),
  },
  // Taking part, and who is brought in.
  'whoever knows of a ticket takes part in it': {
    seed: 2,
    sabotage: ticketsFound(({ cc }, { from }) => ({ cc: [...cc, { email: from, contactId: null }] })),
  },
  'a CC is taken from whoever takes part': {
    seed: 2,
    sabotage: copiedAnyway(({ believed, signed }) => believed && signed),
  },
  'a CC is taken where SPF alone shows From': {
    seed: 4,
    sabotage: travelling(({ believed, signed }) => (believed && !signed ? { verdicts: asTheirs } : {})),
  },
  'a CC is taken of mail that its holder pressed yes to': {
    seed: 6,
    sabotage: copiedAnyway(({ confirmed }) => confirmed),
  },
  // Counting.
  'mails of a day to strangers in copy are not counted': { seed: 8, sabotage: unwritten('MAILS#') },
  'strangers in copy are not counted': { seed: 2, sabotage: unwritten('STRANGERS#') },
  'messages of an hour are not counted': { seed: 1, sabotage: unwritten('MAIL-FROM#') },
  'answers to strangers are not counted': { seed: 10, sabotage: unwritten('ANSWERS#') },
  'an account has ever more strangers': {
    seed: 2,
    sabotage: { settings: { 'mail.strangersPerDay': 1000 } },
  },
  // Questions.
  'questions to an address are not counted': { seed: 16, sabotage: unwritten('QUESTIONS#') },
  'forgers may use up the questions of a day': {
    seed: 16,
    sabotage: {
      inbound: ({ questions }) => ({
        questions: {
          ...questions,
          mayAsk: async (email, now) => {
            const { first } = await questions.mayAsk(email, now);
            return { first, unbelieved: first };
          },
        },
      }),
      transact: (actions) =>
        actions.map((action) => {
          const isCount = 'update' in action && action.update.pk.startsWith('QUESTIONS#');
          return isCount ? { ...action, when: free('count', limits.questionsPerDay) } : action;
        }),
    },
  },
  'an address is everybody’s in a domain with several owners': {
    seed: 1,
    sabotage: { found: (item, [first]) => !item.pk.startsWith('ORGANISATION#') || item === first },
  },
  'a no counts as a yes': {
    seed: 3,
    sabotage: contacts(({ email }, { portal }) => {
      const said = [...portal.table.each()].some(
        ({ pk, sk, state }) => pk === `EMAIL#${email}` && sk.startsWith('CLAIM#') && state === 'declined',
      );
      return said ? { proven: true } : {};
    }),
  },
  'a yes for one account counts in every other': {
    seed: 8,
    sabotage: {
      transact: (actions, { portal }) => {
        const shown = actions.flatMap((action) =>
          'put' in action && isContact(action.put) && action.put['proven'] === true ? [action.put] : [],
        );
        const others = [...portal.table.each()].filter(
          (row) => isContact(row) && shown.some(({ email, pk }) => email === row['email'] && pk !== row.pk),
        );
        return [...actions, ...others.map((row) => ({ put: { ...row, proven: true } }))];
      },
    },
  },
  'what staff let in is its From’s': {
    seed: 4,
    sabotage: written(
      ({ sk }) => sk.startsWith('MESSAGE#'),
      ({ author, via }, { handling }) =>
        handling && via === 'email' && (author as { kind: string }).kind === 'staff'
          ? { author: { kind: 'contact', name: 'Somebody', email: handling.from } }
          : {},
    ),
  },
  'a contact’s address is theirs because an account says so': {
    seed: 1,
    sabotage: contacts(() => ({ proven: true })),
  },
  'a no is asked about again': {
    seed: 3,
    sabotage: written(
      ({ sk }) => sk.startsWith('CLAIM#'),
      ({ state }) => (state === 'declined' ? { state: 'shown' } : {}),
    ),
  },
  'what nobody answers waits for ever': {
    seed: 3,
    sabotage: written(
      ({ pk }) => pk.startsWith('QUESTION#'),
      () => ({ gsi1pk: undefined, gsi1sk: undefined }),
    ),
  },
  'what nobody wants of strangers waits for ever': {
    seed: 3,
    sabotage: written(
      ({ pk }) => pk.startsWith('MAIL-IN#'),
      () => ({ gsi3pk: undefined, gsi3sk: undefined }),
    ),
  },
  // Dead addresses.
  'an address dies by mail that went to several': {
    seed: 7,
    sabotage: {
      mailEvents: ({ sentMessages }) => ({
        sentMessages: {
          ...sentMessages,
          find: async (id) => {
            const sent = await sentMessages.find(id);
            return sent && { ...sent, destinations: sent.destinations.slice(0, 1) };
          },
        },
      }),
    },
  },
  'an event about mail that never left counts': {
    seed: 23,
    sabotage: {
      mailEvents: ({ sentMessages }) => ({
        sentMessages: {
          ...sentMessages,
          find: async (id) =>
            (await sentMessages.find(id)) ?? {
              messageId: id,
              destinations: ['jane@acme.test'],
              accountId: null,
            },
        },
      }),
    },
  },
  'an event counts each time that it is told': {
    seed: 2,
    sabotage: {
      mailEvents: ({ sentMessages }) => ({ sentMessages: { ...sentMessages, isHeard: async () => false } }),
      transact: (actions) => actions.filter((action) => !keyOf(action).sk.startsWith('HEARD#')),
    },
  },
  'a notice by mail marks its address': {
    seed: 1,
    sabotage: {
      transact: (actions, { handling, now }) => {
        const named = handling?.machine === 'report' ? /rfc822; (\S+)/.exec(handling.text)?.[1] : undefined;
        const mark = { address: named ?? '', at: now.toISOString(), reason: 'by mail' };
        return named ? [...actions, { put: { ...keyed(mark), ...mark } }] : [...actions];
      },
    },
  },
  'mail that nobody believes lifts a mark': {
    seed: 2,
    sabotage: {
      transact: (actions, { handling }) =>
        handling && !handling.believed
          ? [...actions, { delete: { pk: `EMAIL#${handling.from}`, sk: 'BOUNCED' } }]
          : [...actions],
    },
  },
  'mail goes to the dead': {
    seed: 9,
    sabotage: {
      outbox: ({ deadAddresses }) => ({
        deadAddresses: {
          ...deadAddresses,
          standing: async (emails) => ({ ...(await deadAddresses.standing(emails)), dead: new Map() }),
        },
      }),
    },
  },
  'an address in doubt gets its mail with others': {
    seed: 8,
    sabotage: {
      outbox: ({ deadAddresses }) => ({
        deadAddresses: {
          ...deadAddresses,
          standing: async (emails) => ({ ...(await deadAddresses.standing(emails)), doubted: new Set() }),
        },
      }),
    },
  },
  'whoever left a ticket gets its mail': {
    seed: 5,
    sabotage: written(isTicket, () => ({ left: [] })),
  },
  'who wrote a reply gets it': {
    seed: 4,
    sabotage: written(
      ({ pk }) => pk.startsWith('OUTBOX#'),
      ({ task }) => {
        const { template, audience } = task as { template?: string; audience: object };
        return template === 'ticket-reply'
          ? { task: { ...(task as object), audience: { ...audience, author: null } } }
          : {};
      },
    ),
  },
  'all contacts of an account read its tickets': {
    seed: 2,
    sabotage: {
      outbox: ({ people }) => ({
        people: {
          ...people,
          mailList: async (id) => {
            const { items } = await people.contacts(id, { limit: 100, after: undefined });
            return items.map(({ id: contactId, email, name }) => ({
              contactId,
              email,
              name,
              expiresAtSeconds: null,
            }));
          },
        },
      }),
    },
  },
  // Machines.
  'what runs by itself is not stilled': { seed: 7, sabotage: written(isTicket, () => ({ runs: {} })) },
  'what answers by itself is taken for a person': {
    seed: 4,
    sabotage: { handed: (raw) => raw.replace(/^Auto-Submitted: .*\r\n/m, '') },
  },
  'what a list hands on is taken for its author’s': {
    seed: 2,
    sabotage: { handed: (raw) => raw.replace(/^List-Id: .*\r\nPrecedence: .*\r\n/m, '') },
  },
  // Copies.
  'the same message again is another': {
    seed: 1,
    sabotage: { handed: (raw, { mail }) => raw.replace('<letter-', `<${mail.messageId}-letter-`) },
  },
  'each copy of a message acts': {
    seed: 1,
    sabotage: {
      inbound: ({ mails }) => ({ mails: { ...mails, copyInTicket: async () => undefined } }),
      transact: (actions) => actions.filter((action) => !keyOf(action).sk.startsWith('ACTS#')),
    },
  },
};

function keyed(mark: { address: string; at: string; reason: string }): Key {
  const row = deadRow(mark, undefined);
  return keyOf(row);
}
