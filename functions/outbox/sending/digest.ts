import { normalAddress } from '../../../shared/accounts/keys.ts';
import { dayIn } from '../../../shared/core/day.ts';
import { heldMails } from '../../../shared/mail/limits/held-mail.ts';
import { digestOn } from '../../../shared/mail/limits/mails-of-day.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import type { Ticket } from '../../../shared/tickets/ticket.ts';
import { commit, portalContext, retryWhileStale } from '../../../shared/write/commit.ts';
import type { HoldDependencies } from './hold-back.ts';

const hourMs = 60 * 60 * 1000;

/**
 * When to look again for the end of the day whose held mail this task brings, or for a day that has room for it; null for
 * other mail, and where it may go out now. It counts among the mails of the day on which it goes.
 */
export async function digestWaitsUntil(
  dependencies: HoldDependencies,
  { digestOf, accountId, audience }: MailTask,
  now: Date,
): Promise<Date | null> {
  if (digestOf === undefined || audience.kind !== 'person') return null;
  const { timeZone } = (await dependencies.settings()).settings;
  const today = dayIn(timeZone, now);
  const later = new Date(now.getTime() + hourMs);
  if (today <= digestOf) return later;
  return retryWhileStale(async () => {
    const on = { day: digestOf, on: today };
    const actions = await digestOn(dependencies.table, accountId, audience.email, on, now);
    if (actions === null) return later;
    await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
    return null;
  });
}

/**
 * What was held back from a reader on the digest's day, of the tickets that they are still in. Null where nothing is left
 * to be said, undefined for other mail.
 */
export async function digestData(
  { table, tickets }: HoldDependencies,
  { digestOf, accountId }: MailTask,
  email: string,
): Promise<Record<string, string> | null | undefined> {
  if (digestOf === undefined) return undefined;
  const { mails, isMore } = await heldMails(table, email, accountId, digestOf);
  const ticketIds = [...new Set(mails.flatMap(({ ticketId }) => ticketId ?? []))];
  const found = await Promise.all(ticketIds.map((id) => tickets.locate(id)));
  const open = new Set(found.flatMap((ticket) => (ticket && takesPart(ticket, email) ? ticket.id : [])));
  const wanted = mails.filter(({ ticketId }) => ticketId === null || open.has(ticketId));
  if (wanted.length === 0) return null;
  const said = wanted.map(({ subject, text }) => `${subject}\n\n${text.trim()}`);
  return { text: [...said, ...(isMore ? ['…'] : [])].join('\n\n---\n\n') };
}

function takesPart({ cc, left = [] }: Ticket, email: string): boolean {
  const address = normalAddress(email);
  return !left.includes(address) && cc.some((copied) => normalAddress(copied.email) === address);
}
