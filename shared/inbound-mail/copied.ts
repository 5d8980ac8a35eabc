import { normalAddress } from '../accounts/keys.ts';
import {
  type StrangersOfDay,
  strangerRows,
  strangersAmong,
  strangersLeft,
  strangersOfDay,
} from '../mail/limits/strangers.ts';
import { countedAddress } from '../mail/limits/counted-address.ts';
import type { InboundMessage } from '../mail/message/read-message.ts';
import type { Action } from '../table/table.ts';
import { type Copied, mostCopied, type Ticket } from '../tickets/ticket.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import type { MailFacts } from './facts/gather-facts.ts';
import { readsTickets } from './facts/sender-part.ts';

/** A CC list after a message, with the rows that count the strangers on it, and what is to be said of it. */
export interface ExtendedCc {
  cc: Copied[];
  actions: Action[];
  trace: string[];
}

const mostDays = 7;
const plain = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/;

/**
 * The ticket's CC list (`before` null: it is being opened) plus the addresses that the message copies: none of the
 * portal's own, 20 at most, and no more strangers than the account has left today. Only who opened the ticket, or may
 * read all of the account's, brings others in, by a message that is theirs beyond doubt.
 */
export async function extendedCc(
  { table, tickets }: InboundDependencies,
  accountId: string,
  message: InboundMessage,
  before: Ticket | null,
  facts: MailFacts,
  now: Date,
): Promise<ExtendedCc> {
  const { ownAddresses } = facts;
  const kept = before?.cc ?? [];
  const known = new Set([...kept.map((copied) => copied.email), message.from]);
  const added = [...new Set(message.cc.map(normalAddress))]
    .filter((email) => !known.has(email) && !isOwn(ownAddresses, email) && plain.test(email))
    .slice(0, Math.max(0, mostCopied - kept.length));
  if (added.length === 0) return { cc: kept, actions: [], trace: [] };
  const why = refusedBecause(accountId, message, before, facts, now);
  if (why !== null) return { cc: kept, actions: [], trace: [`its CC is left out: ${why}`] };
  const [strangers, day, copied] = await Promise.all([
    strangersAmong(table, accountId, added),
    strangersOfDay(table, facts.settings, accountId, now),
    tickets.toCopied(accountId, added),
  ]);
  const within = strangersWithin(day, strangers);
  const allowed = copied.filter(({ email }) => !strangers.includes(email) || within.includes(email));
  return {
    cc: [...kept, ...allowed],
    actions: strangerRows(day, within, now),
    trace:
      allowed.length === added.length
        ? []
        : [`${added.length - allowed.length} of its CC are left out: too many strangers today`],
  };
}

const isOwn = (ownAddresses: ReadonlySet<string>, email: string): boolean =>
  ownAddresses.has(email.replace(/\+[^@]*@/, '@'));

function refusedBecause(
  accountId: string,
  message: InboundMessage,
  before: Ticket | null,
  { known, ownAddresses, ticketFoundBy }: MailFacts,
  now: Date,
): string | null {
  const { belief, parts } = known;
  if (!belief.believed || belief.bySpfAlone) return 'no signature shows that it is from its From';
  const part = parts.find((each) => each.accountId === accountId);
  if (!part) return 'the sender is nobody of the account';
  const isOpener = before === null || normalAddress(before.opener.email) === message.from;
  if (!isOpener && !readsTickets(part, now))
    return 'the sender neither opened the ticket nor reads all of them';
  if (![...message.to, ...message.cc].some((email) => isOwn(ownAddresses, normalAddress(email)))) {
    return 'it names none of our addresses';
  }
  if (before !== null && ticketFoundBy === 'subject') return 'only a number in its subject names the ticket';
  const age = message.sentAt === null ? Infinity : now.getTime() - message.sentAt.getTime();
  if (Math.abs(age) > mostDays * 24 * 60 * 60 * 1000) return `it is not of the last ${mostDays} days`;
  return null;
}

/** The first of these strangers that the day has room for. */
function strangersWithin(day: StrangersOfDay, strangers: readonly string[]): string[] {
  const counted = new Set(day.addresses);
  let left = strangersLeft(day);
  return strangers.filter((email) => {
    const address = countedAddress(email);
    if (counted.has(address)) return true;
    if (left === 0) return false;
    left -= 1;
    counted.add(address);
    return true;
  });
}
