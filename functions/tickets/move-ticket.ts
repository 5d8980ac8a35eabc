import { toInstant } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { loginKey, memberKey } from '../../shared/table/keys.ts';
import { type Action, equals } from '../../shared/table/table.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { type Account, type Contact, isInvited } from '../../shared/accounts/people.ts';
import { commit } from '../../shared/write/commit.ts';
import { ticketActivity } from '../../shared/tickets/conversation.ts';
import type { TicketDependencies } from './open-ticket.ts';
import { loadTicket } from './reading/read-ticket.ts';
import { type Copied, type Ticket, type TicketMessage, ticketView } from '../../shared/tickets/ticket.ts';
import { movedTicketRows } from '../../shared/tickets/ticket-store.ts';

/**
 * Moves a ticket to another account that knows its opener's address: mail from a person with several accounts may
 * have been filed in the wrong one. Staff may, and the opener into an account that has proven them.
 * @throws Problem `staff-only` where the caller did not open it, or others of its account wrote in it
 * @throws Problem if the target is no such account, is the same one, or does not know the opener
 */
export async function moveTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  ticketId: string,
  targetId: string,
): Promise<Reply> {
  const { now } = context;
  const byStaff = context.authority.kind === 'staff';
  const before = await loadTicket(dependencies, context, ticketId);
  const messages = await dependencies.tickets.messages(ticketId);
  if (!byStaff) requireOwnTicket(context, before, messages);
  const target = await dependencies.people.account(targetId);
  const contact = target && (await openerIn(dependencies, target, before));
  const proof = byStaff
    ? []
    : contact !== undefined && (await proofOf(dependencies, context, targetId, contact));
  if (!target || !proof) {
    throw invalid([
      {
        path: 'accountId',
        code: 'not-found',
        message: 'is not an account in which your address is proven',
      },
    ]);
  }
  if (targetId === before.accountId) throw conflict('The ticket is in this account already.');
  if (contact === undefined) {
    throw conflict(`${target.name} does not know ${before.opener.email}, who opened this ticket.`);
  }
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
  const reply = {
    body: ticketView(ticket, messages, context),
    version: ticket.version,
    location: `/v1/accounts/${targetId}/tickets/${ticketId}`,
  };
  const facts = [{ accountId: before.accountId }, { accountId: targetId }] as const;
  await commit(dependencies, context, {
    actions: [...movedTicketRows(ticket, before), ...proof],
    activity: [
      ticketActivity(before, 'ticket.moved-away', ...facts),
      ticketActivity(ticket, 'ticket.moved-here', ...facts),
    ],
    outbox: [],
    answer: reply,
  });
  return reply;
}

/**
 * Staff wrote for everybody, and a guest is of no account; what other people of the account wrote is not the opener's to
 * carry away.
 * @throws Problem where the caller did not open the ticket, or others of its account wrote in it
 */
function requireOwnTicket(
  { caller, actor }: RequestContext,
  { opener, openedBy }: Ticket,
  messages: readonly TicketMessage[],
): void {
  const isTheirs = (email: string) => normalAddress(email) === normalAddress(caller.email);
  if (openedBy.id !== actor.id || !isTheirs(opener.email)) {
    throw new Problem('staff-only', 'Only who opened this ticket, and the provider’s staff, can move it.');
  }
  const others = ({ author: { kind, email } }: TicketMessage) =>
    kind !== 'staff' && kind !== 'system' && kind !== 'guest' && !isTheirs(email);
  if (!messages.some(others)) return;
  throw new Problem('staff-only', 'Others wrote in this ticket too: ask the provider’s staff to move it.');
}

/** The opener as a contact of the target account; null if they are its owner, undefined if it does not know them. */
async function openerIn(
  { people }: TicketDependencies,
  target: Account,
  { opener }: Ticket,
): Promise<Contact | null | undefined> {
  const { accounts } = await people.byAddress(opener.email);
  const known = accounts.find((entry) => entry.accountId === target.id);
  if (!known || known.contactId === null) return known && null;
  return people.contact(target.id, known.contactId);
}

/**
 * That the caller's address is proven, and that what the target account gave them, if it did, was accepted: as conditions
 * of the write. Null where it is not so.
 */
async function proofOf(
  { people }: TicketDependencies,
  { caller: { userId } }: RequestContext,
  targetId: string,
  contact: Contact | null,
): Promise<Action[] | null> {
  const [login, membership] = await Promise.all([people.login(userId), people.membership(userId, targetId)]);
  const waits = contact === null ? membership?.invitation !== null : isInvited(contact);
  if (login?.proven !== true || waits) return null;
  const proven: Action = { check: loginKey(userId), when: equals({ proven: true }) };
  if (!membership) return [proven];
  return [proven, { check: memberKey(userId, targetId), when: equals({ version: membership.version }) }];
}

async function copiedIn({ tickets }: TicketDependencies, accountId: string, cc: Copied[]): Promise<Copied[]> {
  const there = await tickets.toCopied(
    accountId,
    cc.map((copied) => copied.email),
  );
  return there.map((copied, nth) => (cc[nth]!.wrote ? { ...copied, wrote: true } : copied));
}
