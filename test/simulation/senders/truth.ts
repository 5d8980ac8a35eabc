import { domainOf, mailbox } from './cast.ts';
import type { Letter } from './letter.ts';
import { namesUs } from './letter.ts';

/** What an account has recorded of somebody. */
export interface TrueContact {
  id: string;
  address: string;
  support: boolean;
  /** Its holder pressed yes for this account, or accepted an invitation of it. */
  proven: boolean;
  /** Has an accepted login, and may read all tickets. */
  reads: boolean;
}

export interface TrueAccount {
  id: string;
  ownerId: string;
  owner: string;
  ownerWantsSupport: boolean;
  contacts: Map<string, TrueContact>;
}

export interface TrueTicket {
  id: string;
  number: string;
  accountId: string;
  opener: string;
  openedByOwner: boolean;
  openerContact: string | null;
  /** With the contact that each address was when it was copied. */
  cc: Map<string, string | null>;
  left: Set<string>;
  /** Who has a message in it. */
  wrote: Set<string>;
}

/** How surely an account knows an address; from `claimed` on it decides nothing. */
const ranks = ['owner', 'login', 'proven', 'organisation', 'claimed'] as const;
type Rank = (typeof ranks)[number];

/** Domains whose mailboxes are anybody's. */
const publicDomains = new Set(['fastmail.com', 'gmail.com']);
const strangersPerDay = 4;
const mostCopied = 20;
const oldestCopyMs = 7 * 24 * 3600 * 1000;

export const limits = {
  strangersPerDay,
  hourly: 10,
  questionsPerDay: 3,
  unbelievedPerDay: 2,
  answerHours: 3,
  unprovenFromAccount: 20,
  unprovenInAll: 50,
};

/** Who somebody really is where, in words of the contract and not by the portal's rules. */
export class Truth {
  readonly accounts = new Map<string, TrueAccount>();
  readonly tickets = new Map<string, TrueTicket>();
  readonly dead = new Set<string>();
  readonly doubted = new Set<string>();
  /** How many mails of a day went to a stranger in copy, from an account and from all. */
  readonly #mailed = new Map<string, number>();
  /** The strangers that an account wrote to on a day, as mailboxes. */
  readonly #strangers = new Map<string, Set<string>>();

  rankIn(account: TrueAccount, address: string): Rank | null {
    if (account.owner === address) return 'owner';
    const contact = account.contacts.get(address);
    if (!contact) return null;
    if (contact.reads) return 'login';
    if (contact.proven) return 'proven';
    return this.#isOfOrganisation(account, address) ? 'organisation' : 'claimed';
  }

