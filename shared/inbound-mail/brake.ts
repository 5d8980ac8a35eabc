import { createHash } from 'node:crypto';
import { toInstant } from '../core/clock.ts';
import { newId } from '../core/ids.ts';
import type { Run } from '../mail/limits/run.ts';
import { messageRow } from '../tickets/ticket-store.ts';
import type { Ticket, TicketMessage } from '../tickets/ticket.ts';
import type { AppliedDecision } from './applied-decision.ts';

/** After so many messages in a row that look as if no person wrote them, an address's messages are mailed to nobody. */
const mostInRow = 5;
/** No person answers sooner than this, again and again. */
const quickSeconds = 20;
/** Addresses whose runs one ticket keeps; the CC list is shorter. */
const mostRuns = 30;

/**
 * The run of an address in a ticket after one more message of it: an answer within seconds to what somebody else wrote,
 * or the same text again. Any other message ends the run.
 */
export function runAfter(ticket: Ticket, email: string, body: string, now: Date): Run {
  const before = ticket.runs?.[email];
  const text = markOf(body);
  const seconds = (now.getTime() - Date.parse(ticket.updatedAt)) / 1000;
  const answersQuickly = ticket.lastAuthor !== email && seconds < quickSeconds;
  const repeats = before?.text === text;
  return { inRow: answersQuickly || repeats ? (before?.inRow ?? 0) + 1 : 0, text };
}

/**
 * The run of an address that opens tickets, after one more: subject and text the same again, as of a program that answers
 * each confirmation without naming its ticket. Who writes all of it into the subject is a person.
 */
export function repeatAfter(before: Run | undefined, subject: string, body: string): Run {
  const text = markOf(`${subject}\n${body}`);
  return { inRow: before?.text === text ? before.inRow + 1 : 0, text };
}

function markOf(body: string): string {
  return createHash('sha256').update(body.replace(/\s+/g, ' ').trim()).digest('base64url').slice(0, 16);
}

export const isStilled = ({ inRow }: Run): boolean => inRow > mostInRow;

/** What the ticket keeps of it, and of the others' runs. */
export function withRun(ticket: Ticket, email: string, run: Run): Pick<Ticket, 'runs'> {
  const others = Object.entries(ticket.runs ?? {}).filter(([address]) => address !== email);
  return { runs: Object.fromEntries([...others.slice(1 - mostRuns), [email, run]]) };
}

/** The message goes into the ticket alone; staff read once why nobody was mailed. */
export function stilled(
  applied: AppliedDecision,
  ticket: Ticket,
  email: string,
  { inRow }: Run,
  now: Date,
): AppliedDecision {
  const trace = [...applied.trace, `nobody is mailed: ${inRow} messages in a row look like a machine’s`];
  if (inRow > mostInRow + 1) return { ...applied, trace };
  const note: TicketMessage = {
    id: newId('message', now),
    ticketId: ticket.id,
    author: { kind: 'system', name: 'The portal', email: '' },
    via: 'portal',
    body: `${email} answers by itself: its messages are kept here from now on, and mailed to nobody.`,
    attachments: [],
    private: true,
    createdAt: toInstant(now),
  };
  const { change } = applied;
  return { ...applied, trace, change: { ...change, actions: [...change.actions, messageRow(note)] } };
}
