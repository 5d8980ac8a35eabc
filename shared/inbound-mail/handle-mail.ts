import { toInstant } from '../core/clock.ts';
import { newId, newVersion } from '../core/ids.ts';
import { conflict } from '../core/problem.ts';
import type { Actor } from '../write/actor.ts';
import { type Change, commit, portalContext, StaleRead } from '../write/commit.ts';
import { normalAddress } from '../accounts/keys.ts';
import { liftedMark } from '../mail/delivery/dead-addresses.ts';
import { mostAttachments } from '../tickets/ticket.ts';
import { applyDecision } from './apply-decision.ts';
import { decideMail, type MailDecision } from './decide-mail.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import type { Received } from '../mail/received/received.ts';
import { gatherFacts } from './gather-facts.ts';
import { hourlyCountRow, type InboundRecord, recordRow } from '../mail/received/inbound-mail-store.ts';
import { automaticReason } from '../mail/message/automatic-mail.ts';
import { type InboundMessage, longestText, readMessage } from '../mail/message/read-message.ts';

/** A quarantined message that is handled again, and the member of staff who asked for it. */
export interface Replay {
  record: InboundRecord;
  by: Actor;
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
  replay: Replay | null = null,
): Promise<InboundRecord> {
  const raw = await dependencies.readObject(received.objectKey);
  const message = attachOriginalIfTruncated(await readMessage(raw), raw);
  const fingerprint = replay?.record.fingerprint ?? `${message.fingerprint}#${trustOf(message, received)}`;
  for (let attempt = 1; ; attempt++) {
    const earlier = await dependencies.mails.find(fingerprint);
    if (earlier && earlier.version !== replay?.record.version) {
      if (replay) throw conflict(`This mail was handled by somebody else just now: ${earlier.outcome}.`);
      return earlier;
    }
    try {
      return await handleOnce(dependencies, received, { ...message, fingerprint }, replay);
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
 * How far a copy of a message is trusted. A copy that came over a list, or that failed DMARC, must not suppress the
 * one that its author sent, though both have the same Message-ID and body.
 */
function trustOf({ from, headers }: InboundMessage, { verdicts, envelopeFrom }: Received): string {
  const machine =
    automaticReason(headers, { from: envelopeFrom }, from ?? '', new Set()) === null ? '' : 'machine';
  return [from, ...Object.values(verdicts), machine].join('|').slice(0, 400);
}

async function handleOnce(
  dependencies: InboundDependencies,
  received: Received,
  message: InboundMessage,
  replay: Replay | null,
): Promise<InboundRecord> {
  const now = dependencies.clock();
  const facts = await gatherFacts(dependencies, received, message, now);
  // A replay overrides the hourly limit; every other reason for quarantine is checked again.
  const known = replay ? { ...facts.known, overHourlyLimit: false } : facts.known;
  const decision = decideMail(known);
  const applied = await applyDecision(dependencies, message, decision, facts, now);
  const lifted = await liftedBy(dependencies, message, decision);
  const record: InboundRecord = {
    ...replay?.record,
    id: replay?.record.id ?? newId('inboundMail', now),
    fingerprint: message.fingerprint,
    receivedAt: replay?.record.receivedAt ?? toInstant(now),
    from: message.from ?? '',
    subject: message.subject,
    outcome: decision.outcome,
    reason: decision.reason,
    trace: [
      ...(replay ? [`replayed by ${replay.by.name} on ${toInstant(now)}`] : []),
      ...decision.trace,
      ...applied.trace,
      ...(lifted ? ['the address is not dead: it wrote'] : []),
    ],
    ...(applied.ticketId === undefined ? {} : { ticketId: applied.ticketId }),
    received,
    version: newVersion(),
  };
  const hasEffect = ['ticket', 'reply', 'answered'].includes(decision.outcome) && !replay;
  const counted = hasEffect && message.from ? [hourlyCountRow(message.from, now, facts.hourlyLimit)] : [];
  const { change, actor } = applied;
  await commit(
    dependencies,
    { actor, grantedBy: null, now, idempotent: null },
    {
      ...change,
      actions: [
        recordRow(record, replay?.record ?? null),
        ...counted,
        ...change.actions,
        ...(lifted?.actions ?? []),
      ],
      activity: [...change.activity, ...(lifted?.activity ?? [])],
      outbox: [...change.outbox, ...(lifted?.outbox ?? [])],
    },
  );
  return record;
}

/** Mail from an address that is believed shows that it lives: where it was applied, the mark is lifted. */
async function liftedBy(
  { deadAddresses }: InboundDependencies,
  { from }: InboundMessage,
  { outcome }: MailDecision,
): Promise<Change | null> {
  if (from === null || (outcome !== 'ticket' && outcome !== 'reply')) return null;
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
  await commit(dependencies, context, { actions: [recordRow(record, null)], activity: [], outbox: [] });
}
