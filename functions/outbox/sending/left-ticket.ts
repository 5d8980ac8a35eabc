import { normalAddress } from '../../../shared/accounts/keys.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import type { TicketStore } from '../../../shared/tickets/ticket-store.ts';
import { reopenUndelivered } from '../../../shared/tickets/undelivered.ts';
import {
  commit,
  portalContext,
  retryWhileStale,
  type WriteDependencies,
} from '../../../shared/write/commit.ts';
import type { Readers } from '../find-recipients.ts';

export interface TicketMailDependencies extends WriteDependencies {
  tickets: Pick<TicketStore, 'locate'>;
}

/** A reply that the mail service refuses reached nobody: its ticket is open again, and says so to staff. */
export async function reopenRefused(
  dependencies: TicketMailDependencies,
  { thread, template }: MailTask,
  addresses: readonly string[],
  why: string,
  now: Date,
): Promise<void> {
  if (thread === null || template !== 'ticket-reply') return;
  const reports = addresses.map((address) => ({ address, reason: `the mail service refused it (${why})` }));
  await retryWhileStale(async () => {
    const ticket = await dependencies.tickets.locate(thread.ticketId);
    const change = ticket && reopenUndelivered(ticket, reports, now);
    if (change) await commit(dependencies, portalContext(now), change);
  });
}

/**
 * Who left the ticket that a mail is about, in lower case. A reply that cannot be sent to somebody, because their address
 * is dead, opens the ticket again; so this is asked before the mail goes out.
 */
export async function leftTicket(
  dependencies: TicketMailDependencies,
  { thread, template }: MailTask,
  readers: readonly Readers[],
  now: Date,
): Promise<ReadonlySet<string>> {
  if (thread === null) return new Set();
  return retryWhileStale(async () => {
    const ticket = await dependencies.tickets.locate(thread.ticketId);
    const left = new Set(ticket?.left);
    const reports = readers
      .flatMap(({ dead }) => dead)
      .filter(({ address }) => !left.has(normalAddress(address)))
      .map(({ address, reason }) => ({
        address,
        reason: `the address is dead since an earlier mail (${reason})`,
      }));
    const isReply = template === 'ticket-reply';
    const change = ticket && isReply ? reopenUndelivered(ticket, reports, now) : null;
    if (change) await commit(dependencies, portalContext(now), change);
    return left;
  });
}