  #isOfOrganisation({ owner }: TrueAccount, address: string): boolean {
    const domain = domainOf(owner);
    if (domain !== domainOf(address) || publicDomains.has(domain)) return false;
    return [...this.accounts.values()].every(
      (other) => other.owner === owner || domainOf(other.owner) !== domain,
    );
  }

  /** The accounts that may make a ticket of an address's mail: those that know it best. */
  homesOf(address: string): string[] {
    const known = [...this.accounts.values()].flatMap((account) => {
      const rank = this.rankIn(account, address);
      return rank === null || rank === 'claimed' ? [] : [{ id: account.id, rank: ranks.indexOf(rank) }];
    });
    const best = Math.min(...known.map(({ rank }) => rank));
    return known.filter(({ rank }) => rank === best).map(({ id }) => id);
  }

  isKnown(address: string): boolean {
    return [...this.accounts.values()].some((account) => this.rankIn(account, address) !== null);
  }

  /** Whether something of its own has shown the address somewhere. */
  isProven(address: string): boolean {
    return [...this.accounts.values()].some((account) =>
      ['owner', 'login', 'proven'].includes(this.rankIn(account, address) ?? ''),
    );
  }

  readsAll(account: TrueAccount, address: string): boolean {
    return account.owner === address || account.contacts.get(address)?.reads === true;
  }

  takesPart(ticket: TrueTicket, address: string): boolean {
    const account = this.accounts.get(ticket.accountId)!;
    const contact = account.contacts.get(address);
    const copied = ticket.cc.get(address);
    if (copied !== undefined && (copied === null || copied === contact?.id)) return true;
    if (this.readsAll(account, address)) return true;
    if (contact && ticket.openerContact === contact.id) return true;
    return ticket.openedByOwner && contact?.support === true;
  }

  /** Who gets a reply, its author apart. */
  readersOf(ticket: TrueTicket): Set<string> {
    const account = this.accounts.get(ticket.accountId)!;
    const contacts = [...account.contacts.values()];
    const isThere = (id: string) => contacts.some((contact) => contact.id === id);
    const readers = new Set<string>();
    if (ticket.openedByOwner) {
      readers.add(account.owner);
      for (const { address, support } of contacts) if (support) readers.add(address);
    } else {
      if (isThere(ticket.openerContact!)) readers.add(ticket.opener);
      if (account.ownerWantsSupport) readers.add(account.owner);
    }
    for (const [address, contact] of ticket.cc)
      if (contact === null || isThere(contact)) readers.add(address);
    return new Set([...readers].filter((each) => !this.dead.has(each) && !ticket.left.has(each)));
  }

  /** Whether a letter may bring the people of its Cc into a ticket, in which it is. */
  mayCopy(letter: Letter, ticket: TrueTicket, now: Date): boolean {
    const account = this.accounts.get(ticket.accountId)!;
    const { from } = letter;
    const isOfAccount = this.rankIn(account, from) !== null;
    const isTheirs = letter.believed && letter.signed && isOfAccount;
    const maySay = from === ticket.opener || this.readsAll(account, from);
    const isRecent = Math.abs(now.getTime() - letter.writtenAt.getTime()) <= oldestCopyMs;
    const byNumberAlone = letter.answers?.by === 'subject' && letter.answers.ticketId === ticket.id;
    return isTheirs && maySay && namesUs(letter) && isRecent && !byNumberAlone;
  }

  /** Copies people into a ticket; says whether the account's strangers of the day allow that. */
  copy(ticket: TrueTicket, addresses: readonly string[], now: Date): boolean {
    const account = this.accounts.get(ticket.accountId)!;
    const day = this.#strangersOf(account, now);
    for (const address of addresses) {
      ticket.cc.set(address, account.contacts.get(address)?.id ?? null);
      if (this.rankIn(account, address) === null) day.add(mailbox(address));
    }
    return day.size <= strangersPerDay;
  }

  /**
   * Whether somebody whom nothing has shown in the account is in a ticket by somebody else's word alone: so many mails a
   * day they get and no more. Who opened it or wrote in it, or wants that kind of mail, asked for its mail.
   */
  isOnlyCopied(ticket: TrueTicket, address: string): boolean {
    const account = this.accounts.get(ticket.accountId)!;
    const isShown = ['owner', 'login', 'proven'].includes(this.rankIn(account, address) ?? '');
    const wantsIt = ticket.openedByOwner && account.contacts.get(address)?.support === true;
    const asked = ticket.opener === address || ticket.wrote.has(address) || wantsIt;
    return ticket.cc.has(address) && !isShown && !asked;
  }

  /** Counts a mail to an address, by its day; says whether one more may go there. */
  mailed({ accountId }: Pick<TrueTicket, 'accountId'>, address: string, now: Date, count: 0 | 1): boolean {
    const day = `${now.toISOString().slice(0, 10)} ${mailbox(address)}`;
    const [own, all] = [`${day} ${accountId}`, day].map((key) => {
      const after = (this.#mailed.get(key) ?? 0) + count;
      this.#mailed.set(key, after);
      return after;
    });
    return own! + 1 - count <= limits.unprovenFromAccount && all! + 1 - count <= limits.unprovenInAll;
  }

  /** Whether all of these have room in a ticket today. */
  hasRoom(ticket: TrueTicket, addresses: readonly string[], now: Date): boolean {
    const account = this.accounts.get(ticket.accountId)!;
    const strangers = addresses.filter((address) => this.rankIn(account, address) === null);
    const after = new Set([...this.#strangersOf(account, now), ...strangers.map(mailbox)]);
    return after.size <= strangersPerDay && ticket.cc.size + addresses.length <= mostCopied;
  }

  #strangersOf({ id }: TrueAccount, now: Date): Set<string> {
    const key = `${id} ${now.toISOString().slice(0, 10)}`;
    const known = this.#strangers.get(key) ?? new Set();
    this.#strangers.set(key, known);
    return known;
  }
}
