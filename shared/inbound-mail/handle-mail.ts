import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import { conflict } from '../core/problem.ts';
import type { Actor } from '../write/actor.ts';
import { type Change, commit, portalContext, StaleRead } from '../write/commit.ts';
import { normalAddress } from '../accounts/keys.ts';
import { liftedMark } from '../mail/delivery/dead-addresses.ts';
import { departmentOf } from '../settings/departments.ts';
import { mostAttachments } from '../tickets/ticket.ts';
import { applyDecision } from './apply-decision.ts';
import { decideMail, type MailDecision } from './decide-mail.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import type { Belief } from '../mail/received/belief.ts';
import type { Received } from '../mail/received/received.ts';
import { believe, gatherFacts, type MailFacts } from './facts/gather-facts.ts';
import { hourRow } from '../mail/limits/hour.ts';
import { copyRow, discardAt, type InboundRecord, recordRow } from '../mail/received/inbound-mail-store.ts';
import { automaticSign } from '../mail/message/automatic-mail.ts';
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
  const words = message.fingerprint;
  const fingerprint = again?.record.fingerprint ?? `${words}#${await wayOf(dependencies, message, received)}`;
  for (let attempt = 1; ; attempt++) {
    const earlier = await dependencies.mails.find(fingerprint);
    if (earlier && earlier.version !== again?.record.version) {
      if (again) throw conflict(`This mail was handled by somebody else just now: ${earlier.outcome}.`);
      return earlier;
    }
    try {
      return await handleOnce(dependencies, received, { ...message, fingerprint, words }, again);
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

/**
 * Where a copy of a message was sent to, and how far it is trusted. Each department does with it what its rules say: what
 * one of them only answers must reach the other all the same.
 */
async function wayOf(
  dependencies: InboundDependencies,
  message: InboundMessage,
  received: Received,
): Promise<string> {
  const [{ settings }, departments] = await Promise.all([
    dependencies.settings(),
    dependencies.departments(),
  ]);
  const { belief } = believe(message, received, settings);
  return `${departmentOf(departments, received.recipients).id}#${trustOf(message, received, belief)}`;
}

/**
 * How far a copy of a message is trusted. A copy that came over a list, or that is not believed, must not suppress the
 * one that its author sent, though both have the same Message-ID and body.
 */
function trustOf(
  { from, headers }: InboundMessage,
  { verdicts, envelopeFrom }: Received,
  { believed }: Belief,
): string {
  const automatic = automaticSign(headers, { from: envelopeFrom }, from ?? '', new Set());
  const { spf, dkim, dmarc, spam, virus } = verdicts;
  const trust = [from, spf, dkim, dmarc, spam, virus, automatic?.kind].join('|');
  return (believed ? trust : `unbelieved|${trust}`).slice(0, 400);
}

async function handleOnce(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage & { words: string },
  again: Again | null,
): Promise<InboundRecord> {
  const { words } = message;
  const now = dependencies.clock();
  const overrides = { limits: again !== null, confirmed: again?.confirmed ?? false, by: again?.by ?? null };
  const facts = await gatherFacts(dependencies, received, message, overrides, now);
  const decision = await onceOfAllCopies(dependencies, message, decideMail(facts.known));
  const applied = await applyDecision(dependencies, message, decision, facts, now);
  const { ticketId, questionId } = applied;
  const lifted = await liftedBy(dependencies, message, decision, facts);
  const record: InboundRecord = {
    ...again?.record,
    id: again?.record.id ?? newId('inboundMail', now),
    fingerprint: message.fingerprint,
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
  const copied = isAuthors ? [copyRow(words, message.from!, ticketId)] : [];
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
async function onceOfAllCopies(
  { mails }: InboundDependencies,
  { words, from }: InboundMessage & { words: string },
  decision: MailDecision,
): Promise<MailDecision> {
  const { outcome, trace } = decision;
  const acts = outcome !== 'ignored';
  const copy = acts && from !== null ? await mails.copyInTicket(words, from) : undefined;
  if (!copy) return decision;
  const reason = 'a copy of it is in its ticket';
  return { outcome: 'ignored', reason, trace: [...trace, `its copy is in ticket ${copy.ticketId}`] };
}

function againTrace(again: Again | null, now: Date): string[] {
  if (!again) return [];
  return [
    `${again.by ? `replayed by ${again.by.name}` : 'handled anew as it was answered'} on ${toInstant(now)}`,
  ];
}

/** Mail from an address that is believed shows that it lives: where it was applied, the mark is lifted. */
async function liftedBy(
  { deadAddresses }: InboundDependencies,
  { from }: InboundMessage,
  { outcome }: MailDecision,
  { addedBy }: MailFacts,
): Promise<Change | null> {
  if (from === null || addedBy || (outcome !== 'ticket' && outcome !== 'reply')) return null;
  const mark = (await deadAddresses.dead([from])).get(normalAddress(from));
  return mark ? liftedMark(mark) : null;
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
