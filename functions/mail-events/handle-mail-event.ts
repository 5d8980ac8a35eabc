import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import {
  addressActivity,
  type DeadAddress,
  type DeadAddressStore,
  deadRow,
  doubtedRow,
  undoubtedRow,
} from '../../shared/mail/delivery/dead-addresses.ts';
import type { Said } from '../../shared/mail/delivery/event-says.ts';
import { type MailEvent, readMailEvent } from '../../shared/mail/delivery/mail-event.ts';
import {
  heardRow,
  type SentMessage,
  type SentMessageStore,
} from '../../shared/mail/delivery/sent-messages.ts';
import { mailOutcomeRow } from '../../shared/mail/sent/mail-to-address.ts';
import type { Action } from '../../shared/table/table.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';
import { reopenUndelivered } from '../../shared/tickets/undelivered.ts';
import {
  type Change,
  commit,
  portalContext,
  retryWhileStale,
  type WriteDependencies,
} from '../../shared/write/commit.ts';
import { complaintChange } from './complaint-change.ts';

export interface MailEventDependencies extends WriteDependencies {
  people: PeopleStore;
  tickets: TicketStore;
  deadAddresses: DeadAddressStore;
  sentMessages: SentMessageStore;
  /** The Message-ID that readers see of a message with this id of the mail service. */
  messageIdOf(id: string): string;
  /** The address of the provider's staff; empty for the administrators. */
  staffEmail: string;
  /** Waits a moment for a record that may be under way. */
  pause(): Promise<void>;
}

/** The service may tell of a message before the outbox has recorded it: for so long an unknown one is asked for again. */
const recordedWithinMs = 5 * 60 * 1000;
const lookUps = 8;
/** Longer than the mail service, or the queue, repeats an event. */
const rememberedSeconds = 30 * 24 * 60 * 60;

/**
 * Acts on one event of the mail service. It counts for the addresses that our own record says the message went to, and
 * once: an event about a message that is not ours, or a repeated one, changes nothing.
 * @throws Error if the body is no event, or its message may be recorded later
 */
export async function handleMailEvent(
  dependencies: MailEventDependencies,
  body: string,
  now: Date,
): Promise<void> {
  const event = readMailEvent(body);
  if (!event) return;
  const sent = await findSent(dependencies, event, now);
  if (!sent) return;
  await retryWhileStale(async () => {
    if (await dependencies.sentMessages.isHeard(sent.messageId, event.id)) return;
    const change = await changeOf(dependencies, event, sent, now);
    const heard = heardRow(sent.messageId, event.id, toSeconds(now) + rememberedSeconds);
    await commit(dependencies, portalContext(now), { ...change, actions: [heard, ...change.actions] });
  });
}

async function findSent(
  { sentMessages, messageIdOf, pause }: MailEventDependencies,
  event: MailEvent,
  now: Date,
): Promise<SentMessage | undefined> {
  const messageId = messageIdOf(event.messageId);
  const mayCome = now.getTime() - event.sentAt.getTime() < recordedWithinMs;
  for (let tries = 1; ; tries++) {
    const sent = await sentMessages.find(messageId);
    if (sent || !mayCome) return sent;
    if (tries === lookUps) throw new Error(`The message ${event.messageId} is not recorded yet`);
    await pause();
  }
}

async function changeOf(
  dependencies: MailEventDependencies,
  event: MailEvent,
  sent: SentMessage,
  now: Date,
): Promise<Change> {
  const said = event.says(sent.destinations);
  const changes = [
    await addressChange(dependencies, said, event, sent, now),
    await ticketChange(dependencies, said, event, sent, now),
    await complaintChange(dependencies, said.complained, event, sent, now),
  ];
  return {
    actions: [...changes.flatMap(({ actions }) => actions), ...outcomeRows(said, event, sent)],
    activity: changes.flatMap(({ activity }) => activity),
    outbox: changes.flatMap(({ outbox }) => outbox),
  };
}

/** What staff read of each mail that went to an address. Older messages have no such rows. */
function outcomeRows(
  { undelivered, complained }: Said,
  { reason }: MailEvent,
  { id }: SentMessage,
): Action[] {
  if (id === undefined) return [];
  return [
    ...undelivered.map((address) => mailOutcomeRow(address, id, { outcome: 'undelivered', reason })),
    ...complained.map((address) => mailOutcomeRow(address, id, { outcome: 'complained', reason })),
  ];
}

/** Marks the address that is dead, and those whose next mail decides. */
async function addressChange(
  { deadAddresses }: MailEventDependencies,
  { dead, doubted }: Said,
  { reason }: MailEvent,
  { accountId, messageId }: SentMessage,
  now: Date,
): Promise<Change> {
  const marks = await deadAddresses.dead([...doubted, ...(dead === null ? [] : [dead])]);
  const open = doubted.filter((address) => !marks.has(address));
  const change: Change = {
    actions: open.map((address) => doubtedRow(address, messageId, now)),
    activity: [],
    outbox: [],
  };
  if (dead === null) return change;
  const before = marks.get(dead);
  const mark = markOf(dead, before, accountId, { at: toInstant(now), reason });
  if (mark === before) return change;
  change.actions.push(deadRow(mark, before), undoubtedRow(dead));
  if (accountId !== null) change.activity.push(addressActivity('address.died', accountId, dead, reason));
  return change;
}

/** The accounts that are told of one address are few: after the first no mail goes there any more. */
const mostAccounts = 50;

function markOf(
  address: string,
  before: DeadAddress | undefined,
  accountId: string | null,
  { at, reason }: { at: string; reason: string },
): DeadAddress {
  const told = before?.accounts ?? [];
  const isTold = accountId === null || told.some((each) => each.accountId === accountId);
  if (before && (isTold || told.length >= mostAccounts)) return before;
  const accounts = isTold ? told : [...told, { accountId, at }];
  return before ? { ...before, accounts } : { address, at, reason, accounts };
}

/** A reply that did not arrive opens its ticket again. */
async function ticketChange(
  { tickets }: MailEventDependencies,
  { undelivered }: Said,
  { reason }: MailEvent,
  { ticket: about }: SentMessage,
  now: Date,
): Promise<Change> {
  const ticket = about?.isReply && undelivered.length > 0 ? await tickets.locate(about.id) : undefined;
  const reports = undelivered.map((address) => ({ address, reason: `the mail service says ${reason}` }));
  return (ticket && reopenUndelivered(ticket, reports, now)) ?? { actions: [], activity: [], outbox: [] };
}
