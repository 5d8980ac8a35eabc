import { type Clock, toInstant } from '../../shared/core/clock.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { StoredSettings } from '../../shared/settings/settings.ts';
import { commit, portalContext, StaleRead, type WriteDependencies } from '../../shared/write/commit.ts';
import { changeTicket, statusAfter, ticketMail } from '../../shared/tickets/conversation.ts';
import type { Ticket } from '../../shared/tickets/ticket.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';

export interface AutocloseDependencies extends WriteDependencies {
  tickets: TicketStore;
  people: PeopleStore;
  settings(): Promise<StoredSettings>;
  portalUrl: string;
  clock: Clock;
}

const dayMs = 24 * 60 * 60 * 1000;
/** The people of a ticket are warned this long before it is closed, even if the warning is late. */
const warningDays = 2;
const pageSize = 50;

export type QuietStep = 'warn' | 'close' | 'wait';

/** The step that is due for a quiet answered ticket: a warning, then closing it, at least two days apart. */
export function quietStep(
  ticket: Pick<Ticket, 'updatedAt' | 'warnedAt'>,
  closeAfterDays: number,
  now: Date,
): QuietStep {
  const quietMs = now.getTime() - Date.parse(ticket.updatedAt);
  if (ticket.warnedAt === null) return quietMs >= (closeAfterDays - warningDays) * dayMs ? 'warn' : 'wait';
  const warnedMs = now.getTime() - Date.parse(ticket.warnedAt);
  return quietMs >= closeAfterDays * dayMs && warnedMs >= warningDays * dayMs ? 'close' : 'wait';
}

/** Warns about and closes quiet tickets, the longest quiet first; reads only tickets quiet enough for a step. */
export async function closeQuietTickets(
  dependencies: AutocloseDependencies,
): Promise<{ warned: number; closed: number }> {
  const done = { warned: 0, closed: 0 };
  const now = dependencies.clock();
  const { settings } = await dependencies.settings();
  const closeAfterDays = settings['tickets.closeAfterDays'];
  const quietFor = (closeAfterDays - warningDays) * dayMs;
  const before = `${toInstant(new Date(now.getTime() - quietFor))}~`;
  let after;
  do {
    const page = await dependencies.tickets.quietSince('answered', before, { limit: pageSize, after });
    for (const ticket of page.items) {
      const step = quietStep(ticket, closeAfterDays, now);
      if (step === 'wait' || !(await applyStep(dependencies, ticket, step, now))) continue;
      done[step === 'warn' ? 'warned' : 'closed']++;
    }
    after = page.next ?? undefined;
  } while (after);
  return done;
}

/** Applies the step; false if the ticket was updated in between, as it is not quiet any more. */
async function applyStep(
  dependencies: AutocloseDependencies,
  ticket: Ticket,
  step: 'warn' | 'close',
  now: Date,
): Promise<boolean> {
  const account = await dependencies.people.account(ticket.accountId);
  const changes =
    step === 'warn' ? { warnedAt: toInstant(now) } : { status: statusAfter(ticket, 'close'), warnedAt: null };
  const { change } = changeTicket(ticket, changes, 'ticket.closed', now);
  const noMessage = { author: { kind: 'system' as const, name: '', email: '' }, body: '', attachments: [] };
  const template = step === 'warn' ? 'ticket-closing' : 'ticket-closed';
  const mail = ticketMail(template, ticket, noMessage, account?.name ?? '', dependencies.portalUrl);
  const closesOn = toInstant(new Date(now.getTime() + warningDays * dayMs)).slice(0, 10);
  const { data, audience } = mail;
  const outbox = [{ ...mail, audience: { ...audience, author: null }, data: { ...data, closesOn } }];
  try {
    const context = portalContext(now);
    await commit(dependencies, context, { ...change, outbox });
    return true;
  } catch (error) {
    if (error instanceof StaleRead) return false;
    throw error;
  }
}
