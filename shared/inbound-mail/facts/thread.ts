import { findReplyToken, isGenuine } from '../../mail/reply-token.ts';
import type { InboundMessage } from '../../mail/message/read-message.ts';
import type { Received } from '../../mail/received/received.ts';
import type { Ticket } from '../../tickets/ticket.ts';
import type { InboundDependencies } from '../inbound-dependencies.ts';

/** By which a message finds its ticket, the surest first. */
export const ways = {
  token: 'the token in the address',
  references: 'In-Reply-To or References',
  subject: 'the tag in the subject',
} as const;

/** The ticket that a message belongs to, and how it was found. */
export interface Thread {
  ticket: Ticket;
  foundBy: keyof typeof ways;
}

/** Finds the ticket by the token in the address, else by the answered messages, else by the tag in the subject. */
export async function findThread(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
): Promise<Thread | null> {
  const { threads, tickets } = dependencies;
  const byToken = await findByToken(dependencies, [...received.recipients, ...message.to]);
  if (byToken) return { ticket: byToken, foundBy: 'token' };
  const threaded = await threads.find(message.answers);
  const byReference = threaded && (await tickets.locate(threaded.ticketId));
  if (byReference) return { ticket: byReference, foundBy: 'references' };
  const number = /\[Ticket ID: (\d{6})\]/.exec(message.subject)?.[1];
  const bySubject = number === undefined ? undefined : await findByNumber(dependencies, number);
  return bySubject ? { ticket: bySubject, foundBy: 'subject' } : null;
}

async function findByToken(
  dependencies: InboundDependencies,
  recipients: readonly string[],
): Promise<Ticket | undefined> {
  const token = findReplyToken(recipients);
  const ticket = token ? await findByNumber(dependencies, token.ticketNumber) : undefined;
  if (!token || !ticket) return undefined;
  return isGenuine(token, ticket.id, await dependencies.replyKeys()) ? ticket : undefined;
}

async function findByNumber({ tickets }: InboundDependencies, number: string): Promise<Ticket | undefined> {
  const id = await tickets.idByNumber(number);
  return id === undefined ? undefined : tickets.locate(id);
}
