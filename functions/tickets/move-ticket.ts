import { decide } from '../../shared/access/decide.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { Account, Contact } from '../../shared/accounts/people.ts';
import { commit } from '../../shared/write/commit.ts';
import { ticketActivity } from '../../shared/tickets/conversation.ts';
import type { TicketDependencies } from './open-ticket.ts';
import { loadTicket } from './reading/read-ticket.ts';
import { type Copied, type Ticket, ticketView } from '../../shared/tickets/ticket.ts';
import { movedTicketRows } from '../../shared/tickets/ticket-store.ts';

/**
 * Moves a ticket to another account that knows its opener's address: mail from a person with several accounts may
 * have been filed in the wrong one. The caller needs `tickets` in both.
 * @throws Problem if the caller lacks `tickets` in the target, or the target is the same account or does not know
 * the opener
 */
export async function moveTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  targetId: string,
): Promise<Reply> {
  const { caller, now } = context;
  const before = await loadTicket(dependencies, context, ticketId);
  const target = await dependencies.people.account(targetId);
  const allowed = target && decide(caller, targetId, 'tickets', now).allowed;
  if (!allowed)
    throw invalid([
      { path: 'accountId', code: 'not-found', message: 'is not an account in which you have tickets' },
    ]);
  if (targetId === before.accountId) throw conflict('The ticket is in this account already.');
  const contact = await openerIn(dependencies, target, before);
  const { userId, name, email } = target.owner;
  const opener = contact
    ? { kind: 'contact' as const, contactId: contact.id, name: contact.name, email: contact.email }
    : { kind: 'owner' as const, contactId: null, name, email };
  const ticket: Ticket = {
    ...before,
    accountId: targetId,
    opener,
    openedBy: { kind: opener.kind, id: contact?.id ?? userId, name: opener.name },
    cc: await copiedIn(dependencies, targetId, before.cc),
    version: newVersion(),
    updatedAt: toInstant(now),
  };
  const messages = await dependencies.tickets.messages(ticketId);
  const reply = {
    body: ticketView(ticket, messages, context),
    version: ticket.version,
    location: `/v1/accounts/${targetId}/tickets/${ticketId}`,
  };
  const facts = [{ accountId: before.accountId }, { accountId: targetId }] as const;
  await commit(dependencies, context, {
    actions: movedTicketRows(ticket, before),
    activity: [
      ticketActivity(before, 'ticket.moved-away', ...facts),
      ticketActivity(ticket, 'ticket.moved-here', ...facts),
    ],
    outbox: [],
    answer: reply,
  });
  return reply;
}

/** The opener as a contact of the target account; undefined if they are its owner. */
async function openerIn(
  { people }: TicketDependencies,
  target: Account,
  { opener }: Ticket,
): Promise<Contact | undefined> {
  const { accounts } = await people.byAddress(opener.email);
  const known = accounts.find((entry) => entry.accountId === target.id);
  if (!known) throw conflict(`${target.name} does not know ${opener.email}, who opened this ticket.`);
  return known.contactId === null ? undefined : people.contact(target.id, known.contactId);
}

function copiedIn({ tickets }: TicketDependencies, accountId: string, cc: Copied[]): Promise<Copied[]> {
  return tickets.toCopied(
    accountId,
    cc.map((copied) => copied.email),
  );
}
