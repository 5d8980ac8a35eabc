import { normalAddress } from '../accounts/keys.ts';
import type { Day } from '../core/day.ts';
import type { Change } from '../write/commit.ts';
import { addReply, changeTicket, ticketActivity } from './conversation.ts';
import { mostMessages, type Ticket } from './ticket.ts';

/** Somebody who did not get a reply, and why. */
export interface Undelivered {
  address: string;
  reason: string;
}

/** The statuses in which nobody at the provider has to look at a ticket. */
const atRest: ReadonlySet<Ticket['status']> = new Set(['answered', 'on-hold', 'closed']);

/**
 * Opens a ticket again because a reply did not arrive, with a line that staff alone see; once for an address, however
 * many of its replies do not arrive. Null where nothing is new.
 */
export function reopenUndelivered(
  before: Ticket,
  undelivered: readonly Undelivered[],
  now: Date,
): Change | null {
  const known = new Set(before.undelivered);
  const reasons = new Map(undelivered.map(({ address, reason }) => [normalAddress(address), reason]));
  const added = [...reasons].filter(([address]) => !known.has(address));
  if (added.length === 0) return null;
  const reopened: Ticket = {
    ...before,
    status: atRest.has(before.status) ? 'open' : before.status,
    undelivered: [...known, ...added.map(([address]) => address)],
  };
  const activity =
    reopened.status === before.status
      ? []
      : [ticketActivity(before, 'ticket.reopened', { status: before.status }, { status: reopened.status })];
  // A full ticket takes no line; that it is open again says enough.
  if (before.messageCount >= mostMessages) {
    const { actions } = changeTicket(reopened, { status: reopened.status }, 'ticket.reopened', now).change;
    return { actions, activity, outbox: [] };
  }
  const body = added.map(([address, reason]) => `Not delivered to ${address}: ${reason}`).join('\n');
  return { actions: privateLine(reopened, body, now), activity, outbox: [] };
}

/** Days and addresses that one ticket remembers. */
const mostHeldBack = 60;

/** A line for staff, once a day for each address: it has had as much mail as it gets on one day. Null where all are told. */
export function noteHeldBack(
  before: Ticket,
  { emails, digested }: { emails: readonly string[]; digested: ReadonlySet<string> },
  day: Day,
  now: Date,
): Change | null {
  const told = new Set(before.heldBack);
  const added = emails.map(normalAddress).filter((address) => !told.has(`${day} ${address}`));
  if (added.length === 0) return null;
  const heldBack = [...told, ...added.map((address) => `${day} ${address}`)].slice(-mostHeldBack);
  if (before.messageCount >= mostMessages) {
    const { actions } = changeTicket({ ...before, heldBack }, { status: before.status }, '', now).change;
    return { actions, activity: [], outbox: [] };
  }
  const body = added
    .map(
      (address) =>
        `Not mailed to ${address}: it has had enough mail today. ${
          digested.has(address)
            ? 'It gets this with the rest tomorrow.'
            : 'What is kept for tomorrow goes to another spelling of the same mailbox.'
        }`,
    )
    .join('\n');
  return { actions: privateLine({ ...before, heldBack }, body, now), activity: [], outbox: [] };
}

function privateLine(ticket: Ticket, body: string, now: Date): Change['actions'] {
  const author = { kind: 'system' as const, name: 'The portal', email: '' };
  const line = { author, via: 'portal' as const, body, private: true, attachments: [] };
  return addReply(ticket, line, '', now, '').change.actions;
}

/** Takes an address off a ticket: it gets no more of its mail, whether it opened it or was in copy. Null if it left before. */
export function leaveTicket(before: Ticket, email: string, now: Date): Change | null {
  const address = normalAddress(email);
  const { left = [] } = before;
  if (left.includes(address)) return null;
  const cc = before.cc.filter((copied) => normalAddress(copied.email) !== address);
  return changeTicket(before, { cc, left: [...left, address] }, 'ticket.left', now).change;
}
