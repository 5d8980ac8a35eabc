import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import { conflict } from '../core/problem.ts';
import type { Actor } from '../write/actor.ts';
import { type Change, commit, portalContext, StaleRead } from '../write/commit.ts';
import { liftedMark } from '../mail/delivery/dead-addresses.ts';
import { mostAttachments } from '../tickets/ticket.ts';
import { applyDecision } from './apply-decision.ts';
import { decideMail, type MailDecision } from './decide-mail.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import type { Received } from '../mail/received/received.ts';
import { gatherFacts, type MailFacts, type Overrides } from './facts/gather-facts.ts';
import { hourRow } from '../mail/limits/hour.ts';
import { copyRow, discardAt, type InboundRecord, recordRow } from '../mail/received/inbound-mail-store.ts';
import { type InboundMessage, longestText, readMessage } from '../mail/message/read-message.ts';

/** A message that waits and is handled anew: by staff, or as the holder of its address, or time, has answered. */
export interface Again {
  record: InboundRecord;
  /** Null: by an answer. */
  by: Actor | null;
  /** The holder of its address says that the message is theirs. */
  confirmed: boolean;
}

const maxAttempts = 20;

/**
 * Decides one message, applies the decision and records it, in one transaction. A repeated message changes nothing.
 * @throws UnreadableMessage if it cannot be parsed
 * @throws Problem if somebody else handled the replayed message at the same time
 */
export async function handleMail(
  dependencies: InboundDependencies,
  received: Received,
  again: Again | null = null,
): Promise<InboundRecord> {
  const raw = await dependencies.readObject(received.objectKey);
  const message = attachOriginalIfTruncated(await readMessage(raw), raw);
  for (let attempt = 1; ; attempt++) {
    try {
      return await handleOnce(dependencies, received, message, again);
    } catch (error) {
      // A concurrent write, perhaps by a copy of this message: read everything again.
      if (!(error instanceof StaleRead) || attempt === maxAttempts) throw error;
    }
  }
}

/** A message whose text was truncated is attached whole, as a file. */
function attachOriginalIfTruncated(message: InboundMessage, content: Uint8Array): InboundMessage {
  if (message.text.length < longestText) return message;
  const whole = {
    fileName: 'message.eml',
    contentType: 'message/rfc822',
    content,
    inline: false,
    dangerous: false,
    contentId: null,
  };
  return { ...message, attachments: [...message.attachments.slice(0, mostAttachments - 1), whole] };
}

async function handleOnce(
  dependencies: InboundDependencies,
  received: Received,
  read: InboundMessage,
  again: Again | null,
): Promise<InboundRecord> {
  const now = dependencies.clock();
  const facts = await gatherFacts(dependencies, received, read, overridesOf(again), now);
  const { earlier, fingerprint } = facts;
  if (earlier && earlier.version !== again?.record.version) {
    if (again) throw conflict(`This mail was handled by somebody else just now: ${earlier.outcome}.`);
    return earlier;
  }
  const message = { ...read, fingerprint };
  const decision = onceOfAllCopies(facts, decideMail(facts.known));
  const applied = await applyDecision(dependencies, message, decision, facts, now);
  const { ticketId, questionId } = applied;
  const lifted = liftedBy(decision, facts);
  const record: InboundRecord = {
    ...again?.record,
    id: again?.record.id ?? newId('inboundMail', now),
    fingerprint,
    receivedAt: again?.record.receivedAt ?? toInstant(now),
    from: message.from ?? '',
    subject: message.subject,
    outcome: decision.outcome,
    reason: decision.reason,
    trace: [
      ...againTrace(again, now),
      ...decision.trace,
      ...applied.trace,
      ...(lifted ? ['the address is not dead: it wrote'] : []),
    ],
    ...(ticketId === undefined ? {} : { ticketId }),
    ...(questionId === undefined ? {} : { questionId }),
    received,
    version: newVersion(),
  };
  const isStrangers = decision.outcome === 'quarantined' && facts.known.parts.length === 0;
  const hasEffect =
    decision.outcome === 'quarantined' ? questionId !== undefined : decision.outcome !== 'ignored';
  const counted = hasEffect && !again && message.from ? [hourRow(facts.hour, now, applied.run)] : [];
  const { change, actor } = applied;
  // What staff add as theirs is not yet its author's.
  const isAuthors = ticketId !== undefined && message.from !== null && !facts.addedBy;
  const copied = isAuthors ? [copyRow(read.fingerprint, message.from!, ticketId)] : [];
  const row = recordRow(record, again?.record ?? null, isStrangers ? discardAt(now) : null);
  await commit(
    dependencies,
    { ...portalContext(now), actor },
    {
      ...change,
      actions: [row, ...copied, ...counted, ...change.actions, ...(lifted?.actions ?? [])],
      activity: [...change.activity, ...(lifted?.activity ?? [])],
      outbox: [...change.outbox, ...(lifted?.outbox ?? [])],
    },
  );
  return record;
}

/**
 * A message may come over several ways and to several departments, each copy believed by something else, or not at all.
 * Once one is in a ticket, no other goes there, is asked about, is answered or waits.
 */
function onceOfAllCopies({ copy }: MailFacts, decision: MailDecision): MailDecision {
  const { outcome, trace } = decision;
  if (!copy || outcome === 'ignored') return decision;
  const reason = 'a copy of it is in its ticket';
  return { outcome: 'ignored', reason, trace: [...trace, `its copy is in ticket ${copy.ticketId}`] };
}

function overridesOf(again: Again | null): Overrides {
  return {
    fingerprint: again?.record.fingerprint ?? null,
    limits: again !== null,
    confirmed: again?.confirmed ?? false,
    by: again?.by ?? null,
  };
}

function againTrace(again: Again | null, now: Date): string[] {
  if (!again) return [];
  return [
    `${again.by ? `replayed by ${again.by.name}` : 'handled anew as it was answered'} on ${toInstant(now)}`,
  ];
}

/** Mail from an address that is believed shows that it lives: where it was applied, the mark is lifted. */
function liftedBy({ outcome }: MailDecision, { mark, addedBy }: MailFacts): Change | null {
  if (!mark || addedBy || (outcome !== 'ticket' && outcome !== 'reply')) return null;
  return liftedMark(mark);
}

/** Quarantines a message that could not be handled, so that its batch and its queue continue. */
export async function quarantine(
  dependencies: InboundDependencies,
  received: Received,
  reason: string,
): Promise<void> {
  const now = dependencies.clock();
  // An unreadable message has no fingerprint, so its object key identifies it.
  const fingerprint = `unread#${received.objectKey}`;
  if (await dependencies.mails.find(fingerprint)) return;
  const record: InboundRecord = {
    id: newId('inboundMail', now),
    fingerprint,
    receivedAt: toInstant(now),
    from: '',
    subject: '',
    outcome: 'quarantined',
    reason,
    trace: [],
    received,
    version: newVersion(),
  };
  const context = portalContext(now);
  await commit(dependencies, context, { actions: [recordRow(record, null, null)], activity: [], outbox: [] });
}
