import { automaticSign } from '../../mail/message/automatic-mail.ts';
import type { InboundMessage } from '../../mail/message/read-message.ts';
import type { Belief } from '../../mail/received/belief.ts';
import type { Received } from '../../mail/received/received.ts';
import type { Department } from '../../settings/departments.ts';

/**
 * Where a copy of a message was sent to, and how far it is trusted. Each department does with it what its rules say: what
 * one of them only answers must reach the other all the same.
 */
export function wayOf(
  message: InboundMessage,
  received: Received,
  belief: Belief,
  department: Department,
): string {
  return `${department.id}#${trustOf(message, received, belief)}`;
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
